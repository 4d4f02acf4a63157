/** The whole gateway against three nodes: what it must remember, and what no node can make it forget. */
import { expect, test } from 'vitest'
import { Notebook } from '../../../edge/notebook.ts'
import { RESERVED_CYCLES } from '../../../edge/sampler.ts'
import { signCandidate } from '../../../protocol/codec/candidate.ts'
import { manifestHash } from '../../../protocol/codec/manifest.ts'
import type { Manifest } from '../../../protocol/words/manifest.ts'
import { byAdministrator, head, manifestOf, NODES, signerOf } from '../controller/household.ts'
import { FakeBattery } from './site.ts'
import { ThreeNodes } from './three-nodes.ts'

test('each cycle is decided in its slot, and every receipt is read back', async () => {
  const three = await ThreeNodes.open()
  await three.world.clock.pass(10_500)
  const { slots, cycle } = three.gateway.status
  expect([slots, cycle]).toEqual([{ onTime: 10, late: 0, held: 0, uncovered: 0, fieldDown: 0 }, 11])
  expect(three.gateway.status.waiting).toBe(0)
  expect(three.failed).toBeNull()
})

test.each(NODES)(
  'L2: %s acknowledges and appends nothing: it costs one slot at most, and nothing is lost',
  async liar => {
    const three = await ThreeNodes.open(liar)
    await three.world.clock.pass(20_500)
    const { slots, waiting } = three.gateway.status
    expect(slots.held + slots.uncovered).toBeLessThanOrEqual(1)
    expect(slots.onTime).toBeGreaterThanOrEqual(19)
    const last = Math.max(...three.durable)
    expect(last).toBeGreaterThan(15)
    expect(three.durable).toEqual([last, last, last])
    expect(waiting).toBe(0)
  },
)

test('a restart in the midst: cycles go on, none is used twice, none of the durable stream is lost', async () => {
  const three = await ThreeNodes.open()
  for (let life = 0; life < 4; life++) {
    await three.world.clock.pass(5_500)
    await three.restart()
  }
  await three.world.clock.pass(5_500)
  const frames = await three.frames()
  for (const [i, [epoch, cycle]] of frames.entries()) {
    const [beforeEpoch, before] = frames[i - 1] ?? [0, 0]
    expect(cycle).toBeGreaterThan(before)
    expect(cycle - before).toBeLessThanOrEqual(epoch === beforeEpoch ? 1 : RESERVED_CYCLES + 1)
  }
  expect(frames.at(-1)![0]).toBe(5)
  expect(three.gateway.status.waiting).toBe(0)
  expect(three.failed).toBeNull()
})

test('S25: a device that does not answer at the start is waited for before the first frame, and not for ever', async () => {
  const three = await ThreeNodes.open()
  const battery = new FakeBattery(() => three.world.clock.monotonicMs())
  const silentUntilMs = (ms: number) => {
    const untilMs = three.world.clock.monotonicMs() + ms
    three.drivers.bat1 = {
      ...battery.driver,
      read: async () =>
        three.world.clock.monotonicMs() < untilMs
          ? { points: { power: { kind: 'failed', code: 'timeout', reason: '' } } }
          : battery.driver.read(),
    }
  }
  const firstOf = async (epoch: number) => (await three.measured()).find(f => f.epoch === epoch)
  silentUntilMs(800)
  await three.restart()
  await three.world.clock.pass(700)
  expect(await firstOf(2)).toBeUndefined()
  await three.world.clock.pass(500)
  expect((await firstOf(2))!.assets.bat1!.points.power!.quality).toBe('good')
  silentUntilMs(60_000)
  await three.restart()
  await three.world.clock.pass(3_500)
  expect((await firstOf(3))!.assets.bat1!.points.power!.quality).toBe('bad')
  expect(three.gateway.status.slots.onTime).toBeGreaterThan(0)
})

test('S15: who signs two candidates for one cycle is out, in the log and over restarts, and holds nothing up', async () => {
  const three = await ThreeNodes.open()
  three.nodes['node-b']!.lies = true
  await three.world.clock.pass(2_500)
  for (const name of NODES) expect(three.nodes[name]!.fold.state!.disqualified).toEqual(['node-b'])
  three.nodes['node-b']!.lies = false
  three.nodes['node-c']!.server.stop()
  await three.restart()
  const before = three.gateway.status.slots.onTime
  await three.world.clock.pass(20_500) // node-a and the liar are no quorum
  expect(three.gateway.status.slots.onTime).toBe(before)
  await three.nodes['node-c']!.server.start()
  await three.world.clock.pass(10_000)
  expect(three.gateway.status.slots.onTime).toBeGreaterThan(before)
  expect(three.gateway.status.waiting).toBe(0)
})

test('S15: a proof whose telling the last life did not live to see is told by the next', async () => {
  const three = await ThreeNodes.open()
  await three.world.clock.pass(1_500)
  await three.stop()
  const signer = signerOf('node-b')
  const { last } = three.nodes['node-b']!
  const [first, second] = [last!, { ...last!, validityMs: 1 }].map(c => {
    const { bytes, signature } = signCandidate(c, signer)
    return { bytes, signature }
  })
  const proof = { key: 'node-b', publicKey: signer.publicKey, first: first!, second: second! }
  await (await Notebook.open(three.world.disk, 'boot')).write({ k: 'disqualified', proof })
  await three.start()
  await three.world.clock.pass(1_500)
  for (const name of NODES) expect(three.nodes[name]!.fold.state!.disqualified).toEqual(['node-b'])
})

test('L6: a silence that a life ended in returns in the next, once the replica votes', async () => {
  const three = await ThreeNodes.open()
  const silent = () =>
    Object.values(three.nodes['node-a']!.fold.state!.alarms.flatMap(bucket => Object.values(bucket)))
      .filter(a => a.alarm === 'replicaSilent')
      .map(a => `${a.about} ${a.state.replace(/,.*/, '')}`)
  three.nodes['node-b']!.server.stop()
  await three.world.clock.pass(8_000)
  expect(silent()).toEqual(['node-b condition.activeUnacknowledged'])
  await three.restart()
  await three.world.clock.pass(8_000)
  expect(silent()).toEqual(['node-b condition.activeUnacknowledged'])
  await three.nodes['node-b']!.server.start()
  await three.world.clock.pass(8_000)
  expect(silent()).toEqual(['node-b condition.returnedUnacknowledged'])
})

test('nudged without end, it makes a frame every 200 ms and no more', async () => {
  const three = await ThreeNodes.open()
  await three.world.clock.pass(500)
  const before = three.gateway.status.cycle
  for (let i = 0; i < 200; i++) {
    three.nodes['node-b']!.server.nudge()
    await three.world.clock.pass(10)
  }
  const made = three.gateway.status.cycle - before
  expect(made).toBeGreaterThanOrEqual(9)
  expect(made).toBeLessThanOrEqual(11)
  expect(three.gateway.status.slots).toEqual({ onTime: 2, late: 0, held: 0, uncovered: 0, fieldDown: 0 })
})

const followedBy = (of: Manifest, fromCycle: number | null, change: Partial<Manifest> = {}): Manifest => ({
  ...of,
  version: of.version + 1,
  previous: manifestHash(of),
  fromCycle,
  ...change,
})
const install = (three: ThreeNodes, manifest: Manifest) =>
  three.append({ ...head, kind: 'ManifestInstalled', by: 'administrator', manifest: byAdministrator(manifest) })

test.each([
  ['each in force at once', [null, null, null]],
  ['one that is in force at once after one that waits', [900, null]],
])('S33: manifests that it missed while it was away, %s: it comes to the newest', async (_, cycles) => {
  const three = await ThreeNodes.open()
  await three.stop()
  let last = manifestOf()
  for (const fromCycle of cycles) {
    last = followedBy(last, fromCycle)
    await install(three, last)
  }
  await three.world.clock.pass(100)
  await three.start()
  await three.world.clock.pass(500)
  expect([three.kept.at(-1), three.anew]).toEqual([last.version, []])
})
test('S33: manifests that wait come into force in their order', async () => {
  const three = await ThreeNodes.open()
  const second = followedBy(manifestOf(), 3, { title: 'another' })
  await install(three, second)
  await install(three, followedBy(second, 5))
  await three.restart() // before any frame: both wait
  const { cycle } = three.gateway.status
  expect([cycle, three.kept, three.anew]).toEqual([0, [], []])
  await three.world.clock.pass(20_000)
  expect([...new Set(three.anew)]).toEqual([3])
})

const person = {
  ...manifestOf().keys,
  'operator-ann': { publicKey: signerOf('ann').publicKey, roles: ['operator' as const] },
}
test.each([
  ['at once', null],
  ['from a cycle on', 8],
])('S33: whom of the people the site listens to changes %s under a gateway that goes on', async (_, fromCycle) => {
  const three = await ThreeNodes.open()
  await three.world.clock.pass(5_400)
  const { epoch } = three.gateway.status
  await install(three, followedBy(manifestOf(), fromCycle, { keys: person }))
  await three.world.clock.pass(10_000)
  const { slots, refused, cycle } = three.gateway.status
  expect([three.kept, three.anew, three.failed]).toEqual([[2], [], null])
  expect([slots.onTime, slots.held + slots.late + slots.uncovered, refused]).toEqual([cycle - 1, 0, {}])
  expect(three.nodes['node-a']!.last!.manifest).toBe(
    manifestHash(followedBy(manifestOf(), fromCycle, { keys: person })),
  )
  expect(three.gateway.status.epoch).toBe(epoch)
  await install(three, followedBy(three.nodes['node-a']!.fold.manifest!, null, { keys: manifestOf().keys }))
  await three.world.clock.pass(2_000)
  expect([three.kept, three.gateway.status.refused]).toEqual([[2, 3], {}])
})
test('S33: a manifest is in force here once it is durable, and not before', async () => {
  const three = await ThreeNodes.open()
  await three.world.clock.pass(2_400)
  let synced = () => {}
  three.syncs = new Promise(resolve => {
    synced = resolve
  })
  await install(three, followedBy(manifestOf(), null, { keys: person }))
  await three.world.clock.pass(2_000)
  expect([three.kept, three.gateway.status.refused]).toEqual([[], { wrongManifest: 6 }])
  synced()
  await three.world.clock.pass(2_000)
  expect([three.kept, three.gateway.status.refused]).toEqual([[2], { wrongManifest: 6 }])
})
test.each<[string, Partial<Manifest>]>([
  ['the plant', { title: 'another' }],
  [
    'a node’s key',
    { keys: { ...person, 'node-c': { publicKey: signerOf('node-c', 'second').publicKey, roles: ['node'] } } },
  ],
  [
    'a person who is a node, too',
    { keys: { ...person, ann: { publicKey: signerOf('ann').publicKey, roles: ['operator', 'node'] } } },
  ],
])('S33: a manifest that changes %s is kept, and the gateway built anew under it', async (_, change) => {
  const three = await ThreeNodes.open()
  await three.world.clock.pass(2_400)
  await install(three, followedBy(manifestOf(), null, change))
  await three.world.clock.pass(100)
  expect([three.kept, three.anew]).toEqual([[2], [2]])
})
