/**
 * `${NAME}` and `${NAME:-default}` in the texts of a configuration: what differs between machines, and every secret,
 * stays out of the file. A name that is not set is a problem, never an empty text.
 */
import type { Problem } from './problem.ts'

const PLACE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

export type Environment = Readonly<Record<string, string | undefined>>

/** The same value with every text filled in. */
export function filledIn(value: unknown, environment: Environment, problems: Problem[], path = ''): unknown {
  if (typeof value === 'string') return textOf(value, environment, problems, path)
  if (typeof value !== 'object' || value === null) return value
  const below = (key: string, each: unknown) =>
    filledIn(each, environment, problems, path === '' ? key : `${path}.${key}`)
  if (Array.isArray(value)) return value.map((each, i) => below(String(i), each))
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, below(key, each)]))
}

function textOf(text: string, environment: Environment, problems: Problem[], path: string): string {
  return text.replace(PLACE, (_, name: string, otherwise: string | undefined) => {
    const found = environment[name] || otherwise // an empty one is as good as none, as in a shell
    if (found !== undefined) return found
    problems.push({
      path,
      value: `\${${name}}`,
      problem: `the environment has no ${name}`,
      fix: `set ${name}, or write \${${name}:-DEFAULT}`,
    })
    return ''
  })
}
