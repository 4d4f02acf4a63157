/**
 * One step in progress: the state that is being made, and the only ways to move it. What actors ask for on the way
 * (pulses, alarms) is taken into the state at once; the outputs are kept for the record.
 */
import type { ActorState, ChartEvent, Moves, Output, PointValues, StepResult } from '../kit/host.ts'
import { fireTimer, nextDue, stepActor, visiblePoints } from '../kit/host.ts'
import { fireAlarmTimers, raiseAlarm, returnAlarm } from './alarms.ts'
import type { Site, SiteAsset } from './site.ts'
import type { PendingPulse, SiteState } from './state.ts'

/** A pulse that no receipt ends rides for this long at most. */
const PULSE_MS_MAX = 60_000
/** Of one asset; a candidate with more is malformed, and a chart that flaps would silence its whole site. */
const PULSES_MAX = 64
const NOTHING: PointValues = {}

export interface Moved {
  readonly asset: string
  readonly moves: Moves
}

export class Work {
  readonly site: Site
  readonly outputs: Output[] = []
  /** The transitions that assets and the site's mode took, in order: for coverage and whoever looks on. */
  readonly moved: Moved[] = []
  state: SiteState
  /** The command in whose name actors are stepped now. */
  command: string | null = null
  readonly #values = new Map<string, PointValues>()
  #own: Record<string, ActorState> | null = null

  constructor(site: Site, state: SiteState) {
    this.site = site
    this.state = state
  }

  /** The points of an asset that can be relied on, as the newest frame has them. */
  values(asset: SiteAsset): PointValues {
    let values = this.#values.get(asset.name)
    if (!values) {
      const frame = this.state.frames[asset.name]
      values = frame ? visiblePoints(asset, frame.points as never, asset.entry.staleAfterMs) : NOTHING
      this.#values.set(asset.name, values)
    }
    return values
  }
  /** A new frame has come: values are judged anew. */
  refresh(): void {
    this.#values.clear()
  }

  /** Steps one asset by any of the host's functions and takes over what it asks for. */
  move(asset: SiteAsset, step: (actor: SiteState['assets'][string], outputs: Output[]) => StepResult): boolean {
    const outputs: Output[] = []
    const actor = this.state.assets[asset.name]!
    const result = step(actor, outputs)
    if (result.actor !== actor) this.#ownAssets()[asset.name] = result.actor
    if (result.moves.some(microstep => microstep.length > 0))
      this.moved.push({ asset: asset.name, moves: result.moves })
    for (const output of outputs) this.#take(output)
    return result.taken
  }
  /** The assets of this step alone, copied once: whoever holds an earlier state keeps it as it was. */
  #ownAssets(): Record<string, ActorState> {
    if (!this.#own || this.#own !== this.state.assets) {
      this.#own = { ...this.state.assets }
      this.state = { ...this.state, assets: this.#own }
    }
    return this.#own
  }
  send(asset: SiteAsset, event: ChartEvent): boolean {
    return this.move(asset, (actor, outputs) =>
      stepActor(asset, actor, event, this.values(asset), this.state.now, outputs),
    )
  }

  /** The site's own chart: its mode. */
  sendMode(event: ChartEvent): boolean {
    const outputs: Output[] = []
    const { modes } = this.site
    const { actor, taken, moves } = stepActor(modes, this.state.mode, event, NOTHING, this.state.now, outputs)
    this.state = { ...this.state, mode: actor }
    if (moves.some(microstep => microstep.length > 0)) this.moved.push({ asset: modes.name, moves })
    for (const output of outputs) this.#take(output)
    return taken
  }

  /** Timers that `now` has passed, over all assets in due order, each at its own due time. */
  fireDueTimers(): void {
    fireAlarmTimers(this)
    for (;;) {
      let first: { asset: SiteAsset; due: number } | undefined
      for (const asset of this.site.assets) {
        const timer = nextDue(this.state.assets[asset.name]!)
        if (timer && timer.due <= this.state.now && (!first || timer.due < first.due)) first = { asset, due: timer.due }
      }
      if (!first) return
      const { asset } = first
      this.move(asset, (actor, outputs) => fireTimer(asset, actor, nextDue(actor)!, this.values(asset), outputs))
    }
  }

  #take(output: Output): void {
    this.outputs.push(output)
    const { asset } = output
    if (output.kind === 'pulse') this.#addPulse(asset, output.pulse)
    else if (output.kind === 'alarm') {
      const placed = asset === this.site.modes.name ? this.site.modes : this.site.byName.get(asset)
      const text = placed?.asset.spec.alarms[output.alarm]?.text ?? output.alarm
      raiseAlarm(this, asset, output.alarm, '', text)
    } else if (output.kind === 'clear') returnAlarm(this, asset, output.alarm, '')
    else if (output.kind === 'quarantined')
      raiseAlarm(this, asset, 'quarantined', '', `${output.code} on ${output.event}: ${output.reason}`)
  }
  /** The id is the asset's own count: the same on every replica and in every replay, whatever positions are. */
  #addPulse(asset: string, name: string): void {
    if (this.state.pulses.filter(p => p.asset === asset).length >= PULSES_MAX) {
      raiseAlarm(this, asset, 'tooManyPulses', '', `${name} and later ones are not sent`)
      return
    }
    const seq = (this.state.pulseSeq[asset] ?? 0) + 1
    const command = this.command === null ? undefined : this.state.commands[this.command]
    const pulse: PendingPulse = {
      id: `${asset}-${seq}`,
      asset,
      name,
      command: this.command,
      untilMs: command?.expiresAtMs ?? this.state.now + PULSE_MS_MAX,
    }
    this.state = {
      ...this.state,
      pulses: [...this.state.pulses, pulse],
      pulseSeq: { ...this.state.pulseSeq, [asset]: seq },
    }
  }
}
