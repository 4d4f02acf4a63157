/** Where in its file a part of a scenario stands, so that a mistake is told with its line. */
import { isNode, LineCounter, parseDocument } from 'yaml'

export type Path = readonly (string | number)[]
export interface Located {
  readonly value: unknown
  /** The line of a part, or of what encloses it; from 1. */
  line(path: Path): number
  /** What the file's own syntax refuses. */
  readonly problems: readonly { readonly line: number; readonly text: string }[]
}

export function yamlPlaces(text: string): Located {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const problems = document.errors.map(e => ({ line: lines.linePos(e.pos[0]).line, text: e.message.split('\n')[0]! }))
  return {
    value: problems.length > 0 ? null : document.toJS(),
    problems,
    line(path) {
      for (let length = path.length; length > 0; length--) {
        const node = document.getIn(path.slice(0, length), true)
        if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
      }
      return 1
    },
  }
}

/** A module is imported, not read: its texts are found again in the source, equal ones in their order. */
export function sourcePlaces(source: string, value: unknown): Located {
  const texts = leaves(value)
  const lineOf = (path: Path): number => {
    const at = texts.findIndex(leaf => startsWith(leaf.path, path))
    if (at < 0) return path.length > 1 ? lineOf(path.slice(0, -1)) : 1
    const { text } = texts[at]!
    const nth = texts.slice(0, at).filter(leaf => leaf.text === text).length
    return lineOfNth(source, text, nth)
  }
  return { value, problems: [], line: lineOf }
}

interface Leaf {
  readonly path: Path
  readonly text: string
}
/** Texts, in the order in which they are written. */
function leaves(value: unknown, path: Path = []): Leaf[] {
  if (typeof value === 'string') return [{ path, text: value }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  )
}
const startsWith = (path: Path, beginning: Path): boolean => beginning.every((part, i) => path[i] === part)

function lineOfNth(source: string, text: string, nth: number): number {
  const written = [`'${text.replaceAll("'", "\\'")}'`, JSON.stringify(text), `\`${text}\``]
  const found = written
    .flatMap(literal => {
      const places: number[] = []
      for (let at = source.indexOf(literal); at >= 0; at = source.indexOf(literal, at + 1)) places.push(at)
      return places
    })
    .sort((a, b) => a - b)
  const at = found[nth] ?? found[0]
  return at === undefined ? 1 : source.slice(0, at).split('\n').length
}
