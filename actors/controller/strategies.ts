/**
 * Strategies of a site, by priority (`claims.ts`). Totals over a role are shared out within bounds (law 16); what the
 * bounds do not reach is named (S31). A setpoint that no strategy claims goes to its safe value: what a strategy let
 * go does not stay for ever.
 *
 * A blind strategy that holds does so for as long as a verdict is valid, then it has nothing to say, and an alarm tells.
 * What the gateway's own laws delivered is taken out of the measurements first, so that the controllers do not
 * regulate against it, and their band is left free in the bounds.
 */

import { type Bound, bounds, is, type PointValues } from '../kit/host.ts'
import { type Proposed, propose, type RoleActor } from '../kit/strategy.ts'
import { allocate, type Share } from '../laws/allocate.ts'
import { raiseAlarm, returnAlarm } from './alarms.ts'
import { type Merged, merge, settled, UNCLAIMED } from './claims.ts'
import type { BoundStrategy, SiteAsset } from './site.ts'
import type { Work } from './work.ts'

export interface Wanted {
  readonly value: number
  readonly why: string
}
/** By asset, then by setpoint. */
export type WantedBy = Readonly<Record<string, Readonly<Record<string, Wanted>>>>
type Proposal = Extract<Proposed, { kind: 'proposed' }>
/** What a strategy proposed last; once it is blind, until which log time it may still hold it. */
interface Held {
  readonly proposal: Proposal
  readonly untilMs: number | null
}
/** Assets whose setpoint is claimed together, so that a total stays a total. */
interface Group {
  readonly assets: readonly SiteAsset[]
  readonly setpoint: string
  readonly claims: Merged
}

export function decide(work: Work): {
  readonly wanted: WantedBy
  readonly shortfalls: Readonly<Record<string, number>>
} {
  const groups = groupsOf(work)
  const wanted: Record<string, Record<string, Wanted>> = {}
  for (const asset of work.site.assets) wanted[asset.name] = {}
  const shortfalls: Record<string, number> = {}
  const free = (a: SiteAsset, setpoint: string) => wanted[a.name]![setpoint] === undefined
  const claiming = [...groups].filter(([, g]) => g.claims.equal)
  const narrowing = [...groups].filter(([, g]) => !g.claims.equal)
  for (const [key, group] of [...claiming, ...narrowing]) {
    const { setpoint, claims } = group
    const assets = group.assets.filter(a => free(a, setpoint))
    if (assets.length === 0) continue
    const { value, why } = settled(claims, sumOfSafe(assets, setpoint))
    const shared = allocate(
      value,
      assets.map(a => shareOf(work, a, setpoint, assets.length > 1 ? groups.get(`${a.name}.${setpoint}`) : undefined)),
    )
    const short = claims.equal ? shared.shortfall : 0
    if (short !== 0) shortfalls[key] = short
    for (const [name, share] of Object.entries(shared.shares))
      wanted[name]![setpoint] = { value: share, why: short === 0 ? why : `${why}; ${short} beyond all bounds` }
  }
  for (const asset of work.site.assets)
    for (const [setpoint, value] of Object.entries(asset.safe))
      if (free(asset, setpoint)) wanted[asset.name]![setpoint] = { value, why: 'nothing claims it: safe value' }
  return { wanted, shortfalls }
}

function groupsOf(work: Work): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>()
  const held: Record<string, Held> = {}
  for (const bound of work.site.strategies) {
    const now = ask(work, bound)
    if (!now) continue
    held[bound.name] = now
    const { claims, why } = now.proposal
    for (const [role, setpoints] of Object.entries(claims)) {
      const names = bound.roles[role]!.assets
      const assets = work.site.assets.filter(a => names.includes(a.name))
      for (const [setpoint, claim] of Object.entries(setpoints)) {
        const key = `${assets.map(a => a.name).join('+')}.${setpoint}`
        const there = groups.get(key)?.claims ?? UNCLAIMED
        groups.set(key, { assets, setpoint, claims: merge(there, claim, `${bound.name}: ${why}`) })
      }
    }
  }
  work.state = { ...work.state, held }
  return groups
}

/** What the strategy proposes; blind, what it held before where it says so, and only for a while. */
function ask(work: Work, bound: BoundStrategy): Held | null {
  const { cycleMs, validityMs } = work.site.manifest.timing
  const roles: Record<string, RoleActor | RoleActor[]> = {}
  let oldest = 0
  let newest = Number.MAX_SAFE_INTEGER
  for (const [role, { one, assets }] of Object.entries(bound.roles)) {
    const actors = assets.map(name => {
      const placed = work.site.byName.get(name)!
      const age = work.state.frames[name]?.points.power?.ageMs ?? 0
      oldest = Math.max(oldest, age)
      newest = Math.min(newest, age)
      return { placed, actor: work.state.assets[name]!, values: withoutLocal(work, placed) }
    })
    roles[role] = one ? actors[0]! : actors
  }
  // a meter that is a cycle older than the battery's power makes any balance oscillate
  const proposed: Proposed =
    oldest - newest >= cycleMs
      ? { kind: 'blind', then: bound.strategy.whenBlind, point: 'ages that differ by a cycle' }
      : propose(bound.strategy, roles, bound.settings, work.state.now, bound.prepared)
  if (proposed.kind === 'proposed' || proposed.kind === 'released') {
    returnAlarm(work, 'site', 'strategyBlind', bound.name)
    returnAlarm(work, 'site', 'strategyFailed', bound.name)
    return proposed.kind === 'released' ? null : { proposal: proposed, untilMs: null }
  }
  if (proposed.kind === 'threw')
    raiseAlarm(work, 'site', 'strategyFailed', bound.name, `${bound.name}: ${proposed.reason}`)
  const before = work.state.held[bound.name] as Held | undefined
  const then = proposed.kind === 'blind' ? proposed.then : bound.strategy.whenBlind
  // from when it went blind on: a gateway that was away meanwhile has used up nothing of it
  const untilMs = before?.untilMs ?? work.state.now + validityMs
  if (then === 'hold' && before && work.state.now <= untilMs) {
    const { why } = before.proposal
    const proposal = { ...before.proposal, why: why.startsWith('held: ') ? why : `held: ${why}` }
    return { proposal, untilMs }
  }
  if (proposed.kind === 'blind')
    raiseAlarm(work, 'site', 'strategyBlind', bound.name, `${bound.name}: ${proposed.point}`)
  return null
}

/** Points as they would be without what the gateway's laws added: own power without it, the meter's with it. */
function withoutLocal(work: Work, asset: SiteAsset): PointValues {
  const values = work.values(asset)
  const own = work.state.frames[asset.name]?.local.power ?? 0
  const isMeter = work.site.manifest.limits.meter === asset.name
  let delta = -own
  if (isMeter) for (const frame of Object.values(work.state.frames)) delta += frame.local.power ?? 0
  if (delta === 0 || typeof values.power !== 'number') return values
  return { ...values, power: values.power + delta }
}

const sumOfSafe = (assets: readonly SiteAsset[], setpoint: string): number =>
  assets.reduce((sum, a) => sum + a.safe[setpoint]!, 0)

/** What an asset can take: its bounds less the reserved band, narrowed by claims on it alone. */
function shareOf(work: Work, asset: SiteAsset, setpoint: string, alone: Group | undefined): Share {
  const { min, max } = reserved(boundOf(work, asset, setpoint), reserveOf(work, asset, setpoint))
  const lo = alone?.claims.min?.value ?? min
  const hi = alone?.claims.max?.value ?? max
  const into = (x: number) => Math.max(min, Math.min(max, x))
  return { name: asset.name, min: into(Math.max(min, lo)), max: into(Math.min(max, hi)), ...weightsOf(work, asset) }
}

/** Watts that a service at the gateway may add either way. */
function reserveOf(work: Work, asset: SiteAsset, setpoint: string): number {
  if (!is(work.state.assets[asset.name]!, 'available')) return 0
  const own = work.site.manifest.laws.filter(
    law => law.law === 'fcr' && law.asset === asset.name && law.setpoint === setpoint,
  )
  return own.reduce((sum, law) => sum + (law.law === 'fcr' ? law.reserveW : 0), 0)
}
/** The band is reserved first, yet it never forces power: an end moves to zero at most. */
const reserved = ({ min, max }: Bound, reserveW: number) => ({
  min: Math.max(min, Math.min(min + reserveW, 0)),
  max: Math.min(max, Math.max(max - reserveW, 0)),
})

/** The tightest of the asset's own limits and the site's envelope of it. */
export function boundOf(work: Work, asset: SiteAsset, setpoint: string): Bound {
  const own = bounds(asset, work.state.assets[asset.name]!, work.values(asset))[setpoint]!
  const envelope = asset.entry.envelope[setpoint]
  if (!envelope) return own
  const min = Math.max(own.min, envelope.min)
  const max = Math.min(own.max, envelope.max)
  if (min > max)
    return {
      min: envelope.safe,
      max: envelope.safe,
      minBy: `${own.minBy} against envelope`,
      maxBy: `${own.maxBy} against envelope`,
    }
  return { min, max, minBy: min === own.min ? own.minBy : 'envelope', maxBy: max === own.max ? own.maxBy : 'envelope' }
}

/** By energy above and below the limits of the state of charge; without one, by room alone. */
function weightsOf(work: Work, asset: SiteAsset): { discharge: number; charge: number } {
  const soc = work.values(asset).soc
  const { energy, socMin, socMax } = asset.settings
  if (typeof soc !== 'number' || typeof energy !== 'number' || typeof socMin !== 'number' || typeof socMax !== 'number')
    return { discharge: 0, charge: 0 }
  return { discharge: Math.max(0, soc - socMin) * energy, charge: Math.max(0, socMax - soc) * energy }
}
