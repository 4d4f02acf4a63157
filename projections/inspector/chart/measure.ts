/**
 * Widths of text without a browser: the advances of the shipped font, with kerning and ligatures off as the style sheet
 * has them. Layout is exact only while the page shows the same font.
 */
import advances from './advances.json' with { type: 'json' }

export type Weight = 400 | 500 | 600
const TABLE: Readonly<Record<Weight, Readonly<Record<string, number>>>> = advances
/** Hinting and rounding to pixels make a text up to this much wider. */
const SLACK = 1.02
/** In thousandths of the size, for letters that the font does not have: those from Asia fill a square, others are taken as wide. */
const FIRST_SQUARE = 0x2e80
const SQUARE = 1_000
const UNKNOWN = 680

export function width(text: string, size: number, weight: Weight = 400): number {
  const table = TABLE[weight]
  let thousandths = 0
  for (const letter of text) thousandths += table[letter] ?? (letter.codePointAt(0)! >= FIRST_SQUARE ? SQUARE : UNKNOWN)
  return Math.ceil(((thousandths * size) / 1_000) * SLACK)
}

/** The middle goes first: names differ at both ends. */
export function cut(text: string, size: number, weight: Weight, widthMax: number): string {
  if (width(text, size, weight) <= widthMax) return text
  const letters = [...text]
  for (let keep = letters.length - 1; keep > 3; keep--) {
    const front = Math.ceil(keep * 0.62)
    const short = `${letters.slice(0, front).join('')}…${letters.slice(letters.length - (keep - front)).join('')}`
    if (width(short, size, weight) <= widthMax) return short
  }
  return `${letters.slice(0, 3).join('')}…`
}

export function wrap(
  text: string,
  size: number,
  weight: Weight,
  widthMax: number,
  linesMax: number,
): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = line ? `${line} ${word}` : word
    if (!line || width(longer, size, weight) <= widthMax) line = longer
    else {
      lines.push(line)
      line = word
    }
  }
  if (line) lines.push(line)
  const shown = lines.slice(0, linesMax)
  if (lines.length > linesMax) shown[linesMax - 1] = `${shown[linesMax - 1]} …`
  return shown.map(each => cut(each, size, weight, widthMax))
}
