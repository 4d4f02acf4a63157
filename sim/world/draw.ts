/**
 * Chance as a pure function of (seed, name, ordinal): one more draw in one place moves no other, so that a fault taken
 * out of a schedule leaves the rest as it was.
 */
import type { Random } from '../../protocol/ports.ts'

/** FNV-1a over UTF-16 units, from `h`. */
export function textHash(text: string, h = 0x811c9dc5): number {
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** 32 well-mixed bits (finaliser of MurmurHash3, Appleby, public domain). */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

export const draw = (seed: number, name: number, ordinal: number): number => mix(mix(seed, name), ordinal)
/** In [0, 1). */
export const share = (u32: number): number => u32 / 2 ** 32

/** A named stream of draws. */
export function randomOf(seed: number, name: string): Random {
  const key = textHash(name)
  let ordinal = 0
  const u32 = () => draw(seed, key, ordinal++)
  return {
    u32,
    stream: inner => randomOf(seed, `${name}.${inner}`),
    id: () => Array.from({ length: 4 }, () => u32().toString(16).padStart(8, '0')).join(''),
  }
}
