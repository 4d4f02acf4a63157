/**
 * Runs one machine of any file with XState's own actor and real timers, and tells each moment of it.
 *
 * R1  What has no implementation does nothing: such a guard says no, such an actor never answers, such a delay never ends.
 * R2  A busy machine is told of at most every MOMENT_MS: the newest moment is the one that counts.
 */
import type { AnyActor, AnyStateMachine } from 'xstate'
import type { Chart } from '../chart/chart.ts'
import { guardText } from '../chart/texts.ts'
import { plainJson } from './plain.ts'
import type { KnownEvent, MachineEvent, Moment, Refused, Unresolved } from './words.ts'

const MOMENT_MS = 40
/** The longest that a timer can wait. */
const NEVER_MS = 2 ** 31 - 1

/** As much of XState as is used: the file may bring a version of its own. */
export type XState = Pick<typeof import('xstate'), 'createActor' | 'fromCallback'>

/** R1 */
export function withStandIns(
  machine: AnyStateMachine,
  unresolved: readonly Unresolved[],
  { fromCallback }: XState,
): AnyStateMachine {
  const of = (kind: Unresolved['kind'], standIn: unknown) =>
    Object.fromEntries(unresolved.filter(each => each.kind === kind).map(({ name }) => [name, standIn]))
  if (unresolved.length === 0) return machine
  return machine.provide({
    actions: of('action', () => {}),
    guards: of('guard', () => false),
    delays: of('delay', NEVER_MS),
    actors: of(
      'actor',
      fromCallback(() => {}),
    ),
  } as never)
}

interface Running {
  readonly machine: AnyStateMachine
  readonly chart: Chart
  readonly edgeOf: WeakMap<object, string>
  readonly xstate: XState
  readonly tell: (moment: Moment) => void
}

export class MachineRun {
  readonly #o: Running
  #actor!: AnyActor
  #count = 0
  #taken: string[] = []
  #event: string | null = null
  #refused: Refused | null = null
  #error: string | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(options: Running) {
    this.#o = options
    this.reset()
  }

  reset(): void {
    this.#actor?.stop()
    this.#taken = []
    this.#event = this.#refused = this.#error = null
    const { machine, xstate } = this.#o
    // an observer that throws would kill the actor
    const inspect = (event: any): void => {
      try {
        this.#observe(event)
      } catch (error) {
        this.#error = String(error)
      }
    }
    try {
      const actor = xstate.createActor(machine, { id: machine.id, inspect } as never)
      this.#actor = actor
      actor.subscribe({ next: () => this.#moved(), error: error => this.#failed(error), complete: () => this.#moved() })
      actor.start()
    } catch (error) {
      this.#failed(error)
    }
    this.#moved()
  }

  send(event: MachineEvent): void {
    this.#refused = this.#refusalOf(event)
    this.#take(event)
  }
  /** What nobody asked for is not refused either. */
  cause(event: MachineEvent): void {
    this.#refused = null
    this.#take(event)
  }
  #take(event: MachineEvent): void {
    this.#event = event.type
    this.#taken = []
    if (this.#actor.getSnapshot().status === 'active') this.#actor.send(event)
    this.#moved()
  }

  tellNow(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#o.tell(this.#moment())
  }

  #observe(event: any): void {
    if (event.actorRef !== this.#actor) return
    if (event.type === '@xstate.event') {
      this.#event = event.event.type === 'xstate.init' ? null : event.event.type
      this.#taken = []
      if (event.event.type !== this.#refused?.event) this.#refused = null
    }
    if (event.type === '@xstate.microstep')
      for (const transition of event._transitions ?? []) {
        const edge = this.#o.edgeOf.get(transition)
        if (edge !== undefined) this.#taken.push(edge)
      }
  }

  #failed(error: unknown): void {
    this.#error = error instanceof Error ? error.message : String(error)
    this.#moved()
  }

  /** R2 */
  #moved(): void {
    this.#timer ??= setTimeout(() => this.tellNow(), MOMENT_MS)
  }

  #moment(): Moment {
    const snapshot = this.#actor?.getSnapshot()
    const live: string[] = (snapshot?._nodes ?? []).map((node: any) => node.id)
    return {
      count: ++this.#count,
      event: this.#event,
      live,
      last: [...new Set(this.#taken)],
      status: snapshot?.status ?? 'error',
      context: plainJson(snapshot?.context),
      events: snapshot?.status === 'active' ? this.#known(snapshot) : [],
      refused: this.#refused,
      error: this.#error,
    }
  }

  #known(snapshot: any): readonly KnownEvent[] {
    const types = new Set<string>()
    for (const node of snapshot._nodes)
      for (const type of node.transitions.keys())
        if (!type.startsWith('xstate.') && !type.endsWith('*')) types.add(type)
    return [...types].sort().map(type => ({ type, ...this.#leads(snapshot, { type }) }))
  }
  #leads(snapshot: any, event: MachineEvent): { readonly can: boolean; readonly leadsTo: readonly string[] } {
    try {
      const transitions: any[] = this.#o.machine.getTransitionData(snapshot, event) ?? []
      const leadsTo = transitions.flatMap(t => (t.target ?? []).map((target: any) => target.id as string))
      return { can: transitions.length > 0, leadsTo: [...new Set(leadsTo)] }
    } catch {
      return { can: false, leadsTo: [] } // a guard that throws on an event without its payload
    }
  }

  /** Null: it is taken. Where none of the transitions is taken, each of their guards said no. */
  #refusalOf(event: MachineEvent): Refused | null {
    const snapshot = this.#actor.getSnapshot()
    if (snapshot.status !== 'active') return { event: event.type, by: [] }
    if (this.#leads(snapshot, event).can) return null
    const by = snapshot._nodes.flatMap((node: any) =>
      (node.transitions.get(event.type) ?? []).map((transition: any) => ({
        state: node.id,
        guard: guardText(transition.guard) ?? 'nothing',
        edge: this.#o.edgeOf.get(transition) ?? '',
      })),
    )
    return { event: event.type, by }
  }
}
