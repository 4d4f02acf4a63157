/**
 * Bounds of an asset's setpoints from its named limits.
 *
 * B1  The tightest limit wins; its name stands beside the bound.
 * B2  A limit that cannot be judged, because a point that it reads is bad or stale, applies; a function that throws,
 *     or whose number is none, holds the setpoint at its safe value.
 * B3  Limits that contradict each other leave one value: the safe one, taken between the two; both are named.
 */
import { seer } from './compile.ts'
import { condition, operand } from './condition.ts'
import { frame } from './frame.ts'
import type { Chart } from './kernel.ts'
import type { AnySpec, RawLimit } from './spec.ts'

export interface Bound {
  readonly min: number
  readonly max: number
  /** The limit that sets this end; `none` where there is none. */
  readonly minBy: string
  readonly maxBy: string
}
interface Ends {
  readonly min?: number | undefined
  readonly max?: number | undefined
}
interface LimitPlan {
  readonly name: string
  /** Undefined: does not apply. Reads the frame. */
  readonly ends: (chart: Chart, safe: number) => Ends | undefined
}
/** Steps per second. */
export interface Rates {
  readonly rise: number | undefined
  readonly fall: number | undefined
}
export interface SetpointPlan {
  readonly name: string
  /** Reads the settings of the frame. */
  readonly safe: () => number
  readonly rates: () => Rates
  readonly limits: readonly LimitPlan[]
}

const UNBOUNDED = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER } as const

export function setpointPlans(spec: AnySpec): readonly SetpointPlan[] {
  const see = seer(spec)
  return Object.entries(spec.setpoints).map(([name, setpoint]) => {
    const safe = operand(spec, setpoint.unit, setpoint.safe, `${spec.type}.setpoints.${name}.safe`)
    const limits = Object.entries(spec.limits[name] ?? {}).map(([limit, raw]): LimitPlan => {
      const where = `${spec.type}.limits.${name}.${limit}`
      return { name: limit, ends: typeof raw === 'function' ? computed(raw, see) : declared(spec, name, raw, where) }
    })
    const rate = (text: string | undefined) =>
      text === undefined ? undefined : operand(spec, 'W/s', text, `${spec.type}.setpoints.${name}`)
    const rise = rate(setpoint.rise)
    const fall = rate(setpoint.fall)
    const rates = (): Rates => ({ rise: rise?.(frame), fall: fall?.(frame) })
    return { name, safe: () => safe(frame), rates, limits }
  })
}

function computed(
  limit: (see: any) => { min?: unknown; max?: unknown },
  see: ReturnType<typeof seer>,
): LimitPlan['ends'] {
  const whole = (end: unknown) => end === undefined || Number.isSafeInteger(end)
  return (chart, safe) => {
    try {
      const ends = limit(see(chart.context, undefined)) as Ends
      if (whole(ends.min) && whole(ends.max)) return ends
    } catch {
      // B2: falls through to the safe value, the same on every replica
    }
    return { min: safe, max: safe }
  }
}

function declared(
  spec: AnySpec,
  setpoint: string,
  limit: Exclude<RawLimit, (see: any) => unknown>,
  where: string,
): LimitPlan['ends'] {
  const { unit } = spec.setpoints[setpoint]!
  const when = limit.when === undefined ? undefined : condition(spec, limit.when, where)
  const end = (text: string | undefined) => (text === undefined ? undefined : operand(spec, unit, text, where))
  const min = end(limit.min)
  const max = end(limit.max)
  return chart => {
    if (limit.in !== undefined && !chart.tags.has(limit.in)) return undefined
    if (limit.notIn !== undefined && chart.tags.has(limit.notIn)) return undefined
    if (when && frame[when.source][when.name] !== undefined && !when.holds(frame)) return undefined // B2
    return { min: min?.(frame), max: max?.(frame) }
  }
}

/** Bounds of one setpoint; the frame must be set. */
export function boundOf(plan: SetpointPlan, chart: Chart): Bound {
  const safe = plan.safe()
  let { min, max } = UNBOUNDED as { min: number; max: number }
  let minBy = 'none'
  let maxBy = 'none'
  for (const limit of plan.limits) {
    const ends = limit.ends(chart, safe)
    if (!ends) continue
    if (ends.min !== undefined && ends.min > min) {
      min = ends.min
      minBy = limit.name
    }
    if (ends.max !== undefined && ends.max < max) {
      max = ends.max
      maxBy = limit.name
    }
  }
  if (min <= max) return { min, max, minBy, maxBy }
  const value = Math.max(max, Math.min(min, safe)) // B3
  const by = `${minBy} against ${maxBy}`
  return { min: value, max: value, minBy: by, maxBy: by }
}
