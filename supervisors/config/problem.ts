/** What is wrong with a configuration, each with its place, the value as it is written, and what to do. */
import { Refusal } from '../../protocol/words/errors.ts'

export interface Problem {
  /** `sites.0.manifest`; empty: the file as a whole. */
  readonly path: string
  /** As the file writes it, before anything of the environment is put in its place; null: it is not there. */
  readonly value: string | null
  readonly problem: string
  readonly fix: string
}

/** What stands under such a name is never shown, wherever it is. */
const SECRET = /token|password|secret/i
/** Of an address. */
const CREDENTIALS = /\/\/[^/@"]*@/g
const CHARS_MAX = 60

/** A value of the file for people: short, and no secret. */
export function shown(path: string, raw: unknown): string | null {
  if (raw === undefined) return null
  if (typeof raw !== 'object' && SECRET.test(path)) return '[hidden]'
  const text = JSON.stringify(raw, (key, value) => (key && SECRET.test(key) ? '[hidden]' : value)).replace(
    CREDENTIALS,
    '//[hidden]@',
  )
  return text.length > CHARS_MAX ? `${text.slice(0, CHARS_MAX)}...` : text
}

const inWords = ({ path, value, problem, fix }: Problem): string =>
  `${path || 'the file'}${value === null ? '' : ` ${value}`}: ${problem}; ${fix}`

/** All of them at once. */
export class Misconfigured extends Refusal {
  readonly problems: readonly Problem[]
  constructor(file: string, problems: readonly Problem[]) {
    super('CONFIG', [file, ...problems.map(inWords)].join('\n  '))
    this.problems = problems
  }
}
