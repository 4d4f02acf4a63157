/** A node with an empty disk begins at what two nodes have signed, and at nothing less (S34); what follows equals a full replay (S17). */
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../protocol/codec/canonical.ts'
import { openMemoryLog } from '../../../protocol/log/memory.ts'
import { oldestShared } from '../../../supervisors/node/beginning.ts'
import { sealSnapshot } from '../../../supervisors/node/shared-snapshot.ts'
import {
  byAdministrator,
  claim,
  FoldBench,
  frame,
  manifestOf,
  NODES,
  START_MS,
  signerOf,
} from '../controller/household.ts'
import { memoryLogs, ReplicaBench, SNAPSHOT_EVERY } from './replicas.ts'

const CYCLES = 12

/** Minutes of a site: claims of time and frames. */
function history(): FoldBench {
  const bench = new FoldBench()
  bench.install(byAdministrator(manifestOf()))
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    for (const by of NODES) bench.take(claim(by, cycle, START_MS + cycle * 1_000))
    bench.take(frame(cycle))
  }
  return bench
}
/** Nodes that follow one log and share their snapshots. */
async function nodesOf(names: readonly string[]) {
  const logs = memoryLogs()
  const whole = history()
  const benches = names.map(name => new ReplicaBench(logs, name))
  for (const bench of benches) await bench.start(FoldBench.options)
  for (const body of whole.bodies) await benches[0]!.append([body])
  for (const bench of benches) await bench.settle()
  return { logs, whole, benches }
}
const shared = async ({ snapshots }: ReturnType<typeof memoryLogs>) =>
  (await snapshots.read(0, 0, 100)).map(r => JSON.parse(r.body) as { by: string; bytes: string })
const told = ({ world }: ReplicaBench) => world.notes.map(n => n.slice(0, n.indexOf(' {')))
const ADOPTED = 'begins at a snapshot of other nodes'

describe('snapshots of three nodes', () => {
  test('are made at the same places with the same bytes, and shared', async () => {
    const { logs } = await nodesOf(NODES)
    const byPlace = Map.groupBy(await shared(logs), s => JSON.parse(s.bytes).fold.position as number)
    expect([...byPlace.keys()]).toEqual([SNAPSHOT_EVERY, 2 * SNAPSHOT_EVERY])
    for (const [, made] of byPlace) {
      expect(made.map(s => s.by).sort()).toEqual([...NODES])
      expect(new Set(made.map(s => s.bytes)).size).toBe(1)
    }
  })

  test('let a node with an empty disk begin at the newest, and come to the state of a full replay', async () => {
    const { logs, whole } = await nodesOf(NODES)
    const reads: number[] = []
    const { facts } = logs
    const follow: typeof facts.follow = (partition, from, on) => {
      reads.push(from)
      return facts.follow(partition, from, on)
    }
    const fresh = new ReplicaBench({ ...logs, facts: { ...proxied(facts), follow } }, 'node-c')
    const replica = await fresh.start(FoldBench.options)
    expect(told(fresh)).toContain(ADOPTED)
    expect(reads).toEqual([2 * SNAPSHOT_EVERY + 1])
    expect(replica.fold.stateHash()).toBe(whole.fold.stateHash())
    expect(replica.state).toBe('voting')
  })

  test('let it begin also where the beginning of the log is gone', async () => {
    const { logs, whole } = await nodesOf(NODES)
    await logs.facts.trim(0, 2 * SNAPSHOT_EVERY)
    const fresh = new ReplicaBench(logs, 'node-c')
    const replica = await fresh.start(FoldBench.options)
    expect(fresh.failed).toBe('')
    expect(replica.fold.stateHash()).toBe(whole.fold.stateHash())
  })

  test('take the place of an own one that lies below what the log still holds', async () => {
    const { logs, benches, whole } = await nodesOf(NODES)
    const [a, b] = benches
    const old = await b!.world.disk.open('snapshot')
    const first = (await shared(logs)).find(s => s.by === 'node-b')!
    b!.replica.stop().catch(() => {})
    await b!.settle()
    await old.replace(new TextEncoder().encode(first.bytes))
    await logs.facts.trim(0, 2 * SNAPSHOT_EVERY)
    const replica = await b!.start(FoldBench.options)
    expect(told(b!)).toEqual(expect.arrayContaining(['snapshot refused: the log begins above it', ADOPTED]))
    expect(replica.fold.stateHash()).toBe(whole.fold.stateHash())
    expect(a!.failed).toBe('')
  })
})

describe('for a projection of a log that was trimmed', () => {
  const place = async (logs: ReturnType<typeof memoryLogs>, passed = new Set<number>(), fold = FoldBench.options) => {
    const of = { ...logs, manifest: manifestOf(), fold, note: () => {} }
    return (await oldestShared(of, passed))?.position ?? null
  }
  test('the oldest counts above which the log is whole', async () => {
    const { logs } = await nodesOf(NODES)
    expect(await place(logs)).toBe(SNAPSHOT_EVERY)
    await logs.facts.trim(0, SNAPSHOT_EVERY + 1)
    expect(await place(logs)).toBe(SNAPSHOT_EVERY)
    await logs.facts.trim(0, SNAPSHOT_EVERY + 2)
    expect(await place(logs)).toBe(2 * SNAPSHOT_EVERY)
  })
  test('none counts of another engine, nor one that has stepped what is to be passed, nor of one node alone', async () => {
    const { logs } = await nodesOf(NODES)
    expect(await place(logs, new Set(), { ...FoldBench.options, engine: sha256('another') as never })).toBeNull()
    expect(await place(logs, new Set([SNAPSHOT_EVERY + 5]))).toBe(SNAPSHOT_EVERY)
    expect(await place(logs, new Set([5]))).toBeNull()
    expect(await place((await nodesOf(['node-a'])).logs)).toBeNull()
  })
})

describe('a snapshot is not adopted, and the log is replayed,', () => {
  const replays = async (logs: ReturnType<typeof memoryLogs>, whole: FoldBench, manifest = manifestOf()) => {
    const fresh = new ReplicaBench(logs, 'node-c')
    const replica = await fresh.start(FoldBench.options, manifest)
    expect(told(fresh)).not.toContain(ADOPTED)
    expect(replica.fold.stateHash()).toBe(whole.fold.stateHash())
    return fresh
  }
  /** What node-a would share of this fold, were it right or wrong. */
  const madeOf = async (logs: ReturnType<typeof memoryLogs>, changes: object = {}) => {
    const [one] = await shared(logs)
    return JSON.stringify({ ...JSON.parse(one!.bytes), ...changes })
  }
  const share = async (logs: ReturnType<typeof memoryLogs>, bytes: string, ...by: string[]) => {
    const records = by.map(key => sealSnapshot(bytes, manifestOf(), 1, signerOf(key))!)
    await logs.snapshots.append(records)
  }
  /** The logs of a site where nobody has shared. */
  const bare = async () => {
    const { logs, whole } = await nodesOf(['node-a'])
    return { logs: { ...logs, snapshots: openMemoryLog({ topic: 'snapshots' }) }, made: await madeOf(logs), whole }
  }

  test('where one node alone has signed it', async () => {
    const { logs, whole } = await nodesOf(['node-a'])
    await replays(logs, whole)
  })
  test('where one key has signed it twice, also by another name', async () => {
    const { logs, made, whole } = await bare()
    await share(logs, made, 'node-a', 'node-a')
    const other = { ...signerOf('node-a'), key: 'node-b' as never }
    await logs.snapshots.append([sealSnapshot(made, manifestOf(), 1, other)!])
    const { keys } = manifestOf()
    await replays(logs, whole, manifestOf({ keys: { ...keys, 'node-b': keys['node-a']! } }))
  })
  test('where who signed it is no replica', async () => {
    const { logs, made, whole } = await bare()
    await share(logs, made, 'node-a', 'operator', 'gateway', 'nobody')
    await replays(logs, whole)
  })
  test('where two have signed different bytes', async () => {
    const { logs, made, whole } = await bare()
    await share(logs, made, 'node-a')
    await share(logs, `${made} `, 'node-b')
    await replays(logs, whole)
  })
  test('where the keys were other ones when this node was started', async () => {
    const { logs, made, whole } = await bare()
    await share(logs, made, 'node-a', 'node-b')
    const { keys } = manifestOf()
    const publicKey = signerOf('node-b', 'second').publicKey
    const renewed = manifestOf({ keys: { ...keys, 'node-b': { ...keys['node-b']!, publicKey } } })
    await replays(logs, whole, renewed)
  })
  test.each([
    ['of another log', { log: 'another' }],
    ['of another tenant', { tenant: 'other' }],
    ['of another site', { site: 'other' }],
    ['whose hash is not of its state', { hash: 'other' }],
  ])('%s, whoever signed it', async (_, changes) => {
    const { logs, whole } = await nodesOf(['node-a'])
    const made = await madeOf(logs, changes)
    const fresh = { ...logs, snapshots: openMemoryLog({ topic: 'snapshots' }) }
    await share(fresh, made, 'node-a', 'node-b')
    await replays(fresh, whole)
  })
  test('of another engine', async () => {
    const { logs, whole } = await nodesOf(['node-a'])
    const [one] = await shared(logs)
    const kept = JSON.parse(one!.bytes)
    const fresh = { ...logs, snapshots: openMemoryLog({ topic: 'snapshots' }) }
    await share(fresh, JSON.stringify({ ...kept, fold: { ...kept.fold, engine: 'other' } }), 'node-a', 'node-b')
    await replays(fresh, whole)
  })
  test('where records of the topic are no snapshots', async () => {
    const { logs, whole } = await nodesOf(['node-a'])
    const odd = ['', 'null', '{}', '{"kind":"Snapshot"}', '{"kind":"Snapshot","site":"home","by":1}']
    await logs.snapshots.append(odd.map(body => ({ partition: 0, body })))
    await replays(logs, whole)
  })
  test('that a corrupt replica has made: its bytes match nobody’s', async () => {
    const { logs } = await nodesOf(['node-a', 'node-c'])
    const spoilt = new ReplicaBench(logs, 'node-b')
    await spoilt.start(FoldBench.options)
    spoilt.replica.spoil(frozen => ({ ...frozen, chain: 'f'.repeat(64) }))
    const before = (await shared(logs)).length
    const more = history()
    for (let cycle = CYCLES + 1; cycle <= 2 * CYCLES; cycle++) {
      for (const by of NODES) more.take(claim(by, cycle, START_MS + cycle * 1_000))
      more.take(frame(cycle))
    }
    await spoilt.append(more.bodies.slice(1 + CYCLES * 4))
    const made = (await shared(logs)).slice(before)
    const digests = (by: string) => made.filter(s => s.by === by).map(s => sha256(s.bytes))
    expect(digests('node-a')).toHaveLength(1) // of two places in one batch the newer
    expect(digests('node-c')).toEqual(digests('node-a'))
    expect(digests('node-b').filter(d => digests('node-a').includes(d))).toEqual([])
    expect(digests('node-b').length).toBeGreaterThan(0)
  })
})

/** A log whose methods can be replaced one by one. */
function proxied<T extends object>(log: T): T {
  return new Proxy({} as T, {
    ownKeys: () => Reflect.ownKeys(Object.getPrototypeOf(log)),
    getOwnPropertyDescriptor: (_, name) => ({
      configurable: true,
      enumerable: true,
      value: (log as Record<PropertyKey, any>)[name as string]?.bind?.(log),
    }),
    get: (_, name) => (log as Record<PropertyKey, any>)[name as string]?.bind?.(log),
  })
}
