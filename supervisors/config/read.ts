/**
 * The configuration of a process, from its file: read, filled in from the environment, held against its schema. Every
 * mistake is found at once, and paths are taken from the folder of the file.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { type Environment, filledIn } from './environment.ts'
import { problemsOf } from './fit.ts'
import { Misconfigured, type Problem, shown } from './problem.ts'
import { FILES, type FileOf, type Kind } from './shape.ts'

/** Throws CONFIG. */
export function readConfig(path: string, environment: Environment): FileOf<Kind> {
  const raw = parsed(path)
  const given = (raw as { kind?: unknown } | null)?.kind
  if (typeof given !== 'string' || !Object.hasOwn(FILES, given)) {
    const fix = `write one of ${Object.keys(FILES).join(', ')}`
    throw new Misconfigured(path, [
      { path: 'kind', value: shown('kind', given), problem: 'is no kind of process', fix },
    ])
  }
  const problems: Problem[] = []
  const filled = filledIn(raw, environment, problems)
  const unset = new Set(problems.map(p => p.path))
  problems.push(...problemsOf(FILES[given as Kind], filled, raw).filter(p => !unset.has(p.path)))
  if (problems.length > 0) throw new Misconfigured(path, problems)
  return filled as FileOf<Kind>
}

/** Throws CONFIG. */
export function readConfigOf<K extends Kind>(kind: K, path: string, environment: Environment): FileOf<K> {
  const file = readConfig(path, environment)
  if (file.kind === kind) return file as FileOf<K>
  const fix = `start it with \`quorate ${file.kind}\``
  throw new Misconfigured(path, [{ path: 'kind', value: shown('kind', file.kind), problem: `is no ${kind}`, fix }])
}

function parsed(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const [problem = ''] = (error as Error).message.split('\n')
    throw new Misconfigured(path, [{ path: '', value: null, problem, fix: 'write it as YAML or JSON' }])
  }
}

/** From the folder of the configuration. */
export const pathFrom = (config: string, path: string): string => resolve(dirname(resolve(config)), path)
