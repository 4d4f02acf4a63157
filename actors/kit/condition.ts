/**
 * Conditions and operands: `'temperature >= 60 °C'`, `'mode is local'`, `'-settings.chargeMax'`. Read once, at
 * definition; what they return is evaluated in each step.
 */
import { parse, raw, type Unit } from '../../protocol/words/units.ts'
import type { Frame } from './frame.ts'
import { type AnySpec, unitOf } from './spec.ts'

type Operator = '>=' | '<=' | '>' | '<' | 'is' | 'is not'
export interface Condition {
  readonly source: 'points' | 'wanted'
  readonly name: string
  readonly operator: Operator
  /** The right side: a word, or a quantity that may depend on settings. */
  readonly right: string | ((f: Frame) => number)
  /** False where the value is bad or stale. */
  readonly holds: (f: Frame) => boolean
}

const CONDITION = /^(wanted\.)?(\w+) (>=|<=|>|<|is not|is) (.+)$/
const REFERENCE = /^(-?)(settings|wanted)\.(\w+)$/

/** A literal, `settings.x`, `-settings.x` or `wanted.x`, in this unit. Throws a TypeError that says what to write. */
export function operand(spec: AnySpec, unit: Unit, text: string, where: string): (f: Frame) => number {
  const reference = REFERENCE.exec(text)
  if (!reference) {
    const constant = raw(parse(unit, text, where))
    return () => constant
  }
  const [, sign, source, name] = reference as unknown as [string, string, 'settings' | 'wanted', string]
  const declared = source === 'settings' ? spec.settings[name] : spec.setpoints[name]
  if (declared === undefined) {
    const names = Object.keys(source === 'settings' ? spec.settings : spec.setpoints)
    throw new TypeError(`${where}: '${text}' is not declared; declared: ${names.join(', ') || 'none'}`)
  }
  if (unitOf(declared) !== unit)
    throw new TypeError(`${where}: '${text}' is in ${unitOf(declared)}, and a quantity in ${unit} is wanted here`)
  return sign ? f => -(f[source][name] as number) || 0 : f => f[source][name] as number
}

export function condition(spec: AnySpec, text: string, where: string): Condition {
  const match = CONDITION.exec(text)
  if (!match) {
    const forms = `'<point> >= <number> <unit>' or '<point> is <word>'`
    throw new TypeError(`${where}: '${text}' is no condition; write ${forms}`)
  }
  const [, wanted, name, operator, right] = match as unknown as [string, string | undefined, string, Operator, string]
  const source = wanted ? 'wanted' : 'points'
  const declarations: Readonly<Record<string, unknown>> = wanted ? spec.setpoints : spec.points
  const declared = Object.hasOwn(declarations, name) ? declarations[name] : undefined
  if (declared === undefined) {
    const what = wanted ? 'setpoint' : 'point'
    const names = Object.keys(declarations).join(', ') || 'none'
    throw new TypeError(`${where}: '${text}' reads ${what} '${name}', which is not declared; declared: ${names}`)
  }
  const unit = unitOf(declared)
  const words = operator === 'is' || operator === 'is not'
  if (typeof unit === 'string' ? words : !words || !unit.includes(right)) {
    const says = typeof unit === 'string' ? `is a quantity in ${unit}` : `says ${unit.join(' or ')}`
    throw new TypeError(`${where}: '${text}': ${name} ${says}`)
  }
  if (typeof unit !== 'string') return { source, name, operator, right, holds: word(source, name, operator, right) }
  const value = operand(spec, unit, right, where)
  return { source, name, operator, right: value, holds: comparison(source, name, operator, value) }
}

type Source = Condition['source']
function word(source: Source, name: string, operator: Operator, right: string): (f: Frame) => boolean {
  if (operator === 'is') return f => f[source][name] === right
  return f => f[source][name] !== undefined && f[source][name] !== right
}

/** Comparing undefined (bad, stale) is false with every operator. */
function comparison(source: Source, name: string, operator: Operator, right: (f: Frame) => number) {
  const left = (f: Frame): number => f[source][name] as number
  switch (operator) {
    case '>':
      return (f: Frame) => left(f) > right(f)
    case '<':
      return (f: Frame) => left(f) < right(f)
    case '>=':
      return (f: Frame) => left(f) >= right(f)
    default:
      return (f: Frame) => left(f) <= right(f)
  }
}
