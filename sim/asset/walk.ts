/**
 * One path, step by step: what the path says on ideal frames beside what the asset does with its device.
 *
 * W1  A frame is the device's own where it can bring it about: its guards come out as the frame means, and points that
 *     stand at a border stand there. Else the frame is injected, over what the device says, and counted.
 * W2  After each step: the chart is where the path says; no quarantine; each guard says what its text says; each setpoint
 *     lies within its limits.
 * W3  What a pulse asks for, the device does; where the path says that it fails, the device is made to refuse.
 * W4  On `lost` each setpoint comes to rest between nothing and its safe value.
 */
import { type Coverage, holds } from '../../actors/kit/coverage.ts'
import { type Exploration, type PathEvent, takesOutcomes } from '../../actors/kit/explore.ts'
import {
  type ActorState,
  actorState,
  bounds,
  type ChartEvent,
  fireTimer,
  measure,
  nextDue,
  type Output,
  type Placed,
  type PointValues,
  type StepResult,
  safeValues,
  startActor,
  stepActor,
  want,
} from '../../actors/kit/host.ts'
import { inWords } from '../../actors/kit/paths.ts'
import { withinStep } from '../../actors/kit/purity.ts'
import type { AnySpec } from '../../actors/kit/spec.ts'
import type { Failure as FailureInWords } from '../../supervisors/records/asset-words.ts'
import { bring } from './bring.ts'
import type { Device } from './device.ts'
import { shouldHold, shouldStayWithin } from './guards.ts'

export interface Failure extends FailureInWords {
  /**
   * PATH: the chart is not where the path says. QUARANTINE: a step throws. GUARD: a guard does not say what its text says.
   * LIMIT: a setpoint leaves its limits. UNSAFE: on lost measurements a setpoint is not safe. DEVICE: the device has no
   * such thing as the chart asks for.
   */
  readonly problem: 'PATH' | 'QUARANTINE' | 'GUARD' | 'LIMIT' | 'UNSAFE' | 'DEVICE'
}
export interface Tally {
  readonly coverage: Coverage
  readonly frames: { device: Record<string, number>; injected: Record<string, number> }
  readonly pulses: { done: number; refused: number; made: number; apart: number }
  steps: number
  failed: number
  fail(failure: Failure): void
}
export interface Setting {
  readonly placed: Placed
  readonly exploration: Exploration
  readonly tally: Tally
}

/** Immutable: a walk goes on from the same situation many times. */
export class Walker {
  readonly #o: Setting
  readonly #at: At

  constructor(o: Setting, at: At) {
    this.#o = o
    this.#at = at
  }
  static start(o: Setting, device: Device): Walker {
    const actor = startActor(o.placed, 0, [])
    o.tally.coverage.visit(actor)
    const base = o.exploration.frames.base!
    return new Walker(o, { actor, ideal: actor, device, frame: 'base', values: base, now: 0, asked: [], path: [] })
  }

  /** `coming`: what the path still holds, so that a pulse is refused whose failure it says. */
  step(event: PathEvent, coming: readonly PathEvent[]): Walker {
    if (this.ended || ('pulse' in event && !this.#at.asked.includes(event.pulse))) return this
    return new Walker(this.#o, new Step(this.#o, this.#at, event, coming).take())
  }
  /** A quarantined asset takes nothing further. */
  get ended(): boolean {
    return this.#at.actor.held !== undefined
  }
}

export interface At {
  readonly actor: ActorState
  /** The same chart on ideal frames. */
  readonly ideal: ActorState
  readonly device: Device
  readonly frame: string
  /** What was measured last. */
  readonly values: PointValues
  readonly now: number
  /** Pulses without an outcome yet, of a chart that waits for it. */
  readonly asked: readonly string[]
  readonly path: readonly string[]
}

class Step {
  readonly #o: Setting
  readonly #before: At
  readonly #event: PathEvent
  readonly #coming: readonly PathEvent[]
  readonly #outputs: Output[] = []
  #device: Device
  #values: PointValues
  #frame: string
  #now: number

  constructor(o: Setting, before: At, event: PathEvent, coming: readonly PathEvent[]) {
    this.#o = o
    this.#before = before
    this.#event = event
    this.#coming = coming
    ;({ device: this.#device, values: this.#values, frame: this.#frame, now: this.#now } = before)
  }

  take(): At {
    const { tally } = this.#o
    tally.steps++
    // 1 what the step works on
    if (this.#event.type === 'frame') this.#measure(this.#event.is)
    if (this.#event.type === 'time') this.#wait()
    // 2 the step itself, and on ideal frames
    const ideal = this.#ideal()
    let actor = this.#moved(this.#before.actor, this.#outputs, this.#values)
    // 3 what it asks for
    actor = this.#pulses(actor)
    // 4 what must hold
    this.#check(actor, ideal)
    this.#command(actor)
    const path = [...this.#before.path, inWords(this.#event)]
    const after = { device: this.#device, frame: this.#frame, values: this.#values, now: this.#now }
    return { actor, ideal, ...after, asked: this.#asked(), path }
  }

  // W1
  #measure(frame: string): void {
    const { tally } = this.#o
    const brought = bring(this.#o, this.#before, frame)
    this.#frame = frame
    this.#values = brought.values
    this.#device = brought.device
    this.#now = brought.now
    tally.frames[brought.by][frame] = (tally.frames[brought.by][frame] ?? 0) + 1
  }
  #wait(): void {
    const timer = nextDue(this.#before.actor)
    if (!timer) return
    this.#device = this.#device.pass(Math.max(0, timer.due - this.#now))
    this.#now = Math.max(this.#now, timer.due)
  }

  #ideal(): ActorState {
    const values = this.#o.exploration.frames[this.#frame]!
    return this.#moved(this.#before.ideal, [], values, false)
  }
  #moved(actor: ActorState, outputs: Output[], values: PointValues, seen = true): ActorState {
    const { placed, tally } = this.#o
    const judge = (event: ChartEvent, by = actor) => {
      if (seen) tally.coverage.judged({ placed, actor: by, event, values, now: this.#now })
    }
    const result = withinStep((): StepResult => {
      switch (this.#event.type) {
        case 'frame':
          judge({ type: 'measured' })
          return measure(placed, actor, values, this.#now, outputs)
        case 'wanted': {
          const wanted = { ...actor.wanted, ...this.#event.values }
          judge({ type: 'dispatched' }, { ...actor, wanted })
          return want(placed, actor, this.#event.values, values, this.#now, outputs)
        }
        case 'command':
          judge(this.#event.event)
          return stepActor(placed, actor, this.#event.event, values, this.#now, outputs)
        case 'time': {
          const timer = nextDue(actor)
          if (!timer) return { actor, taken: false, moves: [] }
          judge(timer.event)
          return fireTimer(placed, actor, timer, values, outputs)
        }
        default:
          judge({ ...this.#event })
          return stepActor(placed, actor, { ...this.#event }, values, this.#now, outputs)
      }
    })
    if (seen) {
      tally.coverage.took(result.moves)
      tally.coverage.visit(result.actor)
      judge({ type: 'measured' }, result.actor)
    }
    return result.actor
  }

  #asked(): readonly string[] {
    if (!takesOutcomes(this.#o.placed)) return []
    const { asked } = this.#before
    const event = this.#event
    const left = 'pulse' in event ? asked.filter(pulse => pulse !== event.pulse) : asked
    return [...left, ...this.#outputs.flatMap(o => (o.kind === 'pulse' ? [o.pulse] : []))]
  }

  // W3
  #pulses(actor: ActorState): ActorState {
    const { placed, tally } = this.#o
    const waits = takesOutcomes(placed)
    let next = actor
    for (const output of this.#outputs) {
      if (output.kind !== 'pulse') continue
      const outcome = this.#coming.find(e => 'pulse' in e && e.pulse === output.pulse)
      const refuse = outcome?.type === 'pulseFailed'
      const { device, done, why } = this.#device.pulse(output.pulse, refuse)
      this.#device = device
      if (done) tally.pulses.done++
      else if (refuse) tally.pulses.made++
      else tally.pulses.refused++
      if (why.startsWith('its register map')) this.#fail('DEVICE', `pulse ${output.pulse}: ${why}`)
      if (outcome?.type === 'pulsed' && !done) tally.pulses.apart++ // the path says that it is done: told by the path
      if (waits) continue
      const type = done ? 'pulsed' : 'pulseFailed'
      const event = { type, pulse: output.pulse }
      next = stepActor(placed, next, event, this.#values, this.#now, []).actor
    }
    return next
  }

  // W2
  #check(actor: ActorState, ideal: ActorState): void {
    const { placed } = this.#o
    const { spec } = placed.asset as { spec: AnySpec }
    const [is, should] = [actorState(actor).paths.join(' + '), actorState(ideal).paths.join(' + ')]
    if (actor.held) {
      this.#fail('QUARANTINE', `${actor.held.code}: ${actor.held.reason}`)
      return
    }
    if (is !== should) this.#fail('PATH', `in ${is}, and the path says ${should}`)
    const inputs = { values: this.#values, wanted: actor.wanted, settings: placed.settings }
    const judged = { placed, actor, event: { type: 'measured' }, values: this.#values, now: this.#now }
    for (const [name, guard] of Object.entries(spec.guards)) {
      if (typeof guard === 'function') continue
      const should = shouldHold(guard, inputs)
      if (holds(judged, name) !== should) this.#fail('GUARD', `'${name}' (${guard}) should be ${should}`)
    }
  }
  #command(actor: ActorState): void {
    const { placed } = this.#o
    if (actor.held) return
    const { spec } = placed.asset as { spec: AnySpec }
    const inputs = { values: this.#values, wanted: actor.wanted, settings: placed.settings }
    const bound = bounds(placed, actor, this.#values)
    const safe = safeValues(placed)
    for (const [name, { min, max }] of Object.entries(bound)) {
      const value = Math.max(min, Math.min(max, actor.out[name]!))
      const ends = shouldStayWithin(spec.limits[name] ?? {}, actor.chart.tags, inputs)
      const contradictory = ends.min > ends.max // then the kit holds it at one value between them
      if (!Number.isSafeInteger(value) || (!contradictory && (value < ends.min || value > ends.max)))
        this.#fail('LIMIT', `${name} would be ${value}; its limits leave ${ends.min} to ${ends.max}`)
      const at = safe[name]!
      if (actor.lost && (value < Math.min(0, at) || value > Math.max(0, at)))
        this.#fail('UNSAFE', `${name} stays at ${value}; its safe value is ${at}`) // W4
      this.#device = this.#device.set(name, value).device
    }
  }
  #fail(problem: Failure['problem'], text: string): void {
    const on = inWords(this.#event)
    const at = actorState(this.#before.actor).paths.join(' + ')
    this.#o.tally.fail({ problem, at, on, text, path: [...this.#before.path, on] })
  }
}
