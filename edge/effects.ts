/**
 * The measured effect of a setpoint, apart from its read-back (S9): some cycles after the last change, does the point
 * of the same name show it? A limit (`powerMax`) is met by anything at or below it.
 */
import type { EffectReceipt, WriteReceipt } from '../protocol/words/facts.ts'
import type { ManifestAsset } from '../protocol/words/manifest.ts'
import { stepOf, type Values } from './target.ts'

/** Cycles after a change in which a device may still be moving. */
const EFFECT_AFTER_CYCLES = 3

interface Awaited {
  readonly asset: string
  readonly name: string
  readonly wanted: number
  readonly sinceMs: number
  readonly tolerance: number
}

function judgeEffect(a: Awaited, values: Values | undefined, nowMs: number): EffectReceipt {
  const limit = a.name.endsWith('Max')
  const measured = values?.[limit ? a.name.slice(0, -'Max'.length) : a.name]
  const afterMs = Math.max(0, nowMs - a.sinceMs)
  const { asset, name, wanted } = a
  if (typeof measured !== 'number') return { asset, name, effect: 'unmeasured', wanted, measured: null, afterMs }
  const reached = limit ? measured <= wanted + a.tolerance : Math.abs(measured - wanted) <= a.tolerance
  return { asset, name, effect: reached ? 'reached' : 'notReached', wanted, measured, afterMs }
}

/** Changes whose effect is still to be seen; of each setpoint the newest. */
export class Effects {
  readonly #awaited = new Map<string, Awaited>()

  /** A read-back shows a change. */
  await(receipt: WriteReceipt, asset: ManifestAsset | undefined, nowMs: number): void {
    const { name, readBack } = receipt
    const envelope = asset?.envelope[name]
    if (!asset || !envelope || readBack === null) return
    const tolerance = Math.max(2 * stepOf(asset, name), Math.ceil((envelope.max - envelope.min) / 50))
    this.#awaited.set(`${asset.name}.${name}`, { asset: asset.name, name, wanted: readBack, sinceMs: nowMs, tolerance })
  }
  /** Those that had their time. */
  judge(values: Readonly<Record<string, Values>>, cycleMs: number, nowMs: number): readonly EffectReceipt[] {
    const due = [...this.#awaited].filter(([, a]) => nowMs - a.sinceMs >= EFFECT_AFTER_CYCLES * cycleMs)
    for (const [key] of due) this.#awaited.delete(key)
    return due.map(([, a]) => judgeEffect(a, values[a.asset], nowMs))
  }
}
