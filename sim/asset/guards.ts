/**
 * What a guard should say, worked out a second time from its text: written apart from the kit's conditions on purpose, so
 * that a mistake there is none here.
 */
import type { Numbers, PointValues } from '../../actors/kit/host.ts'
import { UNITS } from '../../protocol/words/units.ts'

const CONDITION = /^(wanted\.)?(\w+) (is not|is|>=|<=|>|<) (?:(-?)(settings|wanted)\.(\w+)|(-?[\d.]+) (\S+)|(\w+))$/

export interface Inputs {
  readonly values: PointValues
  readonly wanted: Numbers
  readonly settings: Readonly<Record<string, number | string>>
}

/** All conditions hold; a value that is missing makes any false. */
export const shouldHold = (conditions: string | readonly string[], inputs: Inputs): boolean =>
  [conditions].flat().every(text => oneHolds(text as string, inputs))

function oneHolds(text: string, { values, wanted, settings }: Inputs): boolean {
  const m = CONDITION.exec(text)
  if (!m) throw new Error(`'${text}' cannot be read`)
  const [, ofWanted, name, operator, sign, source, reference, amount, suffix, word] = m
  const left = (ofWanted ? wanted : values)[name!]
  if (left === undefined) return false
  const right = reference
    ? Number((source === 'settings' ? settings : wanted)[reference]) * (sign ? -1 : 1)
    : amount === undefined
      ? word!
      : Math.round(Number(amount) * stepsOf(suffix!))
  if (operator === 'is') return left === right
  if (operator === 'is not') return left !== right
  const beyond = Number(left) - Number(right)
  return { '>': beyond > 0, '>=': beyond >= 0, '<': beyond < 0, '<=': beyond <= 0 }[operator!]!
}

function stepsOf(suffix: string): number {
  const found = Object.values(UNITS).find(suffixes => suffix in suffixes)
  return (found as Readonly<Record<string, number>> | undefined)?.[suffix] ?? Number.NaN
}
