/** A statechart as neutral data: whatever drew it up, this is all that layout and drawing know of it. */

export interface Action {
  readonly text: string
  readonly kind: 'named' | 'inline' | 'builtin'
}
export interface Invoke {
  readonly id: string
  readonly src: string
}
export interface ChartNode {
  readonly id: string
  readonly key: string
  readonly parent: string | null
  readonly depth: number
  readonly order: number
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  /** Of a history state. */
  readonly deep: boolean
  /** Child of a parallel state. */
  readonly region: boolean
  readonly initial: string | null
  readonly initialActions: readonly Action[]
  readonly description: string
  readonly tags: readonly string[]
  readonly entry: readonly Action[]
  readonly exit: readonly Action[]
  readonly invokes: readonly Invoke[]
  readonly children: readonly string[]
}
export type EdgeKind =
  | 'event'
  | 'wildcard'
  | 'after'
  | 'always'
  | 'done'
  | 'invokeDone'
  | 'invokeError'
  | 'invokeSnapshot'
  | 'historyDefault'
export interface ChartEdge {
  /** `source|event type|branch`: stays the same when something else is edited. */
  readonly id: string
  readonly source: string
  /** None: it stays in the state. */
  readonly targets: readonly string[]
  readonly kind: EdgeKind
  readonly event: string
  /** What is drawn for the event. */
  readonly name: string
  readonly guard: string | null
  readonly branch: number
  readonly branches: number
  readonly actions: readonly Action[]
  readonly delay: string | null
  readonly description: string
  readonly reenter: boolean
  /** It takes the event and does nothing. */
  readonly forbidden: boolean
}
export interface Chart {
  readonly id: string
  readonly root: string
  readonly nodes: readonly ChartNode[]
  readonly edges: readonly ChartEdge[]
  readonly depth: number
}
export type ChartIndex = ReadonlyMap<string, ChartNode>

export const indexOf = (chart: Chart): ChartIndex => new Map(chart.nodes.map(node => [node.id, node]))

/** From the root down to the state itself. */
export function pathTo(index: ChartIndex, id: string): readonly string[] {
  const path: string[] = []
  for (let at: string | null = id; at !== null; at = index.get(at)?.parent ?? null) path.unshift(at)
  return path
}
export const isWithin = (index: ChartIndex, id: string, ancestor: string): boolean =>
  pathTo(index, id).includes(ancestor)
