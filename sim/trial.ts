/**
 * One seed: a whole platform under faults, then healed, then judged. Two phases: safety while faults are in force;
 * liveness once they are over.
 */

import type { Engine } from '../supervisors/site/engine.ts'
import type { SiteFile } from '../supervisors/site/file.ts'
import { NODES } from '../supervisors/site/who.ts'
import { eitherWay, schedule } from './faults/acts.ts'
import { type Fault, type FaultKind, KINDS } from './faults/kinds.ts'
import { keepsViews, type Profile, profileOf, type Targets } from './faults/profile.ts'
import { TOLD_MAX, type Trialled, type Violation } from './oracle/check.ts'
import { Evidence } from './oracle/evidence.ts'
import { HEAL_MS } from './oracle/liveness.ts'
import { INVARIANTS } from './oracle/registry.ts'
import type { PlantOptions } from './plant/state.ts'
import { quickKeys, realKeys } from './platform/keys.ts'
import { Crowd } from './platform/people.ts'
import { SimSite, topicsOf } from './platform/site.ts'
import { beginStrangers, imagined } from './platform/strangers.ts'
import { storesOf } from './platform/views.ts'
import { randomOf } from './world/draw.ts'
import { type Struck, World } from './world/world.ts'

/** One in so many seeds runs with the product's own signatures. */
const REAL_KEYS_EVERY = 16
/** How long a healed site is watched. */
const WATCHED_MS = 60_000

export interface TrialOptions {
  readonly seed: number
  readonly forMs: number
  readonly sites: number
  readonly profile: string
  readonly file: SiteFile
  readonly engine: Engine
  /** Instead of the profile's own: a schedule that is shrunk or replayed. */
  readonly faults?: readonly Fault[]
  /** Every event, for a person who looks on. */
  readonly heard?: (line: string) => void
}
export interface TrialResult {
  readonly seed: number
  readonly profile: string
  readonly traceHash: string
  readonly simulatedHours: number
  readonly events: number
  /** In the log; each is replayed, and every replica must stand where the replay does (S16, S17). */
  readonly facts: number
  /** Lives of processes that ended before the run did. */
  readonly deaths: number
  /** How often each kind struck. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
  readonly schedule: readonly Fault[]
  /** Single strikes of those that strike at random. */
  readonly struck: readonly Struck[]
  readonly violations: readonly Violation[]
}

export async function trial(o: TrialOptions): Promise<TrialResult> {
  const profile = planOf(o)
  const world = new World(o.seed, profile.faults)
  if (o.heard) world.heard = o.heard
  try {
    const keys = o.seed % REAL_KEYS_EVERY === 0 ? realKeys : quickKeys
    const topics = topicsOf(world)
    const sites = Array.from({ length: o.sites }, (_, i) => {
      const prefix = o.sites === 1 ? '' : `s${i + 1}.`
      const { tenant, site } = nameOf(o.file, i)
      const own = keys(o.seed, `${tenant}/${site}`)
      const file = { ...o.file, tenant, site }
      return new SimSite({
        world,
        topics,
        file,
        engine: o.engine,
        keys: own,
        partition: 0,
        inputs: {},
        prefix,
        traitor: traitorOf(profile, prefix),
        trial: true,
        views: keepsViews(o.seed, o.profile),
      })
    })
    const evidence = sites.map(site => new Evidence(site))
    world.sent = (from, to, text) => {
      for (const e of evidence) if (from.startsWith(e.site.o.prefix)) e.sent(from, to, text)
    }
    world.lived = (process, fromMs, toMs) => {
      for (const e of evidence) if (process.startsWith(e.site.o.prefix)) e.lived(process, fromMs, toMs)
    }
    const healedFromMs = o.forMs
    const endMs = healedFromMs + HEAL_MS + WATCHED_MS
    for (const site of sites) {
      await site.begin()
      const people = new Crowd(site)
      people.begin(healedFromMs)
      const others = sites.filter(other => other !== site)
      const strangers = others.map(({ o, signed: { manifest } }) => ({ ...manifest, keys: o.keys }))
      beginStrangers(site, strangers.length > 0 ? strangers : imagined(site), healedFromMs)
      schedule({ world, site, people }, site === sites[0] ? profile.faults : [])
      world.at(healedFromMs * 1_000 + 2_000_000, null, () => people.mend())
    }
    await world.run(endMs)
    const deaths = evidence.reduce((sum, e) => sum + e.lives.length + e.shown.length, 0)
    for (const { name, current } of world.processes.values()) if (current) world.lived(name, current.bornMs, endMs)
    const t: Trialled = { profile, healedFromMs, endMs }
    return {
      seed: o.seed,
      profile: profile.name,
      traceHash: world.traceHash,
      simulatedHours: endMs / 3_600_000,
      events: world.events,
      facts: topics.facts.kept.length,
      deaths,
      faults: world.counts,
      schedule: profile.faults,
      struck: world.struck,
      violations: evidence.flatMap(e => judge(e, t)),
    }
  } finally {
    world.close()
  }
}

/** Of several sites on one log every second one is another tenant's and has the name of the first. */
function nameOf({ tenant = 'local', site }: SiteFile, nth: number): { readonly tenant: string; readonly site: string } {
  if (nth % 2 === 1) return { tenant: `${tenant}-${nth + 1}`, site }
  return { tenant, site: nth === 0 ? site : `${site}-${nth + 1}` }
}

export function planOf(o: TrialOptions): Profile {
  const profile = profileOf(o.seed, o.profile, o.forMs, targetsOf(o))
  if (!o.faults) return { ...profile, faults: eitherWay(o.seed, profile.faults) }
  const faults = o.faults
  const traitor = faults.some(f => KINDS[f.kind].targets === 'traitor') ? profile.traitor : null
  return { ...profile, traitor, faults, kinds: [...new Set(faults.map(f => f.kind))] }
}
const traitorOf = (profile: Profile, prefix: string): string | null =>
  profile.traitor?.startsWith(prefix) ? profile.traitor.slice(prefix.length) : null

/** Whom faults can strike: the first of several sites, so that the others show that nothing crosses over. */
export function targetsOf({
  seed,
  sites,
  file,
  profile,
}: Pick<TrialOptions, 'seed' | 'sites' | 'file' | 'profile'>): Targets {
  const views = keepsViews(seed, profile)
  const prefix = sites === 1 ? '' : 's1.'
  const nodes = NODES.map(name => prefix + name)
  const gateway = `${prefix}gateway`
  const { assets } = file.plant as PlantOptions
  const named = (...types: string[]) => assets.filter(a => types.includes(a.type)).map(a => a.name)
  return {
    node: nodes,
    process: [...nodes, gateway],
    gateway: [gateway],
    link: nodes.flatMap(node => [`${gateway}>${node}`, `${node}>${gateway}`]),
    log: ['*'],
    battery: named('battery'),
    device: named('battery', 'pv', 'grid', 'load'),
    meter: named('grid'),
    people: ['people'],
    views: views ? [`${prefix}views`] : [],
    store: views ? storesOf(prefix) : [],
    traitor: [nodes[randomOf(seed, 'traitor').u32() % nodes.length]!],
  }
}

/** Every invariant against what is known of a site, whose own names have no prefix: of another's traitor it knows nothing. */
export function judge(e: Evidence, t: Trialled): Violation[] {
  const own: Trialled = { ...t, profile: { ...t.profile, traitor: traitorOf(t.profile, e.site.o.prefix) } }
  return INVARIANTS.flatMap(({ id, checks }) =>
    checks
      .flatMap(find => find(e, own))
      .slice(0, TOLD_MAX)
      .map(finding => ({ invariant: id, ...finding })),
  )
}
