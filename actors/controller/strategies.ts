/**
 * Strategies of a site, by priority: the first `equal` claims a setpoint, `min` and `max` intersect, and where two
 * conflict the higher wins and the why names both. Totals over a role are shared out within bounds (law 16).
 *
 * What the gateway's own laws delivered is taken out of the measurements first, so that the controllers do not
 * regulate against it.
 */

import { type Bound, bounds, type PointValues } from '../kit/host.ts'
import { type Claim, type Proposed, propose, type RoleActor } from '../kit/strategy.ts'
import { allocate, type Share } from '../laws/allocate.ts'
import type { BoundStrategy, SiteAsset } from './site.ts'
import type { Work } from './work.ts'

export interface Wanted {
  readonly value: number
  readonly why: string
}
/** By `asset.setpoint`. */
export type WantedBy = Readonly<Record<string, Wanted>>

interface Merged {
  equal: { value: number; why: string } | null
  min: { value: number; why: string } | null
  max: { value: number; why: string } | null
}
type Proposal = Extract<Proposed, { kind: 'proposed' }>

export function decide(work: Work): {
  readonly wanted: WantedBy
  readonly shortfalls: Readonly<Record<string, number>>
} {
  const merged = new Map<string, Merged>()
  const held: Record<string, unknown> = {}
  /** Setpoints that move together, so that a total stays a total: role key -> its assets. */
  const groups = new Map<string, readonly SiteAsset[]>()
  for (const bound of work.site.strategies) {
    const proposal = ask(work, bound)
    if (!proposal) continue
    held[bound.name] = proposal
    for (const [role, setpoints] of Object.entries(proposal.claims)) {
      const assets = bound.roles[role]!.assets.map(name => work.site.byName.get(name)!)
      for (const [setpoint, claim] of Object.entries(setpoints)) {
        const key = `${assets.map(a => a.name).join('+')}.${setpoint}`
        groups.set(key, assets)
        merge(merged, key, claim, `${bound.name}: ${proposal.why}`)
      }
    }
  }
  work.state = { ...work.state, held }
  const wanted: Record<string, Wanted> = {}
  const shortfalls: Record<string, number> = {}
  for (const [key, claims] of merged) {
    const setpoint = key.slice(key.lastIndexOf('.') + 1)
    const assets = groups.get(key)!.filter(a => wanted[`${a.name}.${setpoint}`] === undefined)
    const shared = share(work, assets, setpoint, claims)
    if (shared.shortfall !== 0) shortfalls[key] = shared.shortfall
    for (const [name, value] of Object.entries(shared.shares))
      wanted[`${name}.${setpoint}`] = { value, why: shared.why }
  }
  return { wanted, shortfalls }
}

/** What the strategy proposes; blind, what it held before where it says so. */
function ask(work: Work, bound: BoundStrategy): Proposal | null {
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
  const skewed = oldest - newest >= work.site.manifest.timing.cycleMs
  const proposed: Proposed = skewed
    ? { kind: 'blind', then: bound.strategy.whenBlind, point: 'ages differ by a cycle' }
    : propose(bound.strategy, roles, bound.settings, work.state.now)
  if (proposed.kind === 'proposed') return proposed
  const before = work.state.held[bound.name] as Proposal | undefined
  if (proposed.kind === 'blind' && proposed.then === 'hold' && before) {
    const why = before.why.startsWith('held: ') ? before.why : `held: ${before.why}`
    return { ...before, why }
  }
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

function merge(all: Map<string, Merged>, key: string, claim: Claim, why: string): void {
  const there = all.get(key) ?? { equal: null, min: null, max: null }
  if (claim.equal !== undefined && !there.equal) there.equal = { value: claim.equal, why }
  if (claim.min !== undefined && (!there.min || claim.min > there.min.value)) {
    if (!there.max || claim.min <= there.max.value) there.min = { value: claim.min, why }
  }
  if (claim.max !== undefined && (!there.max || claim.max < there.max.value)) {
    if (!there.min || claim.max >= there.min.value) there.max = { value: claim.max, why }
  }
  all.set(key, there)
}

function share(work: Work, assets: readonly SiteAsset[], setpoint: string, claims: Merged) {
  const limits = new Map(assets.map(a => [a.name, boundOf(work, a, setpoint)]))
  const open = claims.max?.value ?? assets.reduce((sum, a) => sum + limits.get(a.name)!.max, 0)
  let value = claims.equal?.value ?? open
  let why = claims.equal?.why ?? claims.max?.why ?? claims.min?.why ?? ''
  if (claims.max && value > claims.max.value) {
    value = claims.max.value
    why = `${claims.max.why}; instead of ${why}`
  }
  if (claims.min && value < claims.min.value) {
    value = claims.min.value
    why = `${claims.min.why}; instead of ${why}`
  }
  const weights = assets.map((a): Share => {
    const { min, max } = limits.get(a.name)!
    return { name: a.name, min, max, ...weightsOf(work, a) }
  })
  return { ...allocate(value, weights), why }
}

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
