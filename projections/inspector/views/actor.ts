/**
 * One actor of the log: its chart's live states, what it holds, how the last fact changed it, why each of its setpoints
 * is what it is, and for each command whether it would be taken now, and if not, which guard says no.
 */
import type { SiteAsset } from '../../../actors/controller/site.ts'
import type { SiteState } from '../../../actors/controller/state.ts'
import { Work } from '../../../actors/controller/work.ts'
import {
  type ActorState,
  activeIds,
  actorState,
  type Edge,
  edgesOf,
  freezeActor,
  type Placed,
  refusal,
} from '../../../actors/kit/host.ts'
import { unitOf } from '../../../actors/kit/spec.ts'
import { Refusal } from '../../../protocol/words/errors.ts'
import { assetDetail } from '../../api/site-json.ts'
import type { AssetDetail } from '../../api/view.ts'
import type { Condition } from '../abnormality.ts'
import { edgeIds, type KnownChart } from '../charts.ts'
import { type Difference, differencesOf } from '../delta.ts'
import type { Moment } from '../moments.ts'
import { conditionOf, isActive } from './condition.ts'
import { dissentOf } from './dissent.ts'
import { type FactLine, facts } from './facts.ts'
import { isTold, told } from './told-actor.ts'
import { count, type Params, param, type Sources, type View } from './view.ts'

/** Moments before this one that are looked through for its last transition. */
const LOOKED_THROUGH = 600

export interface Asked {
  readonly name: string
  /** Parameter -> its unit, or the words that it takes. */
  readonly params: Readonly<Record<string, string | readonly string[]>>
  /** Null: it would be taken now. */
  readonly refused: string | null
}
export interface ActorPage {
  readonly path: string
  readonly title: string
  /** Its chart by name, and by hash: another hash is another drawing. */
  readonly chart: { readonly name: string; readonly hash: string }
  /** Ids of all active states, outermost first. */
  readonly active: readonly string[]
  readonly states: readonly string[]
  readonly tags: readonly string[]
  readonly condition: Condition
  readonly because: string
  /** States that a replica has it in alone, and which. */
  readonly dissent: Readonly<Record<string, string>>
  /** The transitions that it took last, and where. */
  readonly last: {
    readonly position: number
    readonly edges: readonly string[]
    readonly text: readonly string[]
  } | null
  /** What it holds: context, output image, timers. */
  readonly holds: Readonly<Record<string, unknown>>
  /** Of its states and what it holds, what this fact has changed; with `since`, all that changed after that position. */
  readonly changed: readonly Difference[]
  /** Null for the site's own chart. */
  readonly asset: AssetDetail | null
  readonly asks: readonly Asked[]
  readonly facts: readonly FactLine[]
}

export const actor: View<ActorPage> = async (moment, params, sources) => {
  const path = param(params, 'actor')
  const ofTheSite = placedOf(moment, path) !== undefined || !(await isTold(path, moment, sources))
  if (!ofTheSite || path.includes('/')) return told(path, moment, sources)
  return ofTheLog(path, moment, params, sources)
}

async function ofTheLog(path: string, moment: Moment, params: Params, sources: Sources): Promise<ActorPage> {
  const placed = placedOf(moment, path)
  const own = stateOf(moment.state, path)
  if (!placed || !own) {
    const known = ['site', ...moment.site.assets.map(a => a.name)]
    throw new Refusal('NOT_FOUND', `no actor '${path}' at position ${moment.position}; there are ${known.join(', ')}`)
  }
  const recent = await sources.moments.upTo(moment.position, LOOKED_THROUGH)
  const before = since(params) === null ? recent.at(-2)?.state : (await sources.moments.at(since(params)!)).state
  const was = before && stateOf(before, path)
  const chart = sources.charts.ofAsset(placed.asset)
  const { paths, tags } = actorState(own)
  const asset = moment.site.byName.get(path)
  const detail = asset ? assetDetail(moment.site, moment.state, asset, moment.candidate) : null
  const active = detail?.alarms.filter(isActive) ?? []
  const [condition, because] = detail ? conditionOf(detail, active) : (['normal', ''] as const)
  return {
    path,
    title: placed.asset.spec.title,
    chart: { name: `asset:${path}`, hash: chart.hash },
    active: activeIds(own),
    states: paths,
    tags,
    condition,
    because,
    dissent: await dissentOf(path, moment, ({ state }) => stateOf(state, path), sources),
    last: lastMoved(recent, path, chart),
    holds: holding(own),
    changed: was ? differencesOf(seenOf(was), seenOf(own)) : [],
    asset: detail,
    asks: asksOf(moment, placed, own, asset),
    facts: (await facts(moment, { actor: path, max: '40' }, sources)).lines,
  }
}

export const placedOf = ({ site }: Moment, path: string): Placed | undefined =>
  path === site.modes.name ? site.modes : site.byName.get(path)
export const stateOf = (state: SiteState, path: string): ActorState | undefined =>
  path === 'site' ? state.mode : Object.hasOwn(state.assets, path) ? state.assets[path] : undefined

const since = (params: Params): number | null =>
  params.since === undefined ? null : count(params, 'since', 0, Number.MAX_SAFE_INTEGER)
const seenOf = (own: ActorState) => ({ state: own.chart.value, ...holding(own) })

/** As it is kept, without what the chart shows. */
function holding(own: ActorState): Record<string, unknown> {
  const { chart, timers, out, wanted, lost, alarms, held } = freezeActor(own)
  return {
    context: chart.context,
    wanted,
    out,
    timers: Object.fromEntries(timers.map(({ id, due }) => [id, due])),
    lost,
    alarms,
    ...(held && { held }),
  }
}
function lastMoved(recent: readonly Moment[], path: string, chart: KnownChart): ActorPage['last'] {
  for (const { position, taken } of recent.toReversed()) {
    if (taken.kind !== 'stepped') continue
    const moves = taken.moved.filter(({ asset }) => asset === path).flatMap(each => each.moves)
    if (moves.length > 0) return { position, edges: edgeIds(chart, moves), text: edgesOf(moves).map(edgeInWords) }
  }
  return null
}

const edgeInWords = ({ event, source, targets }: Edge): string =>
  `${event}: ${inner(source)}${targets.length === 0 ? '' : ` -> ${targets.map(inner).join(', ')}`}`
const inner = (id: string): string => id.slice(id.indexOf('.') + 1)

function asksOf(moment: Moment, placed: Placed, own: ActorState, asset: SiteAsset | undefined): Asked[] {
  const { spec } = placed.asset
  const work = new Work(moment.site, moment.state)
  const values = asset ? work.values(asset) : {}
  return Object.entries(spec.commands).map(([name, declared]) => ({
    name,
    params: Object.fromEntries(Object.entries(declared ?? {}).map(([param, unit]) => [param, unitOf(unit as never)])),
    refused: inWords(refusal(placed, own, { type: name }, values), placed.name, name),
  }))
}
function inWords(why: ReturnType<typeof refusal>, actor: string, name: string): string | null {
  if (!why) return null
  if (why.kind === 'guard') return `guard says no: ${why.guards.join(', ')}`
  if (why.kind === 'held') return `${actor} is quarantined: ${why.reason}`
  if (why.kind === 'no-transition') return `${actor} is ${why.state}, which takes no '${name}'`
  return `'${name}' is no command of ${actor}`
}
