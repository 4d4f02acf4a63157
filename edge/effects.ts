/**
 * The measured effect of a setpoint, apart from its read-back (S9): some cycles after the last change, does the point
 * of the same name show it? A limit (`powerMax`) is met by anything at or below it. Pure.
 */
import type { EffectReceipt } from '../protocol/words/facts.ts'
import type { Values } from './target.ts'

/** Cycles after a change in which a device may still be moving. */
export const EFFECT_AFTER_CYCLES = 3

export interface Awaited {
  readonly asset: string
  readonly name: string
  readonly wanted: number
  readonly sinceMs: number
  readonly tolerance: number
}

export function judgeEffect(a: Awaited, values: Values | undefined, nowMs: number): EffectReceipt {
  const limit = a.name.endsWith('Max')
  const measured = values?.[limit ? a.name.slice(0, -'Max'.length) : a.name]
  const afterMs = Math.max(0, nowMs - a.sinceMs)
  const { asset, name, wanted } = a
  if (typeof measured !== 'number') return { asset, name, effect: 'unmeasured', wanted, measured: null, afterMs }
  const reached = limit ? measured <= wanted + a.tolerance : Math.abs(measured - wanted) <= a.tolerance
  return { asset, name, effect: reached ? 'reached' : 'notReached', wanted, measured, afterMs }
}
