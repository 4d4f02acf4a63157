/** How one point went, frame by frame, up to a moment: measured, and for a setpoint what was set and what was applied. */
import { unitOf } from '../../actors/kit/spec.ts'
import type { Moment } from './moments.ts'

export interface Trend {
  readonly unit: string
  /** Log time, s. */
  readonly t: readonly number[]
  readonly measured: readonly (number | null)[]
  /** As decided, and as read back; empty where the point is no setpoint. */
  readonly set: readonly (number | null)[]
  readonly applied: readonly (number | null)[]
}

/** In the unit's smallest step. A value that is not good is a gap. */
export function trendOf(moments: readonly Moment[], asset: string, point: string): Trend {
  const frames = moments.filter(({ taken }) => taken.kind === 'stepped' && taken.fact.kind === 'FrameMeasured')
  const of = (moment: Moment) => moment.state.frames[asset]
  const setpoints = frames.some(moment => setOf(moment, asset, point) !== null)
  const { points, setpoints: declared } = moments.at(-1)?.site.byName.get(asset)?.asset.spec ?? {
    points: {},
    setpoints: {},
  }
  const unit = unitOf(declared[point] ?? points[point])
  return {
    unit: typeof unit === 'string' ? unit : '',
    t: frames.map(({ stampMs }) => stampMs / 1_000),
    measured: frames.map(moment => good(of(moment)?.points[point])),
    set: setpoints ? frames.map(moment => setOf(moment, asset, point)) : [],
    applied: setpoints ? frames.map(moment => of(moment)?.applied[point] ?? null) : [],
  }
}
const setOf = ({ candidate }: Moment, asset: string, point: string): number | null =>
  candidate?.actions.assets[asset]?.setpoints[point]?.value ?? null
const good = (value: { readonly value: unknown; readonly quality: string } | undefined): number | null =>
  typeof value?.value === 'number' && value.quality !== 'bad' ? value.value : null
