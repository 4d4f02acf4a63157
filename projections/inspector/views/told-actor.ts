/**
 * An actor that has no log for a mailbox: a command's or an alarm's life, which the step derives, and what a process tells
 * of its own (`gateway/voter`), as of its newest record up to the moment.
 */
import { alarmCondition } from '../../../actors/alarms/life.ts'
import { commandState } from '../../../actors/commands/life.ts'
import type { Machine } from '../../../actors/kit/kernel.ts'
import { recordsOf } from '../../../actors/kit/keyed.ts'
import { activeIn, stateText } from '../../../actors/kit/machine.ts'
import { Refusal } from '../../../protocol/words/errors.ts'
import type { SeenChart } from '../../../protocol/words/observed.ts'
import { differencesOf } from '../delta.ts'
import type { Moment } from '../moments.ts'
import type { Seen } from '../recorded.ts'
import type { ActorPage } from './actor.ts'
import { command } from './command.ts'
import type { FactLine } from './facts.ts'
import { newestOf, seenUpTo } from './processes.ts'
import type { Sources } from './view.ts'

/** Records of one actor that are listed. */
const SHOWN = 40

export async function told(path: string, moment: Moment, sources: Sources): Promise<ActorPage> {
  const [first, ...rest] = path.split('/')
  if (first === 'command') return commandLife(rest.join('/'), moment, sources)
  if (first === 'alarm') return alarmLife(rest.join('/'), moment, sources)
  return ofProcess(path, moment, sources)
}

/** A process may be an actor itself: `gateway` is the supervisor of all that it does. */
export async function isTold(path: string, moment: Moment, sources: Sources): Promise<boolean> {
  return newestOf(await seenUpTo(moment, sources)).has(path)
}

const EMPTY = {
  dissent: {},
  tags: [],
  condition: 'normal',
  because: '',
  last: null,
  changed: [],
  asset: null,
  asks: [],
  facts: [],
} as const satisfies Partial<ActorPage>

async function commandLife(id: string, moment: Moment, sources: Sources): Promise<ActorPage> {
  const record = moment.state.commands[id]
  if (!record) throw new Refusal('NOT_FOUND', `no command '${id}' is remembered at position ${moment.position}`)
  const { steps } = await command(moment, { id }, sources)
  const { state, ...holds } = record
  const drawn = chartOf('commandLife', valueNamed(state), sources)
  return { ...EMPTY, ...drawn, path: `command/${id}`, states: [commandState(record)], holds, facts: steps }
}
async function alarmLife(key: string, moment: Moment, sources: Sources): Promise<ActorPage> {
  const [, record] = recordsOf(moment.state.alarms).find(([each]) => each === key) ?? []
  if (!record) throw new Refusal('NOT_FOUND', `no alarm '${key}' stands at position ${moment.position}`)
  const { state, ...holds } = record
  const drawn = chartOf('alarmLife', valueNamed(state), sources)
  return { ...EMPTY, ...drawn, path: `alarm/${key}`, states: [alarmCondition(record)], holds }
}

async function ofProcess(path: string, moment: Moment, sources: Sources): Promise<ActorPage> {
  const seen = await seenUpTo(moment, sources)
  const process = path.split('/')[0]!
  const own = seen.filter(({ observed }) => observed.process === process)
  const newest = newestOf(own).get(process)
  const told = newest && chartIn(newest, path)
  if (!newest || !told) {
    const known = newest?.observed.charts.map(each => each.path) ?? [...newestOf(seen).keys()]
    throw new Refusal(
      'NOT_FOUND',
      `no actor '${path}' is told of at this moment; there are ${known.join(', ') || 'none'}`,
    )
  }
  const at = own.indexOf(newest)
  const before = own[at - 1] && chartIn(own[at - 1]!, path)
  const { context = {}, sinceMs, value } = told
  return {
    ...EMPTY,
    ...(believedOf(path, told, moment, sources) ?? chartOf(told.chart, value, sources)),
    path,
    states: [stateText(value)],
    holds: { ...context, sinceMs },
    changed: before ? differencesOf(before.context ?? {}, context) : [],
    facts: changesOf(own, path).slice(-SHOWN).reverse(),
  }
}
const chartIn = ({ observed }: Seen, path: string) => observed.charts.find(each => each.path === path)

/** One line for each record in which the actor was in another state than in the one before. */
function changesOf(seen: readonly Seen[], path: string): FactLine[] {
  const lines: FactLine[] = []
  let before: string | null = null
  for (const one of seen) {
    const told = chartIn(one, path)
    const now = told ? stateText(told.value) : 'gone'
    const { by, life, seq, factsPosition } = one.observed
    if (now !== before) {
      const moved = before === null ? [] : [`${before} -> ${now}`]
      const text = before === null ? now : ''
      const position = factsPosition ?? 0
      lines.push({ position, stampMs: one.stampMs, kind: `told ${life}.${seq}`, by, text, moved, refused: null })
    }
    before = now
  }
  return lines
}

/** An actor of the log as one replica has it: `node-a/replica/bat1`. */
function believedOf(
  path: string,
  { chart, value }: SeenChart,
  { site }: Moment,
  { charts }: Sources,
): Pick<ActorPage, 'title' | 'chart' | 'active'> | null {
  const [, name] = /\/replica\/([^/]+)$/.exec(path) ?? []
  const placed = name === site.modes.name ? site.modes : site.byName.get(name ?? '')
  if (placed?.asset.spec.type !== chart) return null
  const { asset } = placed
  return {
    title: asset.spec.title,
    chart: { name: `asset:${name}`, hash: charts.ofAsset(asset).hash },
    active: activeOf(asset.program, value),
  }
}

/** What `stateText` has made a name of: paths by dots, regions by commas. */
function valueNamed(state: string): unknown {
  const regions = state.split(', ').map(path => {
    return path.split('.').reduceRight<unknown>((inner, key) => (inner === null ? key : { [key]: inner }), null)
  })
  return regions.length === 1 ? regions[0] : Object.assign({}, ...(regions as object[]))
}

function chartOf(name: string, value: unknown, { charts }: Sources): Pick<ActorPage, 'title' | 'chart' | 'active'> {
  const named = charts.named(name)
  if (!named)
    throw new Refusal('UNKNOWN_VERSION', `this inspector knows no chart '${name}': another version has told of it`)
  return {
    title: named.text,
    chart: { name: `machine:${name}`, hash: charts.ofMachine(named.machine.machine).hash },
    active: activeOf(named.machine, value),
  }
}
/** A record of another version may name states that this chart does not have. */
function activeOf(of: { readonly machine: Machine }, value: unknown): readonly string[] {
  try {
    return activeIn(of, value)
  } catch {
    return []
  }
}
