/**
 * What can happen to an asset, derived from its definition: its commands, wanted values, time, the outcomes of its pulses,
 * and frames on both sides of every border that its conditions draw. What a guard that is a function needs is searched.
 */
import { chartNodes } from './chart.ts'
import { condition } from './condition.ts'
import { type PointValues, setFrame } from './frame.ts'
import { type ChartEvent, type Numbers, type Placed, safeValues } from './host.ts'
import { type AnySpec, many, unitOf } from './spec.ts'

export type PathEvent =
  | { readonly type: 'frame'; readonly is: string }
  | { readonly type: 'time' }
  | { readonly type: 'wanted'; readonly values: Numbers }
  | { readonly type: 'command'; readonly event: ChartEvent }
  | { readonly type: 'pulsed' | 'pulseFailed'; readonly pulse: string }
export interface Exploration {
  readonly frames: Readonly<Record<string, PointValues>>
  /** Of a frame, the points that stand at a border and mean it exactly. */
  readonly exact: Readonly<Record<string, readonly string[]>>
  readonly events: readonly PathEvent[]
}
interface Found {
  readonly name: string
  readonly values: PointValues
  readonly exact: readonly string[]
}

/** Values that a command's fields and a setpoint take, in steps of their units. */
const AROUND_ZERO = [-1_000, 0, 1_000]
/** Frames that are tried to bring a guard that is a function to an outcome. */
const TRIED_MAX = 4_000

/**
 * One frame for each condition of a guard where it just holds, and one where it just does not: `base` with the point at
 * the border. `more` adds frames by hand.
 */
export function explore(placed: Placed, base: PointValues, more: Exploration['frames'] = {}): Exploration {
  const spec: AnySpec = placed.asset.spec
  const found = Object.keys(spec.guards).flatMap(guard => framesFor(placed, guard, base))
  const frames: Record<string, PointValues> = { base }
  const exact: Record<string, readonly string[]> = {}
  for (const { name, values, exact: points } of found) {
    if (Object.values(frames).some(there => equal(there, values))) continue
    frames[name] = values
    exact[name] = points
  }
  Object.assign(frames, more, { lost: {} })
  const events: PathEvent[] = [
    ...Object.keys(frames).map(is => ({ type: 'frame', is }) as const),
    { type: 'time' },
    ...Object.entries(spec.commands).flatMap(([type, fields]) => commands(type, fields)),
    ...wantedValues(placed),
    ...(takesOutcomes(placed) ? (spec.pulses ?? []) : []).flatMap(pulse => [
      { type: 'pulsed', pulse } as const,
      { type: 'pulseFailed', pulse } as const,
    ]),
  ]
  return { frames, exact, events }
}

/** Whether the outcome of a pulse moves the chart anywhere. */
export const takesOutcomes = ({ asset: { spec } }: Placed): boolean =>
  [...chartNodes(spec.type, spec.chart).values()].some(
    ({ state }) => state.on && ('pulsed' in state.on || 'pulseFailed' in state.on),
  )

const equal = (a: PointValues, b: PointValues): boolean => Object.keys({ ...a, ...b }).every(k => a[k] === b[k])

/** Of a command with fields: each field's words, its numbers around zero, one after the other. */
function commands(type: string, fields: Readonly<Record<string, unknown>>): PathEvent[] {
  const choices = Object.entries(fields).map(([name, declared]) => {
    const unit = unitOf(declared)
    return [name, typeof unit === 'string' ? AROUND_ZERO : unit] as const
  })
  const turns = Math.max(1, ...choices.map(([, values]) => values.length))
  return Array.from({ length: turns }, (_, i) => {
    const chosen = choices.map(([name, values]) => [name, values[i % values.length]])
    return { type: 'command', event: { type, ...Object.fromEntries(chosen) } }
  })
}

/** Around zero, and on both sides of what conditions compare it with. */
function wantedValues(placed: Placed): PathEvent[] {
  const spec: AnySpec = placed.asset.spec
  const values = new Map(Object.keys(spec.setpoints).map(name => [name, new Set(AROUND_ZERO)]))
  for (const [guard, declared] of Object.entries(spec.guards)) {
    if (typeof declared === 'function') continue
    for (const text of many<string>(declared)) {
      const { source, name, right } = condition(spec, text, guard)
      if (source !== 'wanted' || typeof right === 'string') continue
      const at = right({ points: {}, wanted: safeValues(placed), settings: placed.settings, now: 0 })
      for (const value of [at - 1, at, at + 1]) values.get(name)!.add(value)
    }
  }
  return [...values].flatMap(([name, all]) =>
    [...all].map(value => ({ type: 'wanted', values: { [name]: value } }) as const),
  )
}

function framesFor(placed: Placed, guard: string, base: PointValues): readonly Found[] {
  const spec: AnySpec = placed.asset.spec
  const declared = spec.guards[guard]!
  if (typeof declared === 'function') return searched(placed, guard, base)
  const texts = many<string>(declared)
  const conditions = texts.map(text => bordersOf(placed, text, guard)).filter(border => border !== null)
  if (conditions.length === 0) return []
  const holding: PointValues = { ...base, ...Object.fromEntries(conditions.map(c => [c.point, c.holds])) }
  const exactly = (points: readonly string[]) => points.filter(point => typeof holding[point] === 'number')
  return [
    { name: guard, values: holding, exact: exactly(conditions.map(c => c.point)) },
    ...conditions.map(({ point, fails }, i) => ({
      name: conditions.length === 1 ? `not ${guard}` : `not ${guard} (${texts[i]})`,
      values: { ...holding, [point]: fails },
      exact: exactly([point]),
    })),
  ]
}

interface Border {
  readonly point: string
  readonly holds: number | string
  readonly fails: number | string
}
/** Null where it does not read a point. */
function bordersOf(placed: Placed, text: string, where: string): Border | null {
  const spec: AnySpec = placed.asset.spec
  const { source, name: point, operator, right } = condition(spec, text, where)
  if (source !== 'points') return null
  const words = unitOf(spec.points[point])
  if (typeof right === 'string') {
    const other = (words as readonly string[]).find(word => word !== right) ?? right
    return operator === 'is' ? { point, holds: right, fails: other } : { point, holds: other, fails: right }
  }
  const at = right({ points: {}, wanted: safeValues(placed), settings: placed.settings, now: 0 })
  switch (operator) {
    case '>':
      return { point, holds: at + 1, fails: at }
    case '<':
      return { point, holds: at - 1, fails: at }
    case '>=':
      return { point, holds: at, fails: at - 1 }
    default:
      return { point, holds: at, fails: at + 1 }
  }
}

/** One point, then two at once, until the function has said both; what it needs beyond that is given by hand. */
function searched(placed: Placed, guard: string, base: PointValues): readonly Found[] {
  const { spec, program } = placed.asset
  const outcome = (values: PointValues): boolean | undefined => {
    setFrame(values, safeValues(placed), placed.settings, 0)
    try {
      return program.guards[guard]!(spec.context, { type: 'measured' })
    } catch {
      return undefined // as a step it would quarantine the actor: walking finds that
    }
  }
  const first = outcome(base)
  const changes = Object.entries((spec as AnySpec).points)
    .flatMap(([point, declared]) =>
      alternatives(unitOf(declared), base[point]).map((value, rank) => ({ change: { [point]: value }, rank })),
    )
    .sort((a, b) => a.rank - b.rank) // likelier values of any point before odd ones
    .map(({ change }) => change)
  let tried = 0
  for (const one of changes)
    for (const other of [{}, ...changes]) {
      if (++tried > TRIED_MAX) return []
      const values = { ...base, ...one, ...other }
      const said = outcome(values)
      if (said === undefined || said === first) continue
      return [{ name: said ? guard : `not ${guard}`, values, exact: [] }]
    }
  return []
}
function alternatives(unit: string | readonly string[], value: unknown): readonly (number | string)[] {
  if (typeof unit !== 'string') return unit.filter(word => word !== value)
  const at = typeof value === 'number' ? value : 0
  return [2 * at, 1_000_000, 1_000, at + 1, at - 1, 0, -1_000, -at, -1_000_000].filter(v => v !== at)
}
