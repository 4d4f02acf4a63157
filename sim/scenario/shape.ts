/** The form of each part of a scenario, with what is wrong in words: an unknown key with the nearest one that there is. */
import type { TObject, TSchema } from 'typebox'
import Value from 'typebox/value'
import { nearest } from '../../actors/kit/nearest.ts'
import type { Path } from './places.ts'
import {
  EXPECTATIONS,
  type Expectation,
  type ExpectationKind,
  INPUTS,
  type Input,
  Outline,
  type Scenario,
  STEPS,
  type Step,
  type StepKind,
} from './words.ts'

export type Shaped<T> =
  | { readonly kind: 'right'; readonly value: T }
  | { readonly kind: 'wrong'; readonly path: Path; readonly text: string }

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const checkOutline = (value: unknown): Shaped<Scenario> => shaped<Scenario>(Outline, value, 'a scenario')

export function checkStep(value: unknown): Shaped<Step> {
  if (!isRecord(value)) return wrong('a step is an object such as { at: 5 min, command: [bat1, stop] }')
  const kinds = Object.keys(STEPS) as StepKind[]
  const kind = kinds.find(k => k in value)
  if (kind) return shaped<Step>(STEPS[kind], value, 'a step')
  const other = Object.keys(value).find(key => key !== 'at')
  return other === undefined
    ? wrong(`a step says what happens: ${kinds.join(', ')}`)
    : wrong(`a step has no '${other}'${nearest(other, kinds)}`)
}

export function checkExpectation(value: unknown): Shaped<Expectation> {
  if (!isRecord(value)) return wrong('an expectation is a sentence or an object with a kind')
  const kinds = Object.keys(EXPECTATIONS) as ExpectationKind[]
  const kind = kinds.find(k => k === value.kind)
  if (kind) return shaped<Expectation>(EXPECTATIONS[kind], value, `an expectation of kind '${kind}'`)
  return wrong(`there is no kind '${String(value.kind)}' of expectation${nearest(String(value.kind), kinds)}`)
}

export function checkInput(value: unknown): Shaped<Input> {
  if (typeof value === 'string') return { kind: 'right', value }
  if (isRecord(value) && 'steps' in value) return shaped<Input>(INPUTS.steps, value, 'an input')
  if (isRecord(value) && 'clouds' in value) return shaped<Input>(INPUTS.clouds, value, 'an input')
  return wrong('an input is FILE?column=NAME, { steps: [[TIME, VALUE], ...] } or { clouds, least, every }')
}

const wrong = (text: string, path: Path = []): Shaped<never> => ({ kind: 'wrong', path, text })

function shaped<T>(schema: TSchema, value: unknown, what: string): Shaped<T> {
  if (Value.Check(schema, value)) return { kind: 'right', value: value as T }
  const extra = extraKey(schema, value)
  if (extra) return wrong(`${what} has no '${extra.key}'${nearest(extra.key, extra.known)}`, [extra.key])
  const errors = [...Value.Errors(schema, value)]
  const deepest = errors.sort((a, b) => depth(b.instancePath) - depth(a.instancePath))[0]
  const path = (deepest?.instancePath ?? '')
    .split('/')
    .slice(1)
    .map(part => (/^\d+$/.test(part) ? Number(part) : part))
  const params = deepest?.params as { requiredProperties?: string[]; allowedValues?: unknown[] } | undefined
  const missing = params?.requiredProperties
  if (missing) return wrong(`${what} lacks ${missing.map(name => `'${name}'`).join(', ')}`, path)
  const at = path.length > 0 ? `${path.join('.')}: ` : ''
  const is = path.reduce<unknown>((inner, part) => (inner as Record<string, unknown>)?.[part], value)
  const allowed = params?.allowedValues
  if (allowed) return wrong(`${at}there is no '${String(is)}'${nearest(String(is), allowed.map(String))}`, path)
  return wrong(`${at}'${String(is)}' ${explained(deepest?.message ?? 'is not of this form')}`, path)
}
const depth = (path: string): number => path.split('/').length

function extraKey(schema: TSchema, value: unknown): { key: string; known: string[] } | null {
  if (!isRecord(value) || !('properties' in schema)) return null
  const known = Object.keys((schema as TObject).properties)
  const key = Object.keys(value).find(k => !known.includes(k))
  return key === undefined ? null : { key, known }
}

/** Patterns are not for people. */
function explained(message: string): string {
  if (message.includes('start|end')) return "is no time; write '17:00', '5 min', 'start' or 'end'"
  if (message.includes('ms|s|min|h')) return "is no duration; write '30 s', '5 min', '24 h'"
  if (message.includes('\\d{4}')) return "is no date; write '2025-06-21 00:00'"
  return message
}
