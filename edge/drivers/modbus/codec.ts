/**
 * Registers to quantities and back, in integers: no float between the wire and the unit's smallest step, except where
 * the wire itself is a float.
 *
 * decode rounds to the nearest step (half away from zero); encode cuts towards zero, so that quantising never asks for
 * more than was decided. decode(encode(x)) = quantise(x).
 */
import {
  type ModbusType,
  type PointRegister,
  type SetpointRegister,
  sizeOf,
  typeOf,
} from '../../../protocol/words/register-map.ts'

type Numeric = Pick<PointRegister | SetpointRegister, 'type' | 'wordOrder' | 'scale'>

const RANGES: Readonly<Record<Exclude<ModbusType, 'float32'>, readonly [min: bigint, max: bigint]>> = {
  int16: [-0x8000n, 0x7fffn],
  uint16: [0n, 0xffffn],
  int32: [-0x80000000n, 0x7fffffffn],
  uint32: [0n, 0xffffffffn],
  uint64: [0n, 0xffffffffffffffffn],
}

const bigFirst = (r: Numeric, words: readonly number[]): readonly number[] =>
  r.wordOrder === 'little' ? [...words].reverse() : words

/** The bare number that the words hold: an integer, or a float for float32. */
function rawOf(r: Numeric, words: readonly number[]): bigint | number {
  const ordered = bigFirst(r, words)
  const unsigned = ordered.reduce((sum, w) => (sum << 16n) | BigInt(w), 0n)
  const type = typeOf(r)
  if (type === 'float32') {
    const bytes = new DataView(new ArrayBuffer(4))
    bytes.setUint32(0, Number(unsigned))
    return bytes.getFloat32(0)
  }
  return type === 'int16' || type === 'int32' ? BigInt.asIntN(sizeOf(r) * 16, unsigned) : unsigned
}

export type Decoded =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'invalid'; readonly reason: string }

type Readable = Numeric & Pick<PointRegister, 'invalid' | 'plausible'>

/** Words to the unit's smallest step. A sentinel, a NaN, what cannot be or is beyond 2^53 is invalid, never zero (S24). */
export function decode(r: Readable, words: readonly number[]): Decoded {
  const raw = rawOf(r, words)
  const invalid = (reason: string): Decoded => ({ kind: 'invalid', reason })
  if (r.invalid?.some(sentinel => sentinelHit(r, raw, sentinel)))
    return invalid(`the device says that it has no value (${raw})`)
  if (typeof raw === 'number' && !Number.isFinite(raw)) return invalid(`not a number: ${raw}`)
  const value = scaled(r, raw)
  if (!Number.isSafeInteger(value)) return invalid(`${raw} is out of range`)
  const { min, max } = r.plausible ?? { min: value, max: value }
  return value < min || value > max ? invalid(`${value} is not between ${min} and ${max}`) : { kind: 'value', value }
}
function scaled(r: Numeric, raw: bigint | number): number {
  const { num = 1, den = 1 } = r.scale ?? {}
  if (typeof raw === 'number') return Math.round((Math.abs(raw) * num) / den) * Math.sign(raw) || 0
  return Number(divideNearest(raw * BigInt(num), BigInt(den)))
}

/** A sentinel may be written signed or as it stands on the wire (0x8000 for an int16). */
function sentinelHit(r: Numeric, raw: bigint | number, sentinel: number): boolean {
  if (typeof raw === 'number') return raw === sentinel
  const bits = sizeOf(r) * 16
  return BigInt.asUintN(bits, raw) === BigInt.asUintN(bits, BigInt(sentinel))
}

/** Half away from zero. */
function divideNearest(a: bigint, b: bigint): bigint {
  const half = (a < 0n ? -a : a) * 2n + b
  const quotient = half / (2n * b)
  return a < 0n ? -quotient : quotient
}

export type Encoded =
  | { readonly kind: 'words'; readonly words: readonly number[]; readonly quantised: number }
  | { readonly kind: 'refused'; readonly reason: string }

/** The unit's smallest step to words; what is out of the register's range is refused, not clamped. */
export function encode(r: Numeric, value: number): Encoded {
  if (!Number.isSafeInteger(value)) return { kind: 'refused', reason: `NOT_INTEGER: ${value} is no whole step` }
  const type = typeOf(r)
  const num = BigInt(r.scale?.num ?? 1)
  const den = BigInt(r.scale?.den ?? 1)
  if (type === 'float32') return encodeFloat(r, value)
  const raw = (BigInt(value) * den) / num
  const [min, max] = RANGES[type]
  if (raw < min || raw > max) return { kind: 'refused', reason: `OUT_OF_RANGE: ${value} does not fit ${type}` }
  const words = split(BigInt.asUintN(sizeOf(r) * 16, raw), sizeOf(r))
  return { kind: 'words', words: bigFirst(r, words), quantised: Number(divideNearest(raw * num, den)) }
}

function encodeFloat(r: Numeric, value: number): Encoded {
  const bytes = new DataView(new ArrayBuffer(4))
  bytes.setFloat32(0, (value * (r.scale?.den ?? 1)) / (r.scale?.num ?? 1))
  const words = bigFirst(r, split(BigInt(bytes.getUint32(0)), 2))
  const back = decode(r, words)
  return back.kind === 'value'
    ? { kind: 'words', words, quantised: back.value }
    : { kind: 'refused', reason: `OUT_OF_RANGE: ${value} does not fit float32` }
}

function split(unsigned: bigint, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Number((unsigned >> BigInt(16 * (size - 1 - i))) & 0xffffn))
}

/** What the register makes of a value; undefined where it does not fit. */
export function quantise(r: Numeric, value: number): number | undefined {
  const encoded = encode(r, value)
  return encoded.kind === 'words' ? encoded.quantised : undefined
}
