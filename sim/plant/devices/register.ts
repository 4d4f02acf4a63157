/**
 * A device's registers, declared as data: where, how wide, what it shows and what a write does. Written apart from the
 * gateway's register maps on purpose: a real device shares no code with its controller.
 */
export type Space = 'holding' | 'input' | 'coil' | 'discrete'

/** Modbus exception codes (Modbus Application Protocol V1.1b3, section 7). */
export const EXCEPTION = { function: 1, address: 2, value: 3, failure: 4, busy: 6 } as const

export type WriteVerdict<S> =
  | { readonly kind: 'refused'; readonly exception: number; readonly why: string }
  | {
      readonly kind: 'accepted'
      readonly state: S
      /** What the words meant, and what the device made of it (W for a setpoint). */
      readonly asked: number
      readonly applied: number
      /** A setpoint, which the `late` fault can hold back. */
      readonly setpoint?: true
    }

export interface Register<S> {
  readonly name: string
  readonly space: Space
  readonly address: number
  readonly size: number
  read(state: S, tMs: number): readonly number[]
  write?(state: S, words: readonly number[], tMs: number): WriteVerdict<S>
}

/** Two's complement in one word; saturates, as a device's firmware does. */
export const int16 = (x: number): number[] => [Math.max(-32768, Math.min(32767, Math.round(x))) & 0xffff]
export const uint16 = (x: number): number[] => [Math.max(0, Math.min(65535, Math.round(x)))]
/** High word first. */
export function int32(x: number): number[] {
  const v = Math.max(-2147483648, Math.min(2147483647, Math.round(x))) >>> 0
  return [v >>> 16, v & 0xffff]
}
/** High word first; rounds down, as a counter does. */
export function uint64(x: number): number[] {
  const v = BigInt(Math.max(0, Math.floor(x)))
  return [48n, 32n, 16n, 0n].map(shift => Number((v >> shift) & 0xffffn))
}
/** IEEE 754 single, low word first, as many meters send it. */
export function float32LowFirst(x: number): number[] {
  const bytes = new DataView(new ArrayBuffer(4))
  bytes.setFloat32(0, x)
  return [bytes.getUint16(2), bytes.getUint16(0)]
}
export const fromInt16 = (word: number): number => (word << 16) >> 16

/** Towards zero, so that quantising never asks for more; never -0. */
export const quantise = (x: number, step: number): number => Math.trunc(x / step) * step || 0
