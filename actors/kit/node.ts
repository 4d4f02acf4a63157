/** XState's state nodes and transitions, as far as the shortcut past it reads them. Types only. */
export interface Node {
  readonly id: string
  readonly key: string
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  readonly order: number
  readonly parent?: Node
  readonly states: Readonly<Record<string, Node>>
  readonly tags: readonly string[]
  readonly entry: readonly unknown[]
  readonly exit: readonly unknown[]
  readonly invoke: readonly unknown[]
  readonly initial: { readonly target: readonly Node[]; readonly actions: readonly unknown[] }
  readonly transitions: ReadonlyMap<string, readonly Transition[]>
  readonly always?: readonly Transition[]
}
export interface Transition {
  readonly source: Node
  readonly target?: readonly Node[]
  readonly guard?: unknown
  readonly actions: readonly unknown[]
  readonly reenter: boolean
  readonly eventType: string
}
