/**
 * Quantities. At run time a quantity is an integer: so many of its unit's smallest step (mV, 0.1 °C, permille). To
 * TypeScript it is opaque: `<` and `===` accept the same unit only, a bare number is refused, and arithmetic goes
 * through the functions below.
 *
 * U1  A quantity is a safe integer; whatever would not be one throws.
 * U2  There is no float on the way from text to integer, so that every engine reads a literal alike.
 * U3  Zero is never negative: -0 and 0 are other bytes to some and equal to others.
 */

/** Steps in each suffix. A unit's smallest step has the factor 1, or is implied (0.1 °C, permille). */
export const UNITS = {
  W: { W: 1, kW: 1_000, MW: 1_000_000 },
  var: { var: 1, kvar: 1_000 },
  VA: { VA: 1, kVA: 1_000, MVA: 1_000_000 },
  V: { mV: 1, V: 1_000, kV: 1_000_000 },
  A: { mA: 1, A: 1_000 },
  '%': { '‰': 1, '%': 10 },
  '°C': { '°C': 10 },
  Hz: { mHz: 1, Hz: 1_000 },
  Wh: { Wh: 1, kWh: 1_000, MWh: 1_000_000 },
  s: { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 },
  'W/s': { 'W/s': 1, 'kW/s': 1_000 },
} as const

export type Unit = keyof typeof UNITS
type Suffix<U extends Unit> = Extract<keyof (typeof UNITS)[U], string>

/** `'55 °C'`, `'-250 kW'`, `'3 s'`: how a quantity is written in charts, site files and on the command line. */
export type Literal<U extends Unit> = U extends Unit ? `${number} ${Suffix<U>}` : never

declare const unit: unique symbol
export interface Quantity<U extends Unit> {
  readonly [unit]: U
}

/** Whether a word names a unit. */
export const isUnit = (word: unknown): word is Unit => typeof word === 'string' && Object.hasOwn(UNITS, word)

const number = (a: unknown): number => a as number
const brand = <U extends Unit>(steps: number): Quantity<U> => {
  if (!Number.isSafeInteger(steps)) throw new RangeError(`${steps} is no whole number of a unit's smallest step`) // U1
  return (steps === 0 ? 0 : steps) as unknown as Quantity<U> // U3
}

const LITERAL = /^(-?)(\d+)(?:\.(\d+))? (\S+)$/

/** Reads `'55 °C'`; throws a TypeError that names the place, the text and what to write. */
export function parse<U extends Unit>(u: U, text: string, where = 'value'): Quantity<U> {
  const match = LITERAL.exec(text)
  const factors: Readonly<Record<string, number>> = UNITS[u]
  const suffix = match?.[4]
  if (!match || suffix === undefined || !Object.hasOwn(factors, suffix)) {
    const suffixes = Object.keys(factors)
    const example = `12 ${suffixes.at(-1)}`
    throw new TypeError(
      `${where}: '${text}' is no quantity in ${u}; write a number, a space and one of ${suffixes.join(', ')}, ` +
        `e.g. '${example}'`,
    )
  }
  const [, sign, whole = '', fraction = ''] = match
  const scaled = Number(whole + fraction) * factors[suffix]! // U2: shift the decimal point by digits
  const divisor = Number(`1${'0'.repeat(fraction.length)}`)
  if (!Number.isSafeInteger(scaled)) throw new TypeError(`${where}: '${text}' is too large`)
  if (scaled % divisor !== 0) throw new TypeError(`${where}: '${text}' is finer than the smallest step of ${u}`)
  return brand(sign ? -(scaled / divisor) : scaled / divisor)
}

const decimal = (factor: number): boolean => /^10*$/.test(String(factor))

/** As a person would write it: `1.5 kW`, `90 s`, `-0.5 °C`. `parse` reads it back. */
export function format(u: Unit, steps: number): string {
  if (steps === 0) return `0 ${u}`
  const size = Math.abs(steps)
  const suffixes = Object.entries(UNITS[u]).sort((a, b) => b[1] - a[1])
  const fits = ([, factor]: [string, number]) => factor <= size && (size % factor === 0 || decimal(factor))
  const [suffix, factor] = suffixes.find(fits) ?? suffixes.at(-1)!
  const digits = String(size % factor).padStart(String(factor).length - 1, '0')
  const fraction = size % factor === 0 ? '' : `.${digits.replace(/0+$/, '')}`
  return `${steps < 0 ? '-' : ''}${Math.trunc(size / factor)}${fraction} ${suffix}`
}

/** A constant written with its unit: `quantity('95 %')`. Hoist it out of guards. */
export function quantity<const T extends { [U in Unit]: Literal<U> }[Unit]>(
  text: T,
): Quantity<{ [U in Unit]: T extends Literal<U> ? U : never }[Unit]> {
  const suffix = text.slice(text.indexOf(' ') + 1)
  const u = (Object.keys(UNITS) as Unit[]).find(k => Object.hasOwn(UNITS[k], suffix))
  if (!u) throw new TypeError(`'${text}' has no known unit; units: ${Object.keys(UNITS).join(', ')}`)
  return parse(u, text) as never
}

/** The integer inside, for code that stores or sends it. */
export const raw = <U extends Unit>(a: Quantity<U>): number => number(a)
/** A quantity from an integer of the unit's smallest step; throws on anything else. */
export const of = <U extends Unit>(_unit: U, steps: number): Quantity<U> => brand(steps)
export const add = <U extends Unit>(a: Quantity<U>, b: NoInfer<Quantity<U>>): Quantity<U> =>
  brand(number(a) + number(b))
export const sub = <U extends Unit>(a: Quantity<U>, b: NoInfer<Quantity<U>>): Quantity<U> =>
  brand(number(a) - number(b))
export const neg = <U extends Unit>(a: Quantity<U>): Quantity<U> => brand(-number(a))
export const min = <U extends Unit>(a: Quantity<U>, b: NoInfer<Quantity<U>>): Quantity<U> =>
  number(a) < number(b) ? a : b
export const max = <U extends Unit>(a: Quantity<U>, b: NoInfer<Quantity<U>>): Quantity<U> =>
  number(a) > number(b) ? a : b
/** `lo` wins where the two contradict each other. */
export const clamp = <U extends Unit>(a: Quantity<U>, lo: NoInfer<Quantity<U>>, hi: NoInfer<Quantity<U>>) =>
  max(lo, min(hi, a))
/** a * share, towards zero: the share is a percentage, so that the product keeps its unit. */
export const scale = <U extends Unit>(a: Quantity<U>, share: Quantity<'%'>): Quantity<U> =>
  brand(Math.trunc((number(a) * number(share)) / 1000))
export const sum = <U extends Unit>(all: readonly Quantity<U>[]): Quantity<U> =>
  brand(all.reduce((total: number, each) => total + number(each), 0))
