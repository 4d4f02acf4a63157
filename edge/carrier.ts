/** Which node carries what goes up: one at a time, the same as long as it serves, then the next that is linked. Pure. */
export interface Carrying {
  readonly linked: readonly string[]
  /** Null: nobody is linked. */
  readonly carrier: string | null
}
export const NOBODY: Carrying = { linked: [], carrier: null }

export const withLink = ({ linked, carrier }: Carrying, node: string): Carrying => ({
  linked: linked.includes(node) ? linked : [...linked, node],
  carrier: carrier ?? node,
})
export function withoutLink(c: Carrying, node: string): Carrying {
  const linked = c.linked.filter(n => n !== node)
  return { linked, carrier: c.carrier === node ? (others(c)[0] ?? null) : c.carrier }
}
/** The linked nodes in the order in which they would follow the carrier. */
export function others({ linked, carrier }: Carrying): readonly string[] {
  const at = linked.indexOf(carrier ?? '') + 1
  return [...linked.slice(at), ...linked.slice(0, at)].filter(node => node !== carrier)
}
/** The next one; who is alone goes on. */
export const turned = (c: Carrying): Carrying => ({ linked: c.linked, carrier: others(c)[0] ?? c.carrier })
