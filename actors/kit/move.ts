/**
 * What one transition does in one configuration, worked out once: the states that it leaves and enters, and the actions
 * on the way, in XState's order.
 *
 * M1  Only what is understood to the end: one target at most, no history, no end of a state, no `reenter`, and actions
 *     that do nothing but name an effect. For everything else there is no move, and XState steps.
 */
import type { Machine } from './kernel.ts'
import type { Node, Transition } from './node.ts'

export interface NamedEffect {
  readonly type: string
  readonly params?: unknown
}
export interface Move {
  readonly transition: Transition
  /** Null where the configuration stays as it is: then the snapshot does, too. */
  readonly next: { readonly nodes: readonly Node[]; readonly value: unknown; readonly tags: ReadonlySet<string> } | null
  readonly effects: readonly NamedEffect[]
}

export function moveOf(machine: Machine, active: readonly Node[], transition: Transition): Move | null {
  const { source, target = [], reenter } = transition
  if (target.length > 1 || reenter) return null // M1
  const domain = domainOf(source, target[0] ?? source)
  if (!domain) return null
  const left = target.length === 0 ? [] : active.filter(node => isWithin(node, domain) && node !== domain)
  const stayed = active.filter(node => !left.includes(node))
  const entered = target.length === 0 ? [] : enteredBy(stayed, domain, target[0]!)
  for (const node of [...left, ...entered])
    if (node.type === 'final' || node.type === 'history' || node.invoke.length > 0) return null // M1
  if (left.some(node => hasHistory(node)) || entered.some(node => node.initial.actions.length > 0)) return null // M1
  const effects = effectsOf(machine, [
    ...left.toReversed().flatMap(node => node.exit),
    ...transition.actions,
    ...entered.flatMap(node => node.entry),
  ])
  if (!effects) return null
  const nodes = inOrder([...stayed, ...entered])
  const same = nodes.length === active.length && nodes.every(node => active.includes(node))
  const tags = new Set(nodes.flatMap(node => node.tags))
  return { transition, next: same ? null : { nodes, value: stateValue(machine.root as never, nodes), tags }, effects }
}

/** All that lies below it is left: the source, where the target lies in it, else their nearest common ancestor. */
function domainOf(source: Node, target: Node): Node | undefined {
  if (isWithin(target, source)) return source
  let domain = target.parent
  while (domain && !isWithin(source, domain)) domain = domain.parent
  return domain
}

/** In document order: the way down to the target, and what is entered by default beside and below it. */
function enteredBy(stayed: readonly Node[], domain: Node, target: Node): readonly Node[] {
  const entered = new Set<Node>()
  for (let node: Node | undefined = target; node && node !== domain; node = node.parent) entered.add(node)
  const active = (node: Node) => entered.has(node) || stayed.includes(node)
  const complete = (node: Node): void => {
    const children = Object.values(node.states)
    if (node.type === 'compound' && !children.some(active)) entered.add(node.initial.target[0]!)
    if (node.type === 'parallel') for (const child of children) if (!active(child)) entered.add(child)
    for (const child of children) if (active(child)) complete(child)
  }
  complete(domain)
  return inOrder([...entered])
}

/** Null where one of them is more than a name with parameters: it changes context, sends, or runs XState's own code. */
function effectsOf(machine: Machine, actions: readonly unknown[]): readonly NamedEffect[] | null {
  const effects: NamedEffect[] = []
  for (const action of actions) {
    const named = typeof action === 'string' ? { type: action } : action
    if (typeof named !== 'object' || named === null) return null
    const effect = named as NamedEffect
    if (effect.type.startsWith('xstate.') || machine.implementations.actions[effect.type]) return null
    effects.push(effect)
  }
  return effects
}

function stateValue(node: Node, active: readonly Node[]): unknown {
  const children = Object.values(node.states).filter(child => active.includes(child))
  const only = node.type === 'compound' ? children[0] : undefined
  if (only && Object.keys(only.states).length === 0) return only.key
  return Object.fromEntries(children.map(child => [child.key, stateValue(child, active)]))
}

function isWithin(node: Node, ancestor: Node): boolean {
  for (let at: Node | undefined = node; at; at = at.parent) if (at === ancestor) return true
  return false
}
const hasHistory = (node: Node): boolean => Object.values(node.states).some(child => child.type === 'history')
const inOrder = (nodes: readonly Node[]): readonly Node[] => nodes.toSorted((a, b) => a.order - b.order)
