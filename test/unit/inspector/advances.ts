/** Makes the table of advances that layout measures with: `node test/unit/inspector/advances.ts` writes it anew. */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
// @ts-expect-error it has no types
import * as fontkit from 'fontkit'

const FILE = new URL('../../../projections/inspector/chart/advances.json', import.meta.url)
const LATIN_LAST = 0x17f
const BEYOND = [...'–—‘’“”•…€→−'].map(letter => letter.codePointAt(0)!)

/** In thousandths of the font's size, by weight and letter. */
export function advances(): string {
  const letters = [...Array.from({ length: LATIN_LAST - 31 }, (_, i) => i + 32), ...BEYOND]
  const require = createRequire(import.meta.url)
  const of = (weight: number) => {
    const font = fontkit.openSync(require.resolve(`@fontsource/inter/files/inter-latin-${weight}-normal.woff2`))
    const known = letters.filter(letter => font.hasGlyphForCodePoint(letter))
    const advance = (letter: number) =>
      Math.round((font.glyphForCodePoint(letter).advanceWidth * 1_000) / font.unitsPerEm)
    return Object.fromEntries(known.map(letter => [String.fromCodePoint(letter), advance(letter)]))
  }
  return `${JSON.stringify(Object.fromEntries([400, 500, 600].map(weight => [weight, of(weight)])))}\n`
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) writeFileSync(FILE, advances())
