/** The history of a violation as a file: what `--replay` steps through. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Type from 'typebox'
import Value from 'typebox/value'
import { Refusal } from '../../protocol/words/errors.ts'
import { FAULT_KINDS, type FaultKind } from '../faults/kinds.ts'

const closed = { additionalProperties: false } as const
const Count = Type.Integer({ minimum: 0 })
const Fault = Type.Object(
  {
    id: Count,
    kind: Type.Unsafe<FaultKind>(Type.Enum([...FAULT_KINDS])),
    target: Type.String(),
    fromMs: Type.Number({ minimum: 0 }),
    forMs: Type.Number({ minimum: 0 }),
    rate: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    only: Type.Optional(Type.Array(Count)),
    ms: Type.Optional(Type.Number()),
    nth: Type.Optional(Count),
  },
  closed,
)
const ReplayFile = Type.Object(
  {
    seed: Count,
    hours: Type.Number({ exclusiveMinimum: 0 }),
    sites: Type.Integer({ minimum: 1 }),
    profile: Type.String(),
    site: Type.String(),
    /** Of the sources that it was found with; another one's runs may go otherwise. */
    commit: Type.String(),
    invariant: Type.String(),
    faults: Type.Array(Fault),
  },
  closed,
)
export type ReplayFile = Type.Static<typeof ReplayFile>

/** The path of the file. */
export function writeReplay(folder: string, file: ReplayFile): string {
  const path = join(folder, `sim-${file.seed}-${file.invariant}.json`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`)
  return path
}

/** Throws USAGE with the field that is wrong. */
export function readReplay(path: string): ReplayFile {
  const no = (text: string): never => {
    throw new Refusal('USAGE', `--replay ${path}: ${text}; name a file that quorate sim wrote of a violation`)
  }
  const value = parsed(path, no)
  const [error] = Value.Errors(ReplayFile, value)
  if (error) {
    const { requiredProperties: missing } = error.params as { requiredProperties?: string[] }
    const at = error.instancePath.slice(1).replaceAll('/', '.')
    if (missing) return no(`it lacks ${missing.map(name => (at ? `${at}.${name}` : name)).join(', ')}`)
    if (error.keyword === 'boolean') return no(`it has ${at}, which no history has`)
    return no(at ? `${at} ${error.message}` : 'it is no history')
  }
  const file = value as ReplayFile
  if (!existsSync(file.site)) no(`site: there is no ${file.site} here`)
  return file
}
function parsed(path: string, no: (text: string) => never): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    return no(error instanceof SyntaxError ? `it is no JSON (${error.message})` : (error as Error).message)
  }
}

const UNKNOWN = 'unknown'
/** Of the sources that run. */
export function commitOf(): string {
  try {
    const cwd = fileURLToPath(new URL('../../', import.meta.url))
    const stdio = ['ignore', 'pipe', 'ignore'] as ('ignore' | 'pipe')[]
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd, encoding: 'utf8', stdio }).trim()
  } catch {
    return UNKNOWN
  }
}
/** Null: these are the sources that it was found with, or nobody knows. */
export function otherCommit({ commit }: ReplayFile, here = commitOf()): string | null {
  if (commit === here || commit === UNKNOWN || here === UNKNOWN) return null
  return `found with commit ${commit}, and these sources are at ${here}: the same seed and faults may go otherwise`
}
