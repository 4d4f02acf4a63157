/**
 * A composite whose border no wire crosses is laid out in a call of its own and then placed as one block: the result can be
 * kept by its content, and an edit inside it moves nothing outside. (ELK's own SEPARATE_CHILDREN cannot do this: below it,
 * wires across borders are silently misplaced.)
 */
import { createHash } from 'node:crypto'
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js'
import { isWithin } from './chart.ts'
import type { ElkInput } from './elk-graph.ts'
import { packOptions } from './elk-options.ts'
import type { Plan } from './plan.ts'

export interface LayoutEngine {
  layout(graph: ElkNode): Promise<ElkNode>
}
/** Laid out composites by the hash of what went in: as many as a few large charts have. */
export const PARTS_MAX = 512
export type PartCache = Map<string, ElkNode>

export interface Laid {
  readonly root: ElkNode
  readonly edges: readonly ElkExtendedEdge[]
  readonly width: number
  readonly height: number
}

export async function layoutParts(engine: LayoutEngine, plan: Plan, input: ElkInput, cache: PartCache): Promise<Laid> {
  const { graph } = input
  const nodes = new Map<string, ElkNode>()
  const parents = new Map<string, ElkNode>()
  const register = (node: ElkNode): void => {
    for (const child of node.children ?? []) {
      nodes.set(child.id, child)
      parents.set(child.id, node)
      register(child)
    }
  }
  register(graph)
  let loose = graph.edges
  const parts = new Map<string, ElkNode>()
  for (const id of closedComposites(plan, nodes, graph.edges)) {
    const node = nodes.get(id)!
    const inside = (end: string) => end !== id && isWithin(plan.index, end, id)
    const own = loose.filter(edge => inside(edge.sources[0]!) && inside(edge.targets[0]!))
    loose = loose.filter(edge => !own.includes(edge))
    const part = await layoutPart(engine, graph, packed(plan, node, own), cache)
    parts.set(id, part)
    const siblings = parents.get(id)!.children!
    siblings[siblings.indexOf(node)] = block(node, part)
  }
  const laid = await layoutTop(engine, plan, graph, loose)
  const edges = [...laid.edges]
  const place = (node: ElkNode): void => {
    const part = parts.get(node.id)
    if (part && !node.children?.length) {
      edges.push(...moved(part, node.x! - part.x!, node.y! - part.y!))
      node.children = part.children ?? []
    }
    for (const child of node.children ?? []) place(child)
  }
  place(laid.root)
  return { ...laid, edges }
}

/** Innermost first. Regions are laid out with their parallel state; the root is the whole. */
function closedComposites(
  plan: Plan,
  nodes: ReadonlyMap<string, ElkNode>,
  edges: readonly ElkExtendedEdge[],
): readonly string[] {
  const open = new Set<string>()
  for (const { sources, targets } of edges)
    for (const [from, to] of [
      [sources[0]!, targets[0]!],
      [targets[0]!, sources[0]!],
    ] as const) {
      if (from === to) continue
      if (isWithin(plan.index, to, from)) open.add(from)
      for (let at = plan.index.get(from)!.parent; at !== null; at = plan.index.get(at)!.parent) {
        if (isWithin(plan.index, to, at) && at !== to) break
        open.add(at)
        if (at === to) break
      }
    }
  const composites = plan.visible.filter(node => nodes.get(node.id)!.children?.length)
  return composites
    .filter(node => !open.has(node.id) && node.depth > 0 && !node.region)
    .sort((a, b) => b.depth - a.depth)
    .map(node => node.id)
}

function packed(plan: Plan, node: ElkNode, edges: ElkExtendedEdge[]): ElkNode {
  const nested = node.children!.some(child => child.children?.length)
  const parallel = plan.index.get(node.id)!.type === 'parallel'
  const { labels: _, ...rest } = node
  return { ...rest, layoutOptions: { ...node.layoutOptions, ...packOptions(nested, parallel) }, edges }
}

async function layoutPart(engine: LayoutEngine, graph: ElkNode, part: ElkNode, cache: PartCache): Promise<ElkNode> {
  const options = { 'elk.padding': '[top=0,left=0,bottom=0,right=0]', 'elk.hierarchyHandling': 'SEPARATE_CHILDREN' }
  const whole: ElkNode = {
    id: '__part',
    layoutOptions: { ...graph.layoutOptions, ...options },
    children: [part],
    edges: [],
  }
  const key = createHash('sha256').update(JSON.stringify(whole)).digest('hex')
  const known = cache.get(key)
  if (known) return structuredClone(known)
  const laid = (await engine.layout(whole)).children![0]!
  if (cache.size >= PARTS_MAX) cache.delete(cache.keys().next().value!)
  cache.set(key, structuredClone(laid))
  return laid
}

/** What stands for a composite that is laid out already. */
function block({ id, labels, layoutOptions }: ElkNode, part: ElkNode): ElkNode {
  const kept = ['elk.position', 'elk.priority', 'elk.alignment'].filter(name => layoutOptions?.[name] !== undefined)
  const options = Object.fromEntries(kept.map(name => [name, layoutOptions![name]!]))
  return { id, width: part.width!, height: part.height!, ...(labels && { labels }), layoutOptions: options }
}

/** Where no wire ends at the root itself, the root packs its loose components. */
async function layoutTop(engine: LayoutEngine, plan: Plan, graph: ElkNode, edges: ElkExtendedEdge[]): Promise<Laid> {
  const root = graph.children![0]!
  const atRoot = edges.some(edge => edge.sources[0] === root.id || edge.targets[0] === root.id)
  const whole: ElkNode =
    atRoot || !root.children?.length
      ? { ...graph, edges }
      : {
          ...graph,
          layoutOptions: { ...graph.layoutOptions!, 'elk.hierarchyHandling': 'SEPARATE_CHILDREN' },
          children: [packed(plan, root, edges)],
          edges: [],
        }
  const laid = await engine.layout(whole)
  const [laidRoot] = laid.children!
  const all = [...(laid.edges ?? []), ...(laidRoot!.edges ?? [])]
  return { root: laidRoot!, edges: all, width: laid.width!, height: laid.height! }
}

/** Moves everything inside; returns its edges. */
function moved(part: ElkNode, dx: number, dy: number): readonly ElkExtendedEdge[] {
  const shift = (thing: { x?: number; y?: number }): void => {
    thing.x = thing.x! + dx
    thing.y = thing.y! + dy
  }
  const shiftAll = (node: ElkNode): void => {
    shift(node)
    for (const child of node.children ?? []) shiftAll(child)
  }
  shiftAll(part)
  const edges = part.edges ?? []
  for (const edge of edges) {
    for (const { startPoint, bendPoints, endPoint } of edge.sections ?? [])
      for (const point of [startPoint, ...(bendPoints ?? []), endPoint]) shift(point)
    for (const label of edge.labels ?? []) shift(label)
  }
  return edges
}
