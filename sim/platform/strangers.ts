/**
 * Who else writes into the log that a site reads: other tenants, and other sites of its own. One person or machine may
 * hold a key at several of them, so that a good signature alone says nothing of whom a record is for (S23).
 */
import { sealFact } from '../../protocol/codec/fact.ts'
import { type Fact, NO_SLOTS } from '../../protocol/words/facts.ts'
import { commandId } from '../../protocol/words/ids.ts'
import { NODES } from '../../supervisors/site/who.ts'
import { randomOf } from '../world/draw.ts'
import { type Keys, quickKeys } from './keys.ts'
import type { SimSite } from './site.ts'

export interface Stranger {
  readonly tenant: string
  readonly site: string
  readonly keys: Keys
}

const BEGIN_MS = 8_000
const EVERY_MS_MIN = 4_000
const EVERY_MS_MAX = 14_000
/** How far ahead of the others' logs a stranger's is. */
const AHEAD_CYCLES = 5
const AHEAD_MS = 3_600_000

/** Where a site is alone in its world: a tenant with a site of the same name, and another site of its own tenant. */
export function imagined({ o: { world }, signed: { manifest } }: SimSite): readonly Stranger[] {
  const { tenant, site } = manifest
  return [
    { tenant: `${tenant}-2`, site, keys: quickKeys(world.seed, `${tenant}-2/${site}`) },
    { tenant, site: `${site}-2`, keys: quickKeys(world.seed, `${tenant}/${site}-2`) },
  ]
}

/** From time to time, until then. */
export function beginStrangers(site: SimSite, strangers: readonly Stranger[], untilMs: number): void {
  const { world, prefix } = site.o
  const random = randomOf(world.seed, `${prefix}strangers`)
  const turn = (nth: number) => {
    if (world.nowMs > untilMs) return
    bring(site, strangers[random.u32() % strangers.length]!, nth, random.u32())
    const waitMs = EVERY_MS_MIN + (random.u32() % (EVERY_MS_MAX - EVERY_MS_MIN))
    world.at(world.nowUs + waitMs * 1_000, null, () => turn(nth + 1))
  }
  world.at(BEGIN_MS * 1_000, null, () => turn(0))
}

/** One record: with the site's own key in the stranger's name, or with the stranger's key in the site's name. */
function bring(site: SimSite, stranger: Stranger, nth: number, chance: number): void {
  const { keys, topics, partition, prefix } = site.o
  const { tenant, site: name } = site.signed.manifest
  const own = chance % 3 > 0
  const node = NODES[nth % NODES.length]!
  const fact = said(site, own ? stranger : { tenant, site: name }, node, nth, own && stranger.tenant !== tenant)
  const body = sealFact(fact, (own ? keys : stranger.keys).signer(fact.by))
  topics.facts.forged.add(body)
  if (fact.kind === 'CommandRequested') site.submit(node, body)
  topics.facts.put(partition, body, `${prefix}stranger`)
}

/** `timed`: claims of time bear no site, so that only another tenant's are strange. */
function said(site: SimSite, of: Pick<Stranger, 'tenant' | 'site'>, node: string, nth: number, timed: boolean): Fact {
  const { world, prefix, partition } = site.o
  const nowMs = world.epochMs + world.nowMs
  const { tenant } = of
  const names = { v: 1 as const, tenant, site: of.site }
  const state = site.state(prefix + node)
  const cycle = (state?.cycle ?? 0) + AHEAD_CYCLES
  const made: Fact[] = [
    {
      ...names,
      by: 'operator',
      kind: 'CommandRequested',
      id: commandId(`strange-${prefix.replace('.', '-')}${String(nth).padStart(6, '0')}`),
      target: 'site',
      name: nth % 2 === 0 ? 'off' : 'automatic',
      params: {},
      issuedAtMs: nowMs,
      expiresMs: 60_000,
    },
    { ...names, by: 'gateway', kind: 'FrameMeasured', epoch: state?.epoch ?? 1, cycle, assets: {}, slots: NO_SLOTS },
  ]
  const epoch = 1_000 + nth
  if (timed)
    made.push({ v: 1, tenant, by: node, kind: 'TimeAdvanced', partition, epoch, seq: 1, atMs: nowMs + AHEAD_MS })
  return made[nth % made.length]!
}
