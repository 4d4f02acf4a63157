/**
 * What of a chart has been seen: its states, the edges that it declares, and both outcomes of each guard. Fed by whoever
 * steps an actor: a walk of its paths, or the fold of a recorded log.
 *
 * V1  An edge counts when it was taken. Two transitions of one state for one event to one target are one edge; one that
 *     leads nowhere and does nothing (`lost: {}`) says that an event is ignored, and is none.
 * V2  A guard's outcome counts where it decides: in an active state, for an event of one of its transitions.
 */
import { chartNodes, targetId, transitionsOf } from './chart.ts'
import type { AnyAsset } from './define.ts'
import { type PointValues, setFrame } from './frame.ts'
import { type ActorState, type ChartEvent, edgesOf, type Moves, type Placed } from './host.ts'
import type { AnySpec, RawGuard } from './spec.ts'

export interface Seen {
  readonly covered: readonly string[]
  readonly uncovered: readonly string[]
}
export interface Covered {
  readonly states: Seen
  readonly edges: Seen
  /** `hot is true`, `hot is false`. */
  readonly guards: Seen
}
/** Where an event found the actor: what a guard was judged by. */
export interface Judged {
  readonly placed: Placed
  readonly actor: ActorState
  readonly event: ChartEvent
  readonly values: PointValues
  readonly now: number
}

interface Declared {
  readonly states: readonly string[]
  readonly edges: readonly string[]
  /** By source and event: the guards that decide there. */
  readonly guards: ReadonlyMap<string, readonly string[]>
}

export class Coverage {
  readonly #declared: Declared
  readonly #guards: readonly string[]
  readonly #states = new Set<string>()
  readonly #edges = new Set<string>()
  readonly #outcomes = new Set<string>()
  readonly #type: string

  constructor({ spec }: AnyAsset) {
    this.#type = spec.type
    this.#declared = declared(spec as AnySpec)
    this.#guards = [...new Set([...this.#declared.guards.values()].flat())]
  }

  visit({ chart }: ActorState): void {
    for (const node of chart._nodes) if (node.parent) this.#states.add(this.#short(node.id))
  }
  took(moves: Moves): void {
    for (const { source, event, targets } of edgesOf(moves))
      this.#edges.add(edge(source, whereOf(source, event), targets))
  }
  // V2
  judged({ placed, actor, event, values, now }: Judged): void {
    for (const { id } of actor.chart._nodes)
      for (const where of [whereOf(id, event.type), 'always'])
        for (const guard of this.#declared.guards.get(`${id} ${where}`) ?? []) {
          const held = holds({ placed, actor, event, values, now }, guard)
          if (held !== undefined) this.#outcomes.add(`${guard} is ${held}`)
        }
  }

  get covered(): Covered {
    const outcomes = this.#guards.flatMap(guard => [`${guard} is true`, `${guard} is false`])
    return {
      states: split(
        this.#declared.states.map(id => this.#short(id)),
        this.#states,
      ),
      edges: split(this.#declared.edges, this.#edges),
      guards: split(outcomes, this.#outcomes),
    }
  }
  #short(id: string): string {
    return id.slice(this.#type.length + 1)
  }
}

/** Undefined where the guard throws: the step itself says so. */
export function holds({ placed, actor, event, values, now }: Judged, guard: string): boolean | undefined {
  setFrame(values, actor.wanted, placed.settings, now)
  try {
    return placed.asset.program.guards[guard]!(actor.chart.context, event)
  } catch {
    return undefined
  }
}

const split = (all: readonly string[], seen: ReadonlySet<string>): Seen => ({
  covered: all.filter(one => seen.has(one)),
  uncovered: all.filter(one => !seen.has(one)),
})

function declared(spec: AnySpec): Declared {
  const nodes = chartNodes(spec.type, spec.chart)
  const edges = new Set<string>()
  const guards = new Map<string, readonly string[]>()
  for (const node of nodes.values())
    for (const { where, t } of transitionsOf(node.state)) {
      const targets = t.target === undefined ? [] : [targetId(node, t.target)]
      if (targets.length > 0 || t.actions !== undefined) edges.add(edge(node.id, where, targets)) // V1
      const at = `${node.id} ${where}`
      if (t.guard !== undefined) guards.set(at, [...(guards.get(at) ?? []), ...namesIn(t.guard)])
    }
  const states = [...nodes.values()].filter(n => n.parent !== undefined && n.state.type !== 'history').map(n => n.id)
  return { states, edges: [...edges], guards }
}
const namesIn = (guard: RawGuard): readonly string[] =>
  typeof guard === 'string' ? [guard] : [...(guard.and ?? []), ...(guard.or ?? [])].flatMap(namesIn)

const edge = (source: string, where: string, targets: readonly string[]): string =>
  `${source} ${where}${targets.length > 0 ? ` -> ${targets.join(', ')}` : ''}`

/** An event by XState's name in the words of a chart: `on start`, `after 5 s`, `always`, `onDone`. */
function whereOf(source: string, event: string): string {
  if (event === '') return 'always'
  if (event.startsWith('xstate.after.')) return `after ${event.slice('xstate.after.'.length, -(source.length + 1))}`
  return event.startsWith('xstate.done.') ? 'onDone' : `on ${event}`
}
