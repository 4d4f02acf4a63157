/** Views in the simulator: a database that outlives whoever writes it, whose views are kept, and what they move: nothing. */
import { expect, test } from 'vitest'
import type { Batch } from '../../../projections/runner/store.ts'
import type { Fault } from '../../../sim/faults/kinds.ts'
import { keepsViews, profileOf } from '../../../sim/faults/profile.ts'
import { targetsOf, trial } from '../../../sim/trial.ts'
import { SimStore, storeOf } from '../../../sim/world/store.ts'
import { World } from '../../../sim/world/world.ts'
import { openEngine } from '../../../supervisors/site/engine.ts'
import { readSiteFile } from '../../../supervisors/site/file.ts'
import { ROOT } from '../../architecture/sources.ts'

const batch = (expected: number, to: number): Batch<string> => {
  const slice = { to, atMs: 0, changes: [`row ${to}`], setAside: [] }
  return { expected, to, slices: [slice], passed: [], fold: null }
}
const all = { id: 1, target: '*', fromMs: 0, forMs: 60_000 } as const
/** A process that writes into one database, under these faults. */
async function written(
  faults: readonly Fault[],
  writes: (store: ReturnType<typeof storeOf<string>>, die: () => void, inner: SimStore<string>) => Promise<unknown>,
) {
  const world = new World(1, faults)
  const said: unknown[] = []
  try {
    const store = new SimStore<string>(world, 'operational')
    const process = world.process('views', async (_, life) => {
      said.push(await writes(storeOf(life, store), () => life.die('killed'), store).catch((e: Error) => e.message))
    })
    process.boot()
    await world.run(30_000)
    return { said, held: store.held }
  } finally {
    world.close()
  }
}

test('a batch that has left its process is applied whoever dies, and nobody is told', async () => {
  const { said, held } = await written([], async (store, die) => {
    await store.clear('log')
    const applying = store.apply(batch(-1, 4))
    die()
    return applying
  })
  expect([said, held.checkpoint, held.slices.length]).toEqual([[], 4, 1])
})
test('what is applied and not answered, and what is not applied at all, look alike', async () => {
  const writes = async (store: ReturnType<typeof storeOf<string>>) => {
    await store.clear('log').catch(() => {})
    return store.apply(batch(-1, 4))
  }
  const lost = await written([{ ...all, kind: 'storeAckLost' }], writes)
  expect([lost.said, lost.held.checkpoint]).toEqual([['the connection is lost'], 4])
  const down = await written([{ ...all, kind: 'storeDown' }], writes)
  expect([down.said, down.held.topicId]).toEqual([['no database answers'], ''])
})
test('a database that is lost fences whoever goes on, and begins with a clearing', async () => {
  const { said, held } = await written([], async (store, _, inner) => {
    await store.clear('log')
    await store.apply(batch(-1, 4))
    inner.lose()
    const gone = [await store.apply(batch(4, 5)), await store.apply(batch(-1, 5)), await store.standing()]
    await store.clear('log')
    return [...gone, await store.apply(batch(-1, 5))]
  })
  expect(said[0]).toMatchObject([
    { kind: 'fenced', found: -1 },
    { kind: 'fenced', found: -1 },
    { checkpoint: -1, topicId: '' },
    { kind: 'applied' },
  ])
  expect(held.slices).toHaveLength(1)
})
test('what does not go in does not go in later either, and what went in goes in again', async () => {
  const { said } = await written(
    [{ ...all, fromMs: 2_000, forMs: 3_000, kind: 'storeRefuses' }],
    async (store, _, inner) => {
      const anewAt = async (atMs: number) => {
        await new Promise<void>(resolve => inner.world.at(atMs * 1_000, null, resolve))
        inner.lose()
        await store.clear('log')
        return [(await store.apply(batch(-1, 4))).kind, (await store.apply(batch(4, 5))).kind]
      }
      await store.clear('log')
      return [(await store.apply(batch(-1, 4))).kind, ...(await anewAt(3_000)), ...(await anewAt(6_000))]
    },
  )
  expect(said).toEqual([['applied', 'applied', 'refused', 'applied', 'refused']])
})

const { file, definitions } = readSiteFile(`${ROOT}/sim/sites/trial.yaml`)
test('a third of the seeds keeps views, and each whose profile names what befalls them; other draws stay', () => {
  const seeds = Array.from({ length: 300 }, (_, seed) => seed)
  const kept = seeds.filter(seed => keepsViews(seed, 'swarm')).length
  expect([kept > 70, kept < 130]).toEqual([true, true])
  expect(['views', 'crash+storeLost'].every(name => keepsViews(1, name))).toBe(true)
  const [seed] = seeds.filter(seed => !keepsViews(seed, 'swarm'))
  const drawn = (profile: string) =>
    profileOf(seed!, profile, 360_000, targetsOf({ seed: seed!, sites: 1, file, profile }))
  const without = drawn('swarm')
  const others = drawn('swarm+views').faults.filter(f => !/^(store|views)/.test(f.kind))
  expect([without.faults.some(f => /^(store|views)/.test(f.kind)), others]).toEqual([false, without.faults])
})
test('nodes and gateway do the same, whatever befalls the views', async () => {
  const engine = await openEngine(definitions)
  const seed = [1, 2, 3, 4, 5].find(one => !keepsViews(one, 'crash'))!
  const told = async (profile: string) => {
    const lines: string[] = []
    const heard = (line: string) => {
      if (!/ (views|operational|timeseries) /.test(line)) lines.push(line)
    }
    const { violations } = await trial({ seed, forMs: 60_000, sites: 1, profile, file, engine, heard })
    return { lines, violations }
  }
  const [alone, viewed] = [await told('crash'), await told('crash+views')]
  expect(viewed.violations).toEqual([])
  expect(viewed.lines).toEqual(alone.lines)
}, 60_000)
