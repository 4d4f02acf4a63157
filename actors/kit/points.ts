/** Points of a frame, as a chart may see them: S24, stale, missing or bad data never acts as a value. */
import { parse, raw } from '../../protocol/words/units.ts'
import type { PointValue, PointValues } from './frame.ts'
import { type AnySpec, unitOf } from './spec.ts'

export interface MeasuredPoint {
  readonly value: PointValue
  /** As OPC UA says it. An uncertain value may be used; a bad one may not. */
  readonly quality: 'good' | 'uncertain' | 'bad'
  readonly ageMs: number
}

/** What the definition says of one point, resolved. */
export interface PointPlan {
  readonly name: string
  readonly words: readonly string[] | undefined
  readonly staleAfterMs: number | undefined
  readonly required: boolean
}

export function pointPlans(spec: AnySpec): readonly PointPlan[] {
  return Object.entries(spec.points).map(([name, declared]) => {
    const unit = unitOf(declared)
    const long = typeof declared === 'object' && 'unit' in declared ? declared : undefined
    return {
      name,
      words: typeof unit === 'string' ? undefined : unit,
      staleAfterMs: long?.staleAfter && raw(parse('s', long.staleAfter, `${spec.type}.points.${name}.staleAfter`)),
      required: !long?.optional,
    }
  })
}

/** The values that can be relied on; the others are undefined. Once per frame and asset. */
export function reliable(
  plans: readonly PointPlan[],
  points: Readonly<Record<string, MeasuredPoint>>,
  staleAfterMsDefault: number,
): PointValues {
  const values: Record<string, PointValue | undefined> = {}
  for (const { name, words, staleAfterMs } of plans) {
    const point = points[name]
    if (point === undefined || point.quality === 'bad') continue
    if (!(point.ageMs <= (staleAfterMs ?? staleAfterMsDefault))) continue
    const { value } = point
    const meant = words ? words.includes(value as string) : Number.isSafeInteger(value)
    if (meant) values[name] = value
  }
  return values
}
