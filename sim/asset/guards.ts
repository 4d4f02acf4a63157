/**
 * What a guard should say and what a limit should leave, worked out a second time from their text: written apart from the
 * kit's conditions on purpose, so that a mistake there is none here.
 */
import type { Numbers, PointValues } from '../../actors/kit/host.ts'
import type { RawLimit } from '../../actors/kit/spec.ts'
import { UNITS } from '../../protocol/words/units.ts'

const CONDITION = /^(wanted\.)?(\w+) (is not|is|>=|<=|>|<) (.+)$/

export interface Inputs {
  readonly values: PointValues
  readonly wanted: Numbers
  readonly settings: Readonly<Record<string, number | string>>
}

/** All conditions hold; a value that is missing makes any false. */
export const shouldHold = (conditions: string | readonly string[], inputs: Inputs): boolean =>
  [conditions].flat().every(text => oneHolds(text as string, inputs))

function oneHolds(text: string, inputs: Inputs): boolean {
  const m = CONDITION.exec(text)
  if (!m) throw new Error(`'${text}' cannot be read`)
  const [, ofWanted, name, operator, operand] = m
  const left = (ofWanted ? inputs.wanted : inputs.values)[name!]
  if (left === undefined) return false
  if (operator === 'is') return left === operand
  if (operator === 'is not') return left !== operand
  const beyond = Number(left) - amountOf(operand!, inputs)
  return { '>': beyond > 0, '>=': beyond >= 0, '<': beyond < 0, '<=': beyond <= 0 }[operator!]!
}

/** `55 °C`, `settings.x`, `-settings.x`, `wanted.x`, in steps. */
function amountOf(text: string, { wanted, settings }: Inputs): number {
  const [, sign, source, name] = /^(-?)(settings|wanted)\.(\w+)$/.exec(text) ?? []
  if (source) return Number((source === 'settings' ? settings : wanted)[name!]) * (sign ? -1 : 1)
  const [amount, suffix] = text.split(' ') as [string, string]
  const unit = Object.values(UNITS).find(suffixes => suffix in suffixes) as Readonly<Record<string, number>> | undefined
  return Math.round(Number(amount) * (unit?.[suffix] ?? Number.NaN))
}

/** The ends that the declared limits of a setpoint leave it; those that are functions leave it any. */
export function shouldStayWithin(
  limits: Readonly<Record<string, RawLimit>>,
  tags: ReadonlySet<string>,
  inputs: Inputs,
): { readonly min: number; readonly max: number } {
  const inForce = Object.values(limits).flatMap(limit => {
    if (typeof limit === 'function') return []
    if (limit.in !== undefined && !tags.has(limit.in)) return []
    if (limit.notIn !== undefined && tags.has(limit.notIn)) return []
    // what cannot be judged applies
    const unknown = limit.when !== undefined && inputs.values[limit.when.split(' ')[0]!] === undefined
    return limit.when === undefined || (unknown && !limit.when.startsWith('wanted.')) || shouldHold(limit.when, inputs)
      ? [limit]
      : []
  })
  const ends = (end: 'min' | 'max') => inForce.flatMap(l => (l[end] === undefined ? [] : [amountOf(l[end], inputs)]))
  return { min: Math.max(-Infinity, ...ends('min')), max: Math.min(Infinity, ...ends('max')) }
}
