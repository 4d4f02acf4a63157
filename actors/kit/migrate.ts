/**
 * A stored actor of an older version becomes one of this version, or a reason why not. Nothing is guessed: whatever
 * the author's migrations do not map is refused with the line to write.
 */
import { type ChartNodes, chartNodes } from './chart.ts'
import type { FrozenActor } from './freeze.ts'
import { type Placed, safeValues, type Timer } from './host.ts'
import type { AnySpec } from './spec.ts'

/** An actor in a snapshot envelope. */
export interface Stored {
  readonly type: string
  readonly version: number
  readonly actor: FrozenActor
}
export type Migrated =
  | { readonly kind: 'migrated'; readonly stored: Stored }
  | { readonly kind: 'refused'; readonly reason: string }

export function migrate(placed: Placed, stored: Stored): Migrated {
  const spec: AnySpec = placed.asset.spec
  if (stored.type !== spec.type) return refused(`a stored ${stored.type} cannot become a ${spec.type}`)
  if (stored.version > spec.version)
    return refused(`${spec.type} v${stored.version} is newer than v${spec.version}, which is in force`)
  let now = stored
  while (now.version < spec.version) {
    const { version } = now
    const migration = spec.migrations?.[version]
    if (!migration) {
      const line = `migrations: { ${version}: { renamed: {}, context: c => c } }`
      return refused(`${spec.type} has no migration from version ${version} to ${version + 1}; add ${line}`)
    }
    now = { ...now, version: version + 1, actor: rename(spec.type, now.actor, migration.renamed ?? {}) }
    if (migration.context) now = withContext(now, migration.context(now.actor.chart.context))
  }
  now = { ...now, actor: { ...now.actor, ...setpointsOf(placed, now.actor) } }
  const reason = misfit(placed, now)
  return reason === undefined ? { kind: 'migrated', stored: now } : refused(reason)
}

const refused = (reason: string): Migrated => ({ kind: 'refused', reason })
const withContext = (stored: Stored, context: unknown): Stored => ({
  ...stored,
  actor: { ...stored.actor, chart: { ...stored.actor.chart, context } },
})

/** Setpoints that are new start at their safe value; those that are gone are dropped. */
function setpointsOf(placed: Placed, actor: FrozenActor): Pick<FrozenActor, 'out' | 'wanted'> {
  const safe = safeValues(placed)
  const known = (values: FrozenActor['out']) =>
    Object.fromEntries(Object.entries(safe).map(([name, value]) => [name, values[name] ?? value]))
  return { out: known(actor.out), wanted: known(actor.wanted) }
}

// ---- names: state value, history, timers and alarms hold state paths ----------------------------------------------
type Value = string | { readonly [key: string]: Value | undefined }

/** The innermost paths of a state value. */
function valuePaths(value: Value, prefix = ''): readonly string[] {
  const join = (key: string) => (prefix ? `${prefix}.${key}` : key)
  if (typeof value === 'string') return [join(value)]
  return Object.entries(value).flatMap(([key, below]) => {
    const empty = below === undefined || (typeof below === 'object' && Object.keys(below).length === 0)
    return empty ? [join(key)] : valuePaths(below, join(key))
  })
}

/** The state value that has these innermost paths. */
function stateValue(paths: readonly string[]): Value {
  const groups = new Map<string, string[]>()
  for (const path of paths) {
    const [head, ...rest] = path.split('.') as [string, ...string[]]
    groups.set(head, [...(groups.get(head) ?? []), ...(rest.length > 0 ? [rest.join('.')] : [])])
  }
  const [first, second] = [...groups]
  if (first && !second) return first[1].length > 0 ? { [first[0]]: stateValue(first[1]) } : first[0]
  return Object.fromEntries([...groups].map(([key, below]) => [key, below.length > 0 ? stateValue(below) : {}]))
}

function rename(type: string, actor: FrozenActor, renamed: Readonly<Record<string, string>>): FrozenActor {
  const longestFirst = Object.entries(renamed).sort(([a], [b]) => b.length - a.length || (a < b ? -1 : 1))
  const path = (old: string): string => {
    for (const [from, to] of longestFirst)
      if (old === from || old.startsWith(`${from}.`)) return to + old.slice(from.length)
    return old
  }
  const id = (old: string): string => (old === type ? old : `${type}.${path(old.slice(type.length + 1))}`)
  /** `xstate.after.<delay>.<state id>` */
  const waiting = (old: string): string => {
    const at = old.indexOf(`.${type}.`)
    return old.startsWith('xstate.after.') && at > 0 ? old.slice(0, at + 1) + id(old.slice(at + 1)) : old
  }
  const timer = (old: Timer): Timer => ({
    ...old,
    id: waiting(old.id),
    event: { ...old.event, type: waiting(old.event.type) },
  })
  const { chart } = actor
  const history = Object.entries(chart.history).map(([key, ids]) => [id(key), ids.map(id)])
  const value = stateValue(valuePaths(chart.value as Value).map(path))
  return {
    ...actor,
    chart: { ...chart, value, history: Object.fromEntries(history) },
    timers: actor.timers.map(timer),
    alarms: Object.fromEntries(Object.entries(actor.alarms).map(([alarm, state]) => [alarm, id(state)])),
  }
}

// ---- whether what was stored fits the definition that is in force -------------------------------------------------
function misfit(placed: Placed, { actor }: Stored): string | undefined {
  const spec: AnySpec = placed.asset.spec
  const here = `${spec.type} v${spec.version}`
  const from = spec.version - 1
  const nodes = chartNodes(spec.type, spec.chart)
  const paths = valuePaths(actor.chart.value as Value)
  for (const path of paths)
    if (!nodes.has(`${spec.type}.${path}`)) {
      const line = `renamed: { '${path}': '<new path>' }`
      return `${here} has no state '${path}'; add ${line} to migrations[${from}]`
    }
  const incomplete = missingState(nodes, spec.type, paths)
  if (incomplete) return `${here}: the stored value says nothing about '${incomplete}'; a new region needs a new state`
  const context = actor.chart.context as Readonly<Record<string, unknown>>
  for (const key of Object.keys(spec.context))
    if (!(key in context)) return `${here} needs context '${key}'; give it in migrations[${from}].context`
  for (const key of Object.keys(context))
    if (!(key in spec.context)) return `${here} does not know context '${key}'; drop it in migrations[${from}].context`
  for (const alarm of Object.keys(actor.alarms))
    if (!(alarm in spec.alarms)) return `${here} does not know alarm '${alarm}', which is up; clear it first`
  const waits = new Set<string>()
  for (const node of nodes.values())
    for (const delay of Object.keys(node.state.after ?? {})) waits.add(`xstate.after.${delay}.${node.id}`)
  for (const timer of actor.timers)
    if (!waits.has(timer.event.type))
      return `${here}: timer '${timer.id}' leads nowhere; keep its wait or rename its state`
  return undefined
}

/** A state that is active without an active child, or without one of its regions. */
function missingState(nodes: ChartNodes, root: string, paths: readonly string[]): string | undefined {
  const active = new Set<string>([root])
  for (const path of paths) {
    const parts = path.split('.')
    for (const i of parts.keys()) active.add(`${root}.${parts.slice(0, i + 1).join('.')}`)
  }
  for (const id of active) {
    const node = nodes.get(id)!
    const kids = node.kids.filter(kid => nodes.get(kid)?.state.type !== 'history')
    if (node.state.type === 'parallel') {
      const missing = kids.find(kid => !active.has(kid))
      if (missing) return missing
    } else if (kids.length > 0 && kids.filter(kid => active.has(kid)).length !== 1) return id
  }
  return undefined
}
