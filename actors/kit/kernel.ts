/**
 * XState's inside, here and in `shortcut.ts` alone: a reused ActorScope, no execution, effects as data.
 *
 * K1  Synchronous and pure: equal (snapshot, event) give equal (snapshot, effects).
 * K2  Nothing runs: actions are collected in the order in which the public `transition()` returns them.
 * K3  A throw leaves the state as it was; the caller learns why.
 * K4  Bounded: at most MICROSTEPS_MAX microsteps, since an `always` cycle must not stall a replica.
 * K5  A live snapshot and the same one restored are equal in every later step. XState keeps its nodes in order of
 *     entry but restores them in document order, and selects eventless transitions, exits and history by it: so
 *     every snapshot that leaves the kernel is put into document order.
 * K6  An impossible configuration is refused as a throw is. XState can leave one (a child without its parent) when
 *     one event takes a transition to a history state in one region and another out of the parallel state.
 * K7  Children, sends and spawns are refused: assets meet only through facts.
 */
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { shortcut } from './shortcut.ts'

export const MICROSTEPS_MAX = 100

export type Machine = AnyStateMachine
export type Chart = AnyMachineSnapshot
export interface ChartEvent {
  readonly type: string
  readonly [field: string]: unknown
}
export type KernelEffect =
  | { readonly kind: 'do'; readonly name: string; readonly params: unknown }
  | { readonly kind: 'timer'; readonly id: string; readonly delayMs: number; readonly event: ChartEvent }
  | { readonly kind: 'cancel'; readonly id: string }
  | { readonly kind: 'emit'; readonly event: unknown }
export type FailureCode =
  | 'guard-or-assign-threw'
  | 'endless'
  | 'not-an-asset-effect'
  | 'error-status'
  | 'broken-configuration'
export interface Stepped {
  readonly kind: 'stepped'
  readonly snapshot: Chart
  readonly effects: readonly KernelEffect[]
  /** The event itself took a transition; an `always` that came due along with it does not count. */
  readonly taken: boolean
  readonly moves: Moves
}
export interface Failed {
  readonly kind: 'failed'
  readonly code: FailureCode
  readonly reason: string
}

interface Collected {
  readonly type: string
  readonly params: any
}
interface Taken {
  readonly source: { readonly id: string }
  readonly target?: readonly { readonly id: string }[]
  readonly eventType: string
}
/** The transitions of each microstep, as XState has them: free to keep, read by `edgesOf`. */
export type Moves = readonly (readonly Taken[])[]
/** What the step in progress collects; emptied before each, so that nothing passes from one step to another. */
const collected = { actions: [] as Collected[], microsteps: [] as (readonly Taken[])[] }

const nothing = (): void => {}
const refuse = (what: string) => (): never => {
  throw new Error(`${what} is not available inside a log actor`)
}
const system = {
  _sendInspectionEvent: (event: { readonly _transitions?: readonly Taken[] }) => {
    if (event._transitions) collected.microsteps.push(event._transitions)
  },
  _bookId: () => 'quorate',
  _register: refuse('spawn'),
  _unregister: nothing,
  _set: nothing,
  _relay: refuse('send'),
  get: () => undefined,
  getAll: () => ({}),
  inspect: nothing,
  scheduler: { schedule: nothing, cancel: nothing, cancelAll: nothing },
  _clock: undefined,
  _logger: nothing,
  start: nothing,
}
const scope = {
  self: {
    id: 'quorate',
    sessionId: 'quorate',
    send: refuse('self.send'),
    getSnapshot: refuse('self.getSnapshot'),
    _parent: undefined,
    system,
    options: {},
  },
  id: 'quorate',
  sessionId: 'quorate',
  logger: nothing,
  defer: nothing,
  emit: nothing,
  stopChild: nothing,
  system,
  actionExecutor: (action: Collected) => void collected.actions.push(action), // K2
} as never

export function initial(machine: Machine, input?: unknown): Stepped | Failed {
  begin()
  try {
    return finish(machine.getInitialSnapshot(scope, input) as Chart)
  } catch (error) {
    return failed(error)
  }
}

export function transition(machine: Machine, snapshot: Chart, event: ChartEvent): Stepped | Failed {
  const short = shortcut(machine, snapshot, event)
  if (short) return short
  begin()
  try {
    return finish(machine.transition(snapshot as never, event as never, scope) as Chart)
  } catch (error) {
    return failed(error) // K3
  }
}

function begin(): void {
  collected.actions = []
  collected.microsteps = []
}

export interface Edge {
  readonly source: string
  readonly event: string
  readonly targets: readonly string[]
}
/** The edges that a step took, in order: for the inspector, tests and coverage. */
export function edgesOf(moves: Moves): readonly Edge[] {
  return moves.flat().map(t => ({
    source: t.source.id,
    event: t.eventType,
    targets: (t.target ?? []).map(node => node.id),
  }))
}

const NONE: readonly KernelEffect[] = []
function finish(snapshot: Chart): Stepped | Failed {
  if (snapshot.status === 'error') {
    const error: unknown = snapshot.error
    return { kind: 'failed', code: 'error-status', reason: error instanceof Error ? error.message : String(error) }
  }
  for (const child in snapshot.children) return notAnAsset(`spawned '${child}'`)
  inDocumentOrder(snapshot)
  const wrong = broken(snapshot)
  if (wrong) return { kind: 'failed', code: 'broken-configuration', reason: wrong }
  const moves = collected.microsteps
  const taken = moves.length > 0 && moves[0]!.length > 0
  if (collected.actions.length === 0) return { kind: 'stepped', snapshot, effects: NONE, taken, moves }
  const effects: KernelEffect[] = []
  for (const { type, params } of collected.actions) {
    switch (type) {
      case 'xstate.raise':
        if (typeof params.delay === 'number')
          effects.push({
            kind: 'timer',
            id: params.id ?? params.event.type,
            delayMs: params.delay,
            event: params.event,
          })
        break
      case 'xstate.cancel':
        effects.push({ kind: 'cancel', id: params.sendId })
        break
      case 'xstate.emit':
        effects.push({ kind: 'emit', event: params.event })
        break
      case 'xstate.enqueueActions':
      case 'xstate.log':
        break
      case 'xstate.spawnChild':
      case 'xstate.stopChild':
      case 'xstate.sendTo':
        return notAnAsset(type)
      default:
        effects.push({ kind: 'do', name: type, params })
    }
  }
  return { kind: 'stepped', snapshot, effects, taken, moves }
}

// K7
const notAnAsset = (what: string): Failed => ({
  kind: 'failed',
  code: 'not-an-asset-effect',
  reason: `${what} inside a log actor`,
})

function failed(error: unknown): Failed {
  const reason = error instanceof Error ? error.message : String(error)
  // K4: XState says so in words only
  return { kind: 'failed', code: reason.startsWith('Infinite loop') ? 'endless' : 'guard-or-assign-threw', reason }
}

// K5
function inDocumentOrder(snapshot: Chart): Chart {
  const nodes = snapshot._nodes
  for (let i = 1; i < nodes.length; i++)
    if (nodes[i - 1]!.order > nodes[i]!.order) {
      nodes.sort((a, b) => a.order - b.order)
      break
    }
  return snapshot
}

// K6: only a chart with a history state can get there
const withHistory = new WeakMap<object, boolean>()
function hasHistory(machine: Machine): boolean {
  let has = withHistory.get(machine)
  if (has === undefined) {
    const nodes = (machine as unknown as { idMap: Map<string, { type: string }> }).idMap
    has = [...nodes.values()].some(node => node.type === 'history')
    withHistory.set(machine, has)
  }
  return has
}
function broken(snapshot: Chart): string | undefined {
  if (!hasHistory(snapshot.machine)) return undefined
  const active = snapshot._nodes
  for (const node of active) {
    if (node.parent && !active.includes(node.parent)) return `'${node.id}' is active without its parent`
    if (node.type === 'compound' && active.filter(child => child.parent === node).length !== 1)
      return `'${node.id}' does not have exactly one active child`
    if (node.type !== 'parallel') continue
    for (const region of Object.values(node.states))
      if (region.type !== 'history' && !active.includes(region)) return `'${node.id}' has an inactive region`
  }
  return undefined
}

/** JSON-safe state of a chart: what a snapshot envelope holds. Compare canonically: keys of `value` have no order. */
export interface FrozenChart {
  readonly status: string
  readonly value: unknown
  readonly context: unknown
  readonly history: Readonly<Record<string, readonly string[]>>
  readonly output?: unknown
}

export function freeze(snapshot: Chart): FrozenChart {
  const history: Record<string, string[]> = {}
  const recorded = snapshot.historyValue as Record<string, readonly { id: string }[]>
  for (const id in recorded) history[id] = recorded[id]!.map(node => node.id)
  const { status, value, context, output } = snapshot
  return { status, value, context, history, ...(output === undefined ? {} : { output }) }
}

export function thaw(machine: Machine, frozen: FrozenChart): Chart {
  const historyValue: Record<string, { id: string }[]> = {}
  for (const id in frozen.history) historyValue[id] = frozen.history[id]!.map(node => ({ id: node }))
  const stored = {
    status: frozen.status,
    value: frozen.value,
    context: structuredClone(frozen.context),
    historyValue,
    children: {},
    output: frozen.output,
    error: undefined,
  }
  return inDocumentOrder(machine.restoreSnapshot(stored as never, scope) as Chart)
}
