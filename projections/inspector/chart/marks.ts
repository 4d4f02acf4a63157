/** What is the case on a chart at a moment, and what that makes of each box and wire: drawing and the browser agree on it. */
import type { Box } from './scene.ts'

export interface Marks {
  /** Every active state, with its ancestors. */
  readonly live: readonly string[]
  /** The transitions just taken, by edge. */
  readonly last: readonly string[]
  /** States that a replica is in alone, and in words which: `C only`. */
  readonly dissent: Readonly<Record<string, string>>
  /** States that an event would lead to. */
  readonly ghost: readonly string[]
}
export const NO_MARKS: Marks = { live: [], last: [], dissent: {}, ghost: [] }

export interface BoxMarks {
  readonly live: boolean
  readonly ghost: boolean
  /** Empty: agreed. */
  readonly dissent: string
  /** Of a folded box: its live leaf by name. */
  readonly leaf: string
  /** What a screen reader says of it. */
  readonly label: string
}

const TYPE_WORDS = { atomic: 'state', compound: 'state', parallel: 'parallel state', final: 'final state' } as const
const LEAVES_NAMED_MAX = 2

/** Marks of one moment, looked up box by box. */
export class MarkReader {
  readonly #marks: Marks
  readonly #live: ReadonlySet<string>
  readonly #last: ReadonlySet<string>
  readonly #ghost: ReadonlySet<string>
  constructor(marks: Marks) {
    this.#marks = marks
    this.#live = new Set(marks.live)
    this.#last = new Set(marks.last)
    this.#ghost = new Set(marks.ghost)
  }
  box(box: Box): BoxMarks {
    const { live, ghost, dissent, leaf } = this.#of(box)
    const parts = [nameOf(box), live && 'live', leaf && `in ${leaf}`, ghost && 'would be entered', dissent]
    return { live, ghost, dissent, leaf, label: parts.filter(Boolean).join(', ') }
  }
  taken(edges: readonly string[]): boolean {
    return edges.some(edge => this.#last.has(edge))
  }
  /** A folded box also speaks for the states in it. */
  #of({ id, leaves }: Box) {
    const { dissent } = this.#marks
    const inside = leaves.filter(([leaf]) => this.#live.has(leaf)).map(([, key]) => key)
    const named = inside.slice(0, LEAVES_NAMED_MAX).join(' + ')
    const disputed = leaves.find(([leaf]) => dissent[leaf] !== undefined)
    return {
      live: this.#live.has(id),
      ghost: this.#ghost.has(id) || leaves.some(([leaf]) => this.#ghost.has(leaf)),
      dissent: dissent[id] ?? (disputed ? `${disputed[1]}: ${dissent[disputed[0]]}` : ''),
      leaf: inside.length > LEAVES_NAMED_MAX ? `${named} +${inside.length - LEAVES_NAMED_MAX}` : named,
    }
  }
}

function nameOf({ node, folded }: Box): string {
  if (node.type === 'history') return `${node.deep ? 'deep history' : 'history'} of ${node.parent}`
  const words = node.region ? 'region' : TYPE_WORDS[node.type]
  return `${words} ${node.key}${folded > 0 ? `, ${folded} states folded` : ''}`
}
