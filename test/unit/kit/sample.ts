/** The battery at a site, ready to be stepped, and a definition that can be bent. */
import { battery } from '../../../actors/assets/battery.ts'
import {
  type ActorState,
  type ChartEvent,
  fireTimer,
  measure,
  nextDue,
  type Output,
  type Placed,
  type PointValues,
  place,
  resolveSettings,
  startActor,
  stepActor,
  want,
} from '../../../actors/kit/host.ts'
import type { AnySpec } from '../../../actors/kit/spec.ts'

export const GOOD: PointValues = {
  soc: 500,
  voltage: 800_000,
  linkVoltage: 0,
  current: 0,
  power: 0,
  temperature: 250,
  mode: 'remote',
}
export const LINKED: PointValues = { ...GOOD, linkVoltage: 790_000 }

export function placeBattery(settings: Readonly<Record<string, string>> = {}): Placed {
  const written = { chargeMax: '100 kW', dischargeMax: '80 kW', deratedMax: '50 kW', ...settings }
  const resolved = resolveSettings(battery, written)
  if (resolved.kind === 'refused') throw new Error(resolved.problems.map(p => p.text).join('\n'))
  return place(battery, 'bat1', resolved.values)
}

/** An actor with its outputs, for tests that read as a story. */
export class Story {
  readonly placed: Placed
  actor: ActorState
  outputs: Output[] = []
  values: PointValues = GOOD
  now = 0

  constructor(placed: Placed = placeBattery()) {
    this.placed = placed
    this.actor = startActor(placed, 0, this.outputs)
  }
  frame(values: PointValues): this {
    this.values = values
    this.actor = measure(this.placed, this.actor, values, this.now, this.outputs).actor
    return this
  }
  send(event: ChartEvent): this {
    this.actor = stepActor(this.placed, this.actor, event, this.values, this.now, this.outputs).actor
    return this
  }
  fire(): this {
    const timer = nextDue(this.actor)!
    this.now = timer.due
    this.actor = fireTimer(this.placed, this.actor, timer, this.values, this.outputs).actor
    return this
  }
  want(power: number): this {
    this.actor = want(this.placed, this.actor, { power }, this.values, this.now, this.outputs).actor
    return this
  }
  /** Takes what was asked for so far. */
  take(): Output[] {
    const taken = this.outputs
    this.outputs = []
    return taken
  }
  /** Started, contactors closed, charging. */
  static running(placed?: Placed): Story {
    const story = new Story(placed).frame(GOOD).send({ type: 'start' }).frame(LINKED).fire().want(-3_000).want(-3_000)
    story.take()
    return story
  }
}

/** A deep copy of a definition, functions kept, changed by `bend`. */
export function bent(spec: unknown, bend: (spec: any) => void): AnySpec {
  const copy = (value: any): any => {
    if (Array.isArray(value)) return value.map(copy)
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copy(each)]))
  }
  const changed = copy(spec)
  bend(changed)
  return changed
}
