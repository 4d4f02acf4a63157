/**
 * The life of a command as its sender is told it: a step counts once enough nodes report it, so that no single node can
 * make one up or hide one.
 *
 * C1  Every state but `rejected` implies that it was accepted.
 * C2  Of terminal states at most one is ever told (S10).
 */
import { type CommandState, type CommandView, isTerminal } from '../../projections/api/view.ts'

export interface Step {
  readonly state: CommandState
  readonly code: string | null
  readonly reason: string
  /** Who says so. */
  readonly nodes: readonly string[]
}

export class Lifecycle {
  readonly #witnesses: number
  #told: CommandState | null = null

  constructor(witnesses: number) {
    this.#witnesses = witnesses
  }

  /** The last step that was told. */
  get told(): CommandState | null {
    return this.#told
  }
  get ended(): boolean {
    return this.#told !== null && isTerminal(this.#told)
  }

  /** What these reports, one for each node that knows the command, newly establish: in order, at most two steps. */
  hear(reports: ReadonlyMap<string, CommandView>): Step[] {
    const steps: Step[] = []
    const tell = (state: CommandState, nodes: readonly string[]) => {
      const of = reports.get(nodes[0]!)!
      const own = of.state === state
      steps.push({ state, code: own ? of.code : null, reason: own ? of.reason : '', nodes })
      this.#told = state
    }
    const accepted = [...reports].filter(([, r]) => r.state !== 'rejected').map(([node]) => node) // C1
    if (this.#told === null && accepted.length >= this.#witnesses) tell('accepted', accepted)
    const byState = new Map<CommandState, string[]>()
    for (const [node, { state }] of reports) byState.set(state, [...(byState.get(state) ?? []), node])
    for (const [state, nodes] of byState)
      if (!this.ended && isTerminal(state) && nodes.length >= this.#witnesses) tell(state, nodes)
    return steps
  }
}
