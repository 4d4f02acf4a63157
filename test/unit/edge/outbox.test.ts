import { expect, test } from 'vitest'
import { OUTBOX_LIMITS, Outbox, type OutboxLimits, type Stream } from '../../../edge/outbox.ts'
import { type World, worldOf } from './world.ts'

/** An outbox, what it sends, and its restarts. */
class Bench {
  readonly world: World
  readonly sent: string[] = []
  outbox!: Outbox
  failed: unknown = null
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
    const line = {
      send: (_: Stream, last: number, bodies: readonly string[]) =>
        void this.sent.push(`${bodies.join(' ')} (${last})`),
      tryAnother: () => void this.sent.push('another'),
    }
    const fail = (error: unknown) => {
      this.failed = error
    }
    this.outbox = await Outbox.open(this.#stream, this.world, line, fail, this.#limits)
  }
  async put(count = 1): Promise<void> {
    for (let i = 0; i < count; i++) await this.outbox.put(n => `e${n}`)
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
  expect(bench.news).toBe('e1 (1)')
  bench.outbox.acked(1)
  expect(bench.news).toBe('e2 e3 (3)')
  bench.outbox.acked(1)
  expect(bench.news).toBe('')
  bench.outbox.acked(3)
  expect(bench.news).toBe('e4 e5 (5)')
  await bench.world.clock.pass(100)
  expect(bench.news).toBe('another, e4 e5 (5)')
})

test('O1: an entry that is not on disk yet is not sent', async () => {
  const bench = await Bench.open()
  let release = () => {}
  bench.world.disk.slow = new Promise(resolve => (release = resolve))
  const put = bench.put()
  await bench.world.clock.pass(1_000)
  expect(bench.news).toBe('')
  release()
  await put
  expect(bench.news).toBe('e1 (1)')
})

test('a disk that fails fails its owner', async () => {
  const bench = await Bench.open()
  bench.world.disk.broken = true
  await expect(bench.put()).rejects.toThrow('EIO')
  expect(bench.failed).toEqual(new Error('EIO'))
})

test('released by two who have seen it, not by an acknowledgement; never by one who says it twice', async () => {
  const bench = await Bench.open()
  await bench.put(3)
  bench.outbox.acked(3)
  expect(bench.outbox.waiting).toBe(3)
  bench.outbox.seen('a', 3)
  bench.outbox.seen('a', 3)
  expect(bench.outbox.waiting).toBe(3)
  bench.outbox.seen('b', 2)
  expect(bench.outbox.waiting).toBe(1)
  expect(bench.outbox.seenByAll(['a', 'b'])).toBe(2)
  expect(bench.outbox.seenByAll(['a', 'b', 'c'])).toBe(0)
  bench.outbox.seen('c', 9)
  expect(bench.outbox.waiting).toBe(0)
})

test('two who have seen it are an acknowledgement', async () => {
  const bench = await Bench.open()
  await bench.put(1)
  bench.outbox.seen('a', 1)
  expect(bench.outbox.state).toBe('draining')
  bench.outbox.seen('b', 1)
  expect(bench.outbox.state).toBe('filling')
})

test('history is released as it is appended', async () => {
  const bench = await Bench.open({}, 'history')
  await bench.put(2)
  bench.outbox.acked(1)
  bench.outbox.acked(2)
  expect(bench.outbox.waiting).toBe(0)
})

test('O2: after a restart what was not released is sent again, and numbers go on', async () => {
  const bench = await Bench.open()
  await bench.put(4)
  bench.outbox.acked(4)
  bench.outbox.seen('a', 2)
  bench.outbox.seen('b', 2)
  await bench.put(1) // syncs the release too
  await bench.restart()
  expect(bench.news).toBe('e3 e4 e5 (5)')
  await bench.put(1)
  expect(bench.outbox.last).toBe(6)
})

test('O2: numbers survive their entries', async () => {
  const bench = await Bench.open({ compactEvery: 3 })
  await bench.put(3)
  bench.outbox.seen('a', 3)
  bench.outbox.seen('b', 3)
  await bench.restart()
  expect(bench.outbox.waiting).toBe(0)
  await bench.put(1)
  expect(bench.news).toBe('e4 (4)')
})

test('a release that was lost sends once more, and loses nothing', async () => {
  const bench = await Bench.open()
  await bench.put(2)
  bench.outbox.seen('a', 2)
  bench.outbox.seen('b', 2)
  await bench.restart()
  expect(bench.news).toBe('e1 e2 (2)')
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
  expect(bench.news).toBe('e3 e4 e5 e6 e7 (7)')
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
  expect(bench.news).toBe('e1 e2 (2)')
  await bench.put(1)
  expect(bench.outbox.last).toBe(3)
})

test('S21: full, the oldest go; the gap is exact, and its record waits until it causes no other', async () => {
  const bench = await Bench.open({ capacity: 3 })
  await bench.put(5)
  expect(bench.outbox.takeGap()).toBeNull()
  expect(bench.outbox.waiting).toBe(3)
  bench.outbox.seen('a', 3)
  bench.outbox.seen('b', 3)
  const gap = bench.outbox.takeGap()
  expect(gap).toEqual({ first: 1, last: 2 })
  expect(bench.outbox.takeGap()).toBeNull()
})

test('S21: a gap that was not told is told after a restart; one that was, is not', async () => {
  const bench = await Bench.open({ capacity: 2, compactEvery: 1 })
  await bench.put(4)
  await bench.restart()
  bench.outbox.seen('a', 3)
  bench.outbox.seen('b', 3)
  await bench.restart()
  expect(bench.news).toBe('e4 (4)')
  const gap = bench.outbox.takeGap()!
  expect(gap).toEqual({ first: 1, last: 2 })
  bench.outbox.told(gap)
  await bench.put(1)
  await bench.restart()
  expect(bench.outbox.takeGap()).toBeNull()
  await bench.put(2)
  expect(bench.outbox.waiting).toBe(2)
  bench.outbox.seen('a', 6)
  bench.outbox.seen('b', 6)
  expect(bench.outbox.takeGap()).toEqual({ first: 4, last: 5 })
})
