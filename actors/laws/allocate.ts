/**
 * Law 16, sharing a total over batteries by state of charge. Weights: (SoC_i - SoCmin_i) * E_i discharging,
 * (SoCmax_i - SoC_i) * E_i charging; what an asset cannot take is clipped and handed on to the others. Whole watts by
 * largest remainder (Hamilton), ties in the given order. Source: common practice of battery parks.
 *
 * Binding limit: the assets' own bounds; what they cannot take together is the `shortfall`, so that
 * sum of shares + shortfall = total, exactly (S31). Nobody with a weight: by room. Numbers are whole; anything else
 * throws, since it is the caller's mistake (`propose` lets none through).
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
  // a bound that excludes zero is owed first
  const given = assets.map(a => Math.max(a.min, Math.min(a.max, 0)))
  let left = total - given.reduce((sum, w) => sum + w, 0)
  const sign = left < 0 ? -1 : 1
  const room = (i: number) => (sign > 0 ? assets[i]!.max - given[i]! : given[i]! - assets[i]!.min)
  const weight = (i: number) => (sign > 0 ? assets[i]!.discharge : assets[i]!.charge)
  let open = assets.map((_, i) => i).filter(i => room(i) > 0)
  // each turn ends it or closes at least one asset
  while (left !== 0 && open.length > 0) {
    const weighted = open.some(i => weight(i) > 0)
    const parts = largestRemainder(Math.abs(left), open.map(weighted ? weight : room))
    const clipped = open.filter((i, k) => parts[k]! >= room(i))
    for (const i of clipped.length > 0 ? clipped : open) {
      const part = Math.min(parts[open.indexOf(i)]!, room(i))
      given[i] = given[i]! + sign * part
      left -= sign * part
    }
    open = clipped.length > 0 ? open.filter(i => !clipped.includes(i)) : []
  }
  return { shares: Object.fromEntries(assets.map((a, i) => [a.name, given[i]! || 0])), shortfall: left || 0 }
}

/**
 * Splits a whole number >= 0 by whole weights into whole numbers whose sum is exact; ties go to the earlier one.
 * Big integers, because total * weight soon exceeds 2^53 (50 MW by 100 MWh in permille).
 */
export function largestRemainder(total: number, weights: readonly number[]): number[] {
  const all = weights.reduce((sum, w) => sum + BigInt(w), 0n)
  if (all === 0n) return weights.map(() => 0)
  const exact = weights.map(w => BigInt(total) * BigInt(w))
  const parts = exact.map(x => Number(x / all))
  const byRemainder = exact.map((x, i) => ({ i, remainder: x % all }))
  byRemainder.sort((a, b) => (a.remainder === b.remainder ? a.i - b.i : a.remainder > b.remainder ? -1 : 1))
  const given = exact.reduce((sum, x) => sum + x / all, 0n)
  const rest = Number(BigInt(total) - given)
  for (const { i } of byRemainder.slice(0, rest)) parts[i] = parts[i]! + 1
  return parts
}
