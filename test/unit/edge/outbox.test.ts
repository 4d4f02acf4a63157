import { expect, test } from 'vitest'
import { type OnRecord, OUTBOX_LIMITS, Outbox, type OutboxLimits, type Stream } from '../../../edge/outbox.ts'
import { type World, worldOf } from './world.ts'

/** An outbox, what it sends, and its restarts; three nodes are linked. */
class Bench {
  readonly world: World
  readonly sent: string[] = []
  /** Gaps that were put on record elsewhere, and when that ends. */
  readonly told: string[] = []
  telling: Promise<void> = Promise.resolve()
  outbox!: Outbox
  failed: unknown = null
  key = 'key-1'
  readonly #limits: OutboxLimits
  readonly #stream: Stream

  private constructor(limits: Partial<OutboxLimits>, stream: Stream) {
    this.world = worldOf()
    this.#limits = { ...OUTBOX_LIMITS, ...limits }
    this.#stream = stream
  }
  static async open(limits: Partial<OutboxLimits> = {}, stream: Stream = 'durable'): Promise<Bench> {
    const bench = new Bench(limits, stream)
    await bench.#open()
    return bench
  }
  async #open(): Promise<void> {
    const onRecord: OnRecord =
      this.#stream === 'durable'
        ? { kind: 'inPlace', seal: ({ first, last }, why) => `[${first}-${last} ${why}]` }
        : {
            kind: 'elsewhere',
            tell: ({ first, last }, why) => {
              this.told.push(`${first}-${last} ${why}`)
              return this.telling
            },
          }
    this.outbox = await Outbox.open(
      {
        stream: this.#stream,
        ports: this.world,
        key: this.key,
        onRecord,
        send: (to, _, first, last, bodies) => void this.sent.push(`${to}: ${bodies.join(' ')} (${first}-${last})`),
        fail: error => {
          this.failed = error
        },
      },
      this.#limits,
    )
    for (const node of ['a', 'b', 'c']) this.outbox.linked(node)
  }
  async put(count = 1): Promise<void> {
    for (let i = 0; i < count; i++) await this.outbox.put(n => `e${n}`)
  }
  seen(upTo: number): void {
    for (const node of ['a', 'b']) this.outbox.seen(node, upTo)
  }
  /** The process ends, with so many bytes of what was not synced still reaching the disk. */
  async restart(keptBytes = 0): Promise<void> {
    await this.world.clock.pass(0)
    this.outbox.stop()
    this.world.disk.crash(keptBytes)
    this.sent.length = 0
    await this.#open()
  }
  get news(): string {
    return this.sent.splice(0).join(', ')
  }
}

test('in order, one batch in flight', async () => {
  const bench = await Bench.open({ batch: 2 })
  await bench.put(5)
  expect(bench.news).toBe('a: e1 (1-1)')
  bench.outbox.acked('a', 1, 1)
  expect(bench.news).toBe('a: e2 e3 (2-3)')
  bench.outbox.acked('a', 1, 1)
  expect(bench.news).toBe('')
  bench.outbox.acked('a', 2, 3)
  expect(bench.news).toBe('a: e4 e5 (4-5)')
  await bench.world.clock.pass(100)
  expect(bench.news).toBe('b: e4 e5 (4-5)')
})

test('a batch is no larger than a link takes, and the largest entry goes alone', async () => {
  const bench = await Bench.open({ batchChars: 5 })
  await bench.put(6)
  bench.outbox.acked('a', 1, 1)
  expect(bench.news).toBe('a: e1 (1-1), a: e2 e3 (2-3)')
  const tiny = await Bench.open({ batchChars: 1 })
  await tiny.put(1)
  expect(tiny.news).toBe('a: e1 (1-1)')
})

test('O1: an entry that is not on disk yet is not sent, alone or behind others', async () => {
  const bench = await Bench.open()
  let release = () => {}
  bench.world.disk.slow = new Promise(resolve => (release = resolve))
  const put = bench.put()
  await bench.world.clock.pass(1_000)
  expect(bench.news).toBe('')
  release()
  await put
  expect(bench.news).toBe('a: e1 (1-1)')
  bench.world.disk.slow = new Promise(() => {})
  void bench.put()
  await bench.world.clock.pass(100)
  expect(bench.news).toBe('b: e1 (1-1)')
})

test('a disk that fails fails its owner', async () => {
  const bench = await Bench.open()
  bench.world.disk.broken = true
  await expect(bench.put()).rejects.toThrow('EIO')
  expect(bench.failed).toEqual(new Error('EIO'))
})

test('released by two who have seen it, not by an acknowledgement', async () => {
  const bench = await Bench.open()
  await bench.put(3)
  bench.outbox.acked('a', 1, 1)
  bench.outbox.acked('a', 2, 3)
  expect(bench.outbox.waiting).toBe(3)
  bench.outbox.seen('a', 3)
  bench.outbox.seen('b', 2)
  expect(bench.outbox.waiting).toBe(1)
  expect(bench.outbox.seenByAll(['a', 'b'])).toBe(2)
  expect(bench.outbox.seenByAll(['a', 'b', 'c'])).toBe(0)
  bench.outbox.seen('c', 9)
  expect(bench.outbox.waiting).toBe(0)
})

test('history is released as it is appended', async () => {
  const bench = await Bench.open({}, 'history')
  await bench.put(2)
  bench.outbox.acked('a', 1, 1)
  bench.outbox.acked('a', 2, 2)
  expect(bench.outbox.waiting).toBe(0)
})

test('O2: after a restart what was not released is sent again, and numbers go on', async () => {
  const bench = await Bench.open()
  await bench.put(4)
  bench.seen(2)
  await bench.put(1) // syncs the release too
  await bench.restart()
  expect(bench.news).toBe('a: e3 e4 e5 (3-5)')
  await bench.put(1)
  expect(bench.outbox.last).toBe(6)
})

test('O2: numbers survive their entries', async () => {
  const bench = await Bench.open({ compactEvery: 3 })
  await bench.put(3)
  bench.seen(3)
  await bench.restart()
  expect(bench.outbox.waiting).toBe(0)
  await bench.put(1)
  expect(bench.news).toBe('a: e4 (4-4)')
})

test('a release that was lost sends once more, and loses nothing', async () => {
  const bench = await Bench.open()
  await bench.put(2)
  bench.seen(2)
  await bench.restart()
  expect(bench.news).toBe('a: e1 e2 (1-2)')
})

test('entries that wait survive a compaction, and those put while it runs', async () => {
  const bench = await Bench.open({ compactEvery: 2 })
  await bench.put(5)
  bench.outbox.seen('a', 2)
  let release = () => {}
  bench.world.disk.slow = new Promise(resolve => (release = resolve))
  bench.outbox.seen('b', 2)
  const puts = Promise.all([bench.put(1), bench.put(1)])
  release()
  await puts
  expect(bench.world.disk.replaced.get('outbox-durable')).toBe(1)
  await bench.restart()
  expect(bench.news).toBe('a: e3 e4 e5 e6 e7 (3-7)')
  await bench.put(1)
  expect(bench.outbox.last).toBe(8)
})

test('a torn journal: the sound prefix counts', async () => {
  const bench = await Bench.open()
  await bench.put(2)
  bench.world.disk.slow = new Promise(() => {})
  void bench.put(1)
  await bench.world.clock.pass(0)
  bench.world.disk.slow = null
  await bench.restart(11)
  expect(bench.news).toBe('a: e1 e2 (1-2)')
  await bench.put(1)
  expect(bench.outbox.last).toBe(3)
})

test('S21: full, the oldest go, and one gap grows in their place; it is sent and released like any entry', async () => {
  const bench = await Bench.open({ capacity: 3 })
  await bench.put(3)
  bench.sent.length = 0
  await bench.put(1)
  expect(bench.outbox.waiting).toBe(3)
  await bench.put(1)
  await bench.world.clock.pass(100)
  expect(bench.news).toBe('b: [1-3 outbox full] e4 e5 (1-5)')
  bench.outbox.acked('b', 1, 5)
  bench.seen(3)
  expect(bench.outbox.waiting).toBe(2)
})

test('S21: a gap survives a restart and a compaction, and goes on growing', async () => {
  const bench = await Bench.open({ capacity: 2, compactEvery: 1 })
  await bench.put(4)
  await bench.restart()
  expect(bench.news).toBe('a: [1-3 outbox full] e4 (1-4)')
  await bench.put(1)
  await bench.restart()
  expect(bench.news).toBe('a: [1-4 outbox full] e5 (1-5)')
  bench.seen(4)
  await bench.put(1) // after the compaction
  await bench.restart()
  expect(bench.news).toBe('a: e5 e6 (5-6)')
})

test('S21: a gap of the history stream is on record elsewhere before anything after it is sent', async () => {
  const bench = await Bench.open({ capacity: 3 }, 'history')
  let durable = () => {}
  bench.telling = new Promise(resolve => (durable = resolve))
  await bench.put(5)
  bench.sent.length = 0
  await bench.world.clock.pass(1_000) // asked for again and again, told once
  expect([bench.told, bench.news]).toEqual([['1-3 outbox full'], ''])
  durable()
  await bench.world.clock.pass(0)
  expect(bench.news).toMatch(/^[abc]: e4 e5 \(4-5\)$/)
  expect(bench.outbox.waiting).toBe(2)
})

test('S21: what is dropped while the gap is being told is told by itself', async () => {
  const bench = await Bench.open({ capacity: 3 }, 'history')
  let durable = () => {}
  bench.telling = new Promise(resolve => (durable = resolve))
  await bench.put(4)
  await bench.world.clock.pass(100)
  await bench.put(1)
  durable()
  await bench.world.clock.pass(200)
  expect(bench.told).toEqual(['1-2 outbox full', '3-3 outbox full'])
})

test('O4: what a former key has sealed, no node admits: a gap stands in its place, once', async () => {
  const bench = await Bench.open()
  await bench.put(3)
  bench.seen(1)
  await bench.put(1)
  bench.key = 'key-2'
  await bench.restart()
  expect(bench.news).toBe('a: [2-4 sealed by a former key] (2-4)')
  await bench.put(1)
  await bench.restart()
  expect(bench.news).toBe('a: [2-4 sealed by a former key] e5 (2-5)')
})
