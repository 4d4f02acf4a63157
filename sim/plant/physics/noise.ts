/**
 * Noise as a pure function of (seed, time): nothing is drawn, so a resumed plant continues the same weather.
 *
 * Integer hash: the finaliser of MurmurHash3 (Appleby, public domain) over the FNV-1a hash of the seed.
 */
export function seedOf(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** 0 <= x < 1, uniform, for the nth cell of a seed. */
export function uniformAt(seed: number, cell: number): number {
  let h = (seed ^ Math.imul(cell | 0, 0x9e3779b1) ^ Math.imul(Math.floor(cell / 4294967296), 0x85ebca6b)) | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296
}

/**
 * Value noise in -1..1, one knot each `periodMs`, joined by the smoothstep 3u^2 - 2u^3 (Perlin 1985), so that it has no
 * steps and no kinks.
 */
export function smoothNoise(seed: number, tMs: number, periodMs: number): number {
  const cell = Math.floor(tMs / periodMs)
  const u = tMs / periodMs - cell
  const a = uniformAt(seed, cell) * 2 - 1
  const b = uniformAt(seed, cell + 1) * 2 - 1
  return a + (b - a) * u * u * (3 - 2 * u)
}
