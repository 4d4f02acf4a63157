// A quantity is a plain integer at run time (the unit's smallest step); to TypeScript it is opaque,
// so `<` and `===` only accept the same unit, a bare number is refused, and arithmetic goes through the
// functions below, which keep it an integer.
export const UNITS = {
  W: { W: 1, kW: 1_000, MW: 1_000_000 },
  var: { var: 1, kvar: 1_000 },
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
/** `'55 °C'`, `'-250 kW'`, `'3 s'`: how a quantity is written in charts, site files, and on the command line. */
export type Literal<U extends Unit> = U extends Unit ? `${number} ${Suffix<U>}` : never
declare const unit: unique symbol
export interface Quantity<U extends Unit> {
  readonly [unit]: U
}

const LITERAL = /^(-?\d+(?:\.\d+)?) (\S+)$/
export function parse<U extends Unit>(u: U, text: string, where = 'value'): Quantity<U> {
  const m = LITERAL.exec(text)
  const factor = m && (UNITS[u] as Record<string, number>)[m[2]!]
  if (!m || factor == null)
    throw new TypeError(
      `${where}: '${text}' is no quantity in ${u}; write a number, a space and one of ${Object.keys(UNITS[u]).join(', ')}, e.g. '12 ${u}'`,
    )
  const [whole, fraction = ''] = m[1]!.split('.')
  const scaled = Number(whole + fraction) * factor // no float fraction: shift the decimal point by digits
  const div = Number(`1${'0'.repeat(fraction.length)}`)
  if (scaled % div !== 0) throw new TypeError(`${where}: '${text}' is finer than the smallest step of ${u}`)
  return (scaled / div) as unknown as Quantity<U>
}
const n = (q: unknown) => q as number
const q = <U extends Unit>(x: number) => x as unknown as Quantity<U>
export const raw = <U extends Unit>(a: Quantity<U>): number => n(a)
export const of = <U extends Unit>(_u: U, steps: number): Quantity<U> => q(Math.trunc(steps))
export const add = <U extends Unit>(a: Quantity<U>, b: NoInfer<Quantity<U>>) => q<U>(n(a) + n(b))
export const sub = <U extends Unit>(a: Quantity<U>, b: NoInfer<Quantity<U>>) => q<U>(n(a) - n(b))
export const neg = <U extends Unit>(a: Quantity<U>) => q<U>(-n(a) || 0)
export const min = <U extends Unit>(a: Quantity<U>, b: NoInfer<Quantity<U>>) => (n(a) < n(b) ? a : b)
export const max = <U extends Unit>(a: Quantity<U>, b: NoInfer<Quantity<U>>) => (n(a) > n(b) ? a : b)
export const clamp = <U extends Unit>(a: Quantity<U>, lo: NoInfer<Quantity<U>>, hi: NoInfer<Quantity<U>>) =>
  max(lo, min(hi, a))
/** a * share, towards zero: the share is a percentage. */
export const scale = <U extends Unit>(a: Quantity<U>, share: Quantity<'%'>) =>
  q<U>(Math.trunc((n(a) * n(share)) / 1000) || 0)
export const sum = <U extends Unit>(xs: readonly Quantity<U>[]) => q<U>(xs.reduce((s: number, x) => s + n(x), 0))
const literals = new Map<string, unknown>()
/** `of.literal`: a constant written with its unit; parsed once. */
export function quantity<const T extends { [U in Unit]: Literal<U> }[Unit]>(
  text: T,
): Quantity<{ [U in Unit]: T extends Literal<U> ? U : never }[Unit]> {
  let v = literals.get(text)
  if (v === undefined) {
    const suffix = text.split(' ')[1]!
    const u = (Object.keys(UNITS) as Unit[]).find(k => suffix in UNITS[k])
    literals.set(text, (v = parse(u as Unit, text)))
  }
  return v as never
}
