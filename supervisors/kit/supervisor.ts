/**
 * Starts its children in order, stops them in reverse, restarts by the strategy within the intensity, else fails
 * upward. A restart gives the child new ports in a new scope: nothing of its former life can act, and nothing of its
 * state is reused. The chart decides (chart.ts); this file performs.
 */
import { LiveMachine } from '../../actors/kit/machine.ts'
import type { Ports } from '../../protocol/ports.ts'
import { REASON_CHARS_MAX, type Sight, type TreeRow } from '../../protocol/words/observed.ts'
import { type SupervisorContext, type SupervisorEffect, type SupervisorEvent, supervisorMachine } from './chart.ts'
import { type Scope, scope } from './scope.ts'
import { type Child, type ChildSpec, checkChild, checkSpec, type Exit, type SupervisorSpec } from './spec.ts'
import { backoffMs, restartsThatCount } from './strategy.ts'

const BACKOFF = { first: 50, most: 2_000 }

interface Slot {
  readonly spec: ChildSpec
  child: Child | null
  scope: Scope | null
  starts: number
  /** The last by itself: being stopped along with another one is none. */
  lastExit: { readonly reason: string; readonly atMs: number } | null
}
const slotOf = (spec: ChildSpec): Slot => ({ spec, child: null, scope: null, starts: 0, lastExit: null })
const starting = ({ scope, child }: Slot): boolean => scope !== null && child === null

export interface ChildStatus {
  readonly id: string
  readonly up: boolean
  readonly starts: number
}

export class Supervisor {
  readonly #spec: SupervisorSpec
  readonly #ports: Ports
  readonly #escalate: (reason: string) => void
  readonly #slots: Slot[]
  readonly #chart: LiveMachine<SupervisorContext, SupervisorEvent, SupervisorEffect>
  readonly #ended = Promise.withResolvers<void>()
  #round = 0

  constructor(spec: SupervisorSpec, ports: Ports, escalate: (reason: string) => void) {
    checkSpec(spec)
    this.#spec = spec
    this.#ports = ports
    this.#escalate = escalate
    this.#slots = spec.children.map(slotOf)
    const { strategy, intensity, periodMs } = spec
    this.#chart = new LiveMachine(supervisorMachine, ports.host, effect => this.#perform(effect), {
      strategy,
      intensity,
      periodMs,
      rows: spec.children.map(({ id, restart }) => ({ id, restart })),
    })
  }

  get state(): string {
    return this.#chart.state
  }
  get lastExit(): string {
    return this.#chart.context.lastExit
  }
  children(): readonly ChildStatus[] {
    return this.#slots.map(s => ({ id: s.spec.id, up: s.child !== null, starts: s.starts }))
  }
  /** As it stands, for whoever looks on: itself, then its children in start order. */
  sight(): Sight {
    const { id: path, strategy, intensity: max, periodMs: withinMs } = this.#spec
    const spent = restartsThatCount(this.#chart.context.restarts, this.#ports.host.monotonicMs(), withinMs).length
    const own: TreeRow = { path, kind: 'supervisor', strategy, state: this.state, intensity: { max, withinMs, spent } }
    const children = this.#slots.map(({ spec, child, scope: own, starts, lastExit }): TreeRow => {
      const state = child ? 'up' : own ? 'starting' : 'down'
      const restarts = Math.max(0, starts - 1)
      return { path: `${path}/${spec.id}`, kind: 'worker', restart: spec.restart, state, restarts, lastExit }
    })
    return { charts: [this.#chart.sight(path)], tree: [own, ...children] }
  }

  /** In order. A child that cannot start is an exit like any other. */
  async start(): Promise<void> {
    for (const slot of this.#slots) if (this.#chart.in('starting')) await this.#launch(slot)
    this.#chart.send({ type: 'started' })
  }
  /** Reverse order, each within its deadline. */
  stop(): Promise<void> {
    this.#chart.send({ type: 'stop' })
    return this.#ended.promise
  }
  /** A dynamic child. */
  async add(spec: ChildSpec): Promise<void> {
    checkChild(spec, (what, value) => {
      throw new TypeError(`${this.#spec.id}: bad ${what}: ${JSON.stringify(value)}`)
    })
    if (this.#over) throw new TypeError(`${this.#spec.id}: is ${this.state}, takes no child '${spec.id}'`)
    if (this.#slots.some(s => s.spec.id === spec.id))
      throw new TypeError(`${this.#spec.id}: child '${spec.id}' is there`)
    const slot = slotOf(spec)
    this.#slots.push(slot)
    this.#chart.send({ type: 'added', row: { id: spec.id, restart: spec.restart } })
    await this.#launch(slot)
  }
  async remove(id: string): Promise<void> {
    const at = this.#slots.findIndex(s => s.spec.id === id)
    if (at < 0) return
    this.#chart.send({ type: 'removed', id })
    const [slot] = this.#slots.splice(at, 1)
    await this.#end(slot!)
  }
  get #over(): boolean {
    return ['stopping', 'stopped', 'failed'].some(state => this.#chart.in(state))
  }

  async #launch(slot: Slot): Promise<void> {
    const own = scope(this.#ports, `${slot.spec.id}.${slot.starts}`)
    slot.scope = own
    slot.starts++
    let gone = false
    const exit = (e: Exit) => {
      if (gone || !own.open || slot.scope !== own) return // stopped on purpose
      gone = true
      own.close()
      slot.child = null
      slot.scope = null
      const reason = e.kind === 'ended' ? 'ended' : e.error instanceof Error ? e.error.message : String(e.error)
      slot.lastExit = { reason: reason.slice(0, REASON_CHARS_MAX).toWellFormed(), atMs: this.#ports.host.wallMs() }
      this.#ports.note(e.kind === 'ended' ? 'info' : 'warn', 'child exited', { child: slot.spec.id, reason })
      this.#chart.send({ type: 'exited', id: slot.spec.id, exit: e.kind, reason, atMs: this.#ports.host.monotonicMs() })
    }
    try {
      const child = await slot.spec.start(own.ports, exit)
      if (own.open) slot.child = child
      else await child.stop?.() // it fell, or was stopped, while it started
    } catch (error) {
      exit({ kind: 'failed', error })
    }
  }
  async #end(slot: Slot): Promise<void> {
    const { child, scope: own, spec } = slot
    slot.child = null
    slot.scope = null
    if (child?.stop) {
      const late = Promise.withResolvers<void>()
      const deadline = this.#ports.host.after(spec.stopMs, late.resolve)
      await Promise.race([
        child
          .stop()
          .catch(error =>
            this.#ports.note('warn', 'child did not stop well', { child: spec.id, error: String(error) }),
          ),
        late.promise,
      ])
      deadline.cancel()
    }
    own?.close()
  }

  #perform(effect: SupervisorEffect): void {
    if (effect.kind === 'giveUp') this.#escalate(`${this.#spec.id}: ${effect.reason}`)
    else if (effect.kind === 'stopAll') void this.#stopAll()
    else void this.#restart(effect.ids, effect.recent)
  }
  async #stopAll(): Promise<void> {
    this.#round++
    for (const slot of [...this.#slots].reverse()) await this.#end(slot)
    this.#chart.send({ type: 'stopped' })
    this.#ended.resolve()
  }
  /** A newer round takes over the pending ones of an older, and those that a fall in the beginning kept from starting. */
  async #restart(ids: readonly string[], recent: number): Promise<void> {
    const round = ++this.#round
    const one = this.#spec.strategy === 'oneForOne'
    // one for one, whoever is starting already is left to it: two lives of one child at a time would be in each other's way
    const slots = this.#slots.filter(s => ids.includes(s.spec.id) && !(one && starting(s)))
    for (const slot of [...slots].reverse()) await this.#end(slot)
    const { first, most } = this.#spec.backoffMs ?? BACKOFF
    const wait = backoffMs(recent, first, most, this.#ports.random.u32())
    await new Promise<void>(resolve => void this.#ports.host.after(wait, resolve))
    const again = async (slot: Slot): Promise<void> => {
      if (round !== this.#round || !this.#slots.includes(slot)) return // overtaken, or removed meanwhile
      await this.#launch(slot)
      if (slot.child) this.#chart.send({ type: 'up', id: slot.spec.id })
    }
    const pending = this.#slots.filter(s => slots.includes(s) || s.starts === 0)
    // one for one: a child that hangs in its start keeps no other down; whatever never started keeps its turn
    const alone = one ? pending.filter(s => s.starts > 0) : []
    await Promise.all(alone.map(again))
    for (const slot of pending) if (!alone.includes(slot)) await again(slot)
    if (round === this.#round) this.#chart.send({ type: 'restarted' })
  }
}
