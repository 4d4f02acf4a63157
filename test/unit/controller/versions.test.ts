/** Definitions of another version: history is read with the present ones; a snapshot is migrated to them. */
import { describe, expect, test } from 'vitest'
import { battery } from '../../../actors/assets/battery.ts'
import { SiteFold } from '../../../actors/controller/fold.ts'
import { type Definitions, siteOf } from '../../../actors/controller/site.ts'
import { builtIn } from '../../../actors/engine.ts'
import { actorState } from '../../../actors/kit/host.ts'
import { defineAsset } from '../../../actors/kit/index.ts'
import type { AnyStrategy } from '../../../actors/kit/strategy.ts'
import { sha256 } from '../../../protocol/codec/canonical.ts'
import { sealFact } from '../../../protocol/codec/fact.ts'
import { manifestHash } from '../../../protocol/codec/manifest.ts'
import { Refusal } from '../../../protocol/words/errors.ts'
import type { Fact } from '../../../protocol/words/facts.ts'
import type { Digest } from '../../../protocol/words/ids.ts'
import { bent } from '../kit/sample.ts'
import { ReplicaBench } from '../node/replicas.ts'
import {
  asked,
  byAdministrator,
  claim,
  FoldBench,
  frame,
  installed,
  manifestOf,
  NODES,
  START_MS,
  signerOf,
} from './household.ts'

/** Version 2 of the battery: `precharging` is called `filling` there. */
function second(more: (spec: any) => void = () => {}): Definitions {
  const spec = bent(battery.spec, s => {
    s.version = 2
    s.migrations = { 1: { renamed: { 'operating.precharging': 'operating.filling' } } }
    const { states } = s.chart.states.operating
    states.filling = states.precharging
    delete states.precharging
    states.disconnected.on.start.target = 'filling'
    more(s)
  })
  return { ...builtIn, assets: { ...builtIn.assets, battery: defineAsset(spec as never) as never } }
}
const refusal = (run: () => unknown): string => {
  try {
    run()
    return 'none'
  } catch (error) {
    return error instanceof Refusal ? `${error.code}: ${error.detail}` : String(error)
  }
}

describe('an entry of another version', () => {
  const old = manifestOf()
  test('that is older is placed under the present definition, what is new at its default, what is gone left out', () => {
    const definitions = second(s => {
      s.settings.reserve = { unit: 'W', default: '700 W' }
    })
    const assets = old.assets.map(a => ({ ...a, settings: { ...a.settings, former: 5 } }))
    const site = siteOf({ ...old, assets }, definitions)
    const { asset, settings } = site.byName.get('bat1')!
    expect([asset.spec.version, settings.reserve, settings.energy]).toEqual([2, 700, old.assets[2]!.settings.energy])
    expect(Object.keys(settings)).not.toContain('former')
  })
  test('that cannot be placed is refused with the line to write', () => {
    const definitions = second(s => {
      s.settings.reserve = 'W'
    })
    expect(refusal(() => siteOf(old, definitions))).toBe(
      "ASSET_DEFINITION: asset 'bat1' is of battery version 1; this engine has 2, which cannot place it: " +
        "'reserve' is new: write settings: { reserve: { unit: ..., default: '...' } }",
    )
  })
  test('that is newer is refused', () => {
    const assets = old.assets.map(a => (a.name === 'bat1' ? { ...a, version: 2 } : a))
    expect(refusal(() => siteOf({ ...old, assets }, builtIn))).toBe(
      "UNKNOWN_VERSION: asset 'bat1' wants battery version 2; this engine has 1",
    )
  })
  test('of a strategy is read as an asset’s is', () => {
    const { peakShaving } = builtIn.strategies
    const settings = { ...peakShaving!.settings, patience: { unit: 's', default: '5 s' } }
    const strategies = { peakShaving: { ...peakShaving!, version: 2, settings } as AnyStrategy }
    const [bound] = siteOf(old, { ...builtIn, strategies }).strategies
    expect([bound!.settings.patience, bound!.settings.peak]).toEqual([5_000, old.strategies[0]!.settings.peak])
    const entry = { ...old.strategies[0]!, version: 3 }
    expect(refusal(() => siteOf({ ...old, strategies: [entry] }, builtIn))).toContain('UNKNOWN_VERSION: strategy')
  })
})

const FIRST = FoldBench.options
const NEXT_ENGINE = sha256('the next engine') as Digest
const NEXT = { ...FIRST, definitions: second(), engine: NEXT_ENGINE }
const claims = (seq: number, atMs: number): Fact[] => NODES.map(by => claim(by, seq, atMs))
const seal = (fact: Fact) => sealFact(fact, signerOf(fact.by))
/** A battery is filling, and a timer waits for it. */
const LIFE = [
  installed(byAdministrator(manifestOf())),
  ...claims(1, START_MS),
  frame(1),
  asked('automatic', 'site', 'automatic'),
  asked('start-bat1', 'bat1', 'start'),
  frame(2),
].map(seal)
const folded = (options: typeof FIRST, bodies: readonly string[], fold = new SiteFold(options), from = 0): SiteFold => {
  for (const [i, body] of bodies.entries()) fold.take(from + i, body)
  return fold
}
const where = (fold: SiteFold) => actorState(fold.state!.assets.bat1!).paths.join()

test('a log of version 1 is read with version 2, to its renamed state', () => {
  expect(where(folded(FIRST, LIFE))).toBe('operating.precharging.charging')
  expect(where(folded(NEXT, LIFE))).toBe('operating.filling.charging')
})
test('a snapshot of version 1, migrated, is what the log read with version 2 is: its timer too', () => {
  const frozen = JSON.parse(JSON.stringify(folded(FIRST, LIFE).freeze()))
  const thawed = SiteFold.thaw(NEXT, frozen)
  const whole = folded(NEXT, LIFE)
  expect(thawed.stateHash()).toBe(whole.stateHash())
  const late = claims(2, START_MS + 60_000).map(seal)
  for (const fold of [thawed, whole]) folded(NEXT, late, fold, LIFE.length)
  expect([where(thawed), thawed.stateHash()]).toEqual(['faulted', whole.stateHash()])
})
test('a snapshot that the author has not mapped is refused with the line to write', () => {
  const definitions = second(s => {
    s.migrations = {}
  })
  const frozen = folded(FIRST, LIFE).freeze()!
  expect(refusal(() => SiteFold.thaw({ ...NEXT, definitions }, frozen))).toBe(
    'ASSET_DEFINITION: bat1: battery has no migration from version 1 to 2; add migrations: { 1: { renamed: {}, context: c => c } }',
  )
})

describe('where the log below a snapshot was trimmed away', () => {
  /** The former engine stops at the end of the log, but for what comes after; then the log is trimmed to there. */
  async function former(...after: Fact[]): Promise<ReplicaBench> {
    const bench = new ReplicaBench()
    await bench.append(LIFE)
    await bench.start(FIRST)
    await bench.replica.stop()
    await bench.append(after.map(seal))
    await bench.logs.facts.trim(0, LIFE.length)
    return bench
  }
  const next = manifestOf({
    version: 2,
    previous: manifestHash(manifestOf()),
    engines: [{ hash: NEXT_ENGINE, fromCycle: 0 }],
  })

  test('the snapshot is migrated, and the replica goes on from it', async () => {
    const bench = await former(installed(byAdministrator(next)))
    const { fold } = await bench.start(NEXT)
    await bench.append([seal(frame(3))])
    expect([fold.position, where(fold), bench.failed]).toEqual([LIFE.length + 1, 'operating.filling.charging', ''])
  })
  test('not where the former engine did not end at it: others may have stepped what lies between', async () => {
    const bench = await former(frame(3), installed(byAdministrator(next)))
    const { fold } = await bench.start(NEXT)
    expect([fold.position, bench.failed]).toEqual([-1, expect.stringContaining('LOG_GONE')])
    expect(bench.world.notes.join()).toContain('run the former version once more, stop it in order')
  })
  test('while the log is whole, it is folded anew instead', async () => {
    const bench = new ReplicaBench()
    await bench.append(LIFE)
    await bench.start(FIRST)
    await bench.replica.stop()
    await bench.append([seal(frame(3))])
    const { fold } = await bench.start(NEXT)
    expect(fold.stateHash()).toBe(folded(NEXT, [...LIFE, seal(frame(3))]).stateHash())
  })
})
