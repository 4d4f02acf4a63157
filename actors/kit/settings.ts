/** Declared values written as text, in a site file, a test or on the command line, become steps of their units. */
import { parse, raw } from '../../protocol/words/units.ts'
import { nearest } from './nearest.ts'
import { unitOf } from './spec.ts'

interface WrittenProblem {
  readonly code: 'UNKNOWN_NAME' | 'MISSING' | 'BAD_VALUE'
  readonly name: string
  /** Names the value and what to write instead. */
  readonly text: string
}
export type Resolved =
  | { readonly kind: 'resolved'; readonly values: Readonly<Record<string, number | string>> }
  | { readonly kind: 'refused'; readonly problems: readonly WrittenProblem[] }

/** Numbers are taken as steps already; a declaration with a default may be left out. */
export function resolveValues(
  declared: Readonly<Record<string, unknown>>,
  written: Readonly<Record<string, string | number | undefined>>,
): Resolved {
  const problems: WrittenProblem[] = []
  const values: Record<string, number | string> = {}
  for (const name of Object.keys(written))
    if (!Object.hasOwn(declared, name))
      problems.push({
        code: 'UNKNOWN_NAME',
        name,
        text: `'${name}' is not declared${nearest(name, Object.keys(declared))}`,
      })
  for (const [name, declaration] of Object.entries(declared)) {
    const value = written[name] ?? (declaration as { default?: string }).default
    if (value === undefined) {
      problems.push({ code: 'MISSING', name, text: `'${name}' is missing; write ${example(name, declaration)}` })
      continue
    }
    try {
      values[name] = read(declaration, value, name)
    } catch (error) {
      problems.push({ code: 'BAD_VALUE', name, text: (error as Error).message })
    }
  }
  return problems.length > 0 ? { kind: 'refused', problems } : { kind: 'resolved', values }
}

interface Declares {
  readonly settings: Readonly<Record<string, unknown>>
}
/** Settings of an asset or of a strategy, as a site file writes them. */
export const resolveSettings = (
  definition: Declares | { readonly spec: Declares },
  written: Readonly<Record<string, string | number | undefined>>,
): Resolved => resolveValues('spec' in definition ? definition.spec.settings : definition.settings, written)

/** How a setting that is free text is written; its owner reads it. */
const textOf = (declaration: unknown): string | undefined =>
  typeof declaration === 'object' ? (declaration as { text?: string }).text : undefined

/** One value by its declaration: a unit, words, or text. Throws a TypeError that says what to write. */
export function read(declaration: unknown, value: string | number, name: string): number | string {
  const text = textOf(declaration)
  if (text !== undefined) {
    if (typeof value === 'string') return value
    throw new TypeError(`${name}: ${value} is no text; write ${text}`)
  }
  const unit = unitOf(declaration)
  if (typeof unit !== 'string') {
    if (typeof value === 'string' && unit.includes(value)) return value
    throw new TypeError(`${name}: '${value}' is none of ${unit.join(', ')}`)
  }
  if (typeof value === 'string') return raw(parse(unit, value, name))
  if (Number.isSafeInteger(value)) return value
  throw new TypeError(`${name}: ${value} is no whole number of the smallest step of ${unit}`)
}

function example(name: string, declaration: unknown): string {
  const text = textOf(declaration)
  if (text !== undefined) return text
  const unit = unitOf(declaration)
  return typeof unit === 'string' ? `${name}: '<number> ${unit}'` : `${name}: ${unit.join(' or ')}`
}
