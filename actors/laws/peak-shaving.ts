/** What a law decides, and the words for the record. */
export interface Decided {
  /** Positive discharges. */
  readonly totalW: number
  readonly why: string
}

/**
 * Law 4, peak shaving: g = G + P is what the grid would carry without the storage. At or above the peak the storage
 * gives g - peak; at or below the recharge level it takes g - recharge; else it rests. Source: common practice of
 * energy management systems. `gainPermille` damps the way to the target: a meter that is a cycle older than the
 * storage's power makes the undamped loop oscillate. A missing input is the caller's: it proposes nothing.
 */
export function peakShaving(input: {
  /** Import is positive. */
  readonly gridW: number
  readonly storageW: number
  readonly peakW: number
  readonly rechargeW: number
  readonly gainPermille?: number
}): Decided {
  const { gridW, storageW, peakW, rechargeW, gainPermille = 1000 } = input
  const withoutW = gridW + storageW
  const [targetW, why] =
    withoutW >= peakW
      ? [withoutW - peakW, 'above peak']
      : withoutW <= rechargeW
        ? [withoutW - rechargeW, 'below recharge level']
        : [0, 'between recharge level and peak']
  return { totalW: damped(storageW, targetW, gainPermille), why }
}

/** From what is towards what should be, by a share of the way; integers, towards zero, so it comes to rest. */
export function damped(fromW: number, toW: number, gainPermille: number): number {
  return fromW + Math.trunc(((toW - fromW) * gainPermille) / 1000)
}
