/**
 * Law 16, sharing a total over batteries by state of charge. Weights: (SoC_i - SoCmin_i) * E_i discharging,
 * (SoCmax_i - SoC_i) * E_i charging; what an asset cannot take is clipped and handed on to the others. Whole watts by
 * largest remainder, ties in the given order, so that the sum is exact or the shortfall is named (S31).
 */
export interface Share {
  readonly name: string
  readonly min: number
  readonly max: number
  /** Weight for discharging and for charging; not negative. */
  readonly discharge: number
  readonly charge: number
}
export interface Allocation {
  readonly shares: Readonly<Record<string, number>>
  /** total - sum of shares; 0 unless the bounds of all together do not reach the total. */
  readonly shortfall: number
}

export function allocate(total: number, assets: readonly Share[]): Allocation {
  const shares: Record<string, number> = {}
  // a bound that excludes zero is owed first
  for (const a of assets) shares[a.name] = Math.max(a.min, Math.min(a.max, 0))
  let left = total - sum(shares)
  const sign = left < 0 ? -1 : 1
  const room = (a: Share) => (sign > 0 ? a.max - shares[a.name]! : shares[a.name]! - a.min)
  const weight = (a: Share) => (sign > 0 ? a.discharge : a.charge)
  let open = assets.filter(a => room(a) > 0)
  while (left !== 0 && open.length > 0) {
    const weighted = open.some(a => weight(a) > 0)
    const weights = open.map(a => (weighted ? weight(a) : room(a)))
    const parts = largestRemainder(Math.abs(left), weights)
    const clipped = open.filter((a, i) => parts[i]! >= room(a))
    const giving = clipped.length > 0 ? clipped : open
    for (const a of giving) {
      const part = Math.min(parts[open.indexOf(a)]!, room(a))
      shares[a.name] = shares[a.name]! + sign * part
      left -= sign * part
    }
    open = clipped.length > 0 ? open.filter(a => room(a) > 0 && !clipped.includes(a)) : []
    if (open.length > 0 && weighted && open.every(a => weight(a) === 0)) open = open.filter(a => room(a) > 0)
  }
  return { shares, shortfall: left || 0 }
}

const sum = (shares: Readonly<Record<string, number>>) => Object.values(shares).reduce((s, x) => s + x, 0)

/** Splits a whole number by weights into whole numbers whose sum is exact; ties go to the earlier one. */
export function largestRemainder(total: number, weights: readonly number[]): number[] {
  const all = weights.reduce((s, w) => s + w, 0)
  if (all === 0) return weights.map(() => 0)
  const exact = weights.map(w => (total * w) / all)
  const parts = exact.map(Math.floor)
  let rest = total - parts.reduce((s, p) => s + p, 0)
  const order = exact
    .map((x, i) => ({ i, remainder: x - parts[i]! }))
    .sort((a, b) => b.remainder - a.remainder || a.i - b.i)
  for (const { i } of order) {
    if (rest === 0) break
    parts[i] = parts[i]! + 1
    rest--
  }
  return parts
}
