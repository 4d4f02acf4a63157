/** What is told of actors, and when: looked at from outside, in the time of a test. */
import { expect, test } from 'vitest'
import type { Observation, Sight } from '../../../protocol/words/observed.ts'
import { Observer } from '../../../supervisors/kit/observer.ts'
import { MemoryDisk, worldOf } from '../edge/world.ts'

/** One actor in the states that a test gives it. */
class Watched {
  readonly world
  readonly told: Observation[] = []
  states: Record<string, string> = { voter: 'waiting' }
  contexts = 0
  tell: () => Promise<unknown> = () => Promise.resolve()
  breaks = false
  readonly observer: Observer

  constructor(disk = new MemoryDisk(), laterMs = 0) {
    this.world = worldOf({ disk })
    this.world.clock.wall += laterMs
    this.observer = new Observer(this.world, {
      process: 'gateway',
      sight: () => this.#sight(),
      tell: observation => {
        this.told.push(observation)
        return this.tell()
      },
    })
    this.observer.start()
  }
  #sight(): Sight {
    if (this.breaks) throw new Error('broke')
    const charts = Object.entries(this.states).map(([path, value]) => {
      return { path, chart: path, value, context: { n: ++this.contexts } }
    })
    return { charts, tree: [] }
  }
  pass(ms: number): Promise<void> {
    return this.world.clock.pass(ms)
  }
  /** Each record as its states. */
  get shown(): string[] {
    return this.told.map(({ charts }) => charts.map(({ path, value }) => `${path} ${value}`).join(', '))
  }
}

test('the first second is told, then only what changes, and once a minute all the same', async () => {
  const w = new Watched()
  await w.pass(999)
  expect(w.told).toEqual([])
  await w.pass(1)
  expect(w.shown).toEqual(['voter waiting'])
  await w.pass(59_000)
  expect(w.told).toHaveLength(1)
  w.states.voter = 'majority'
  await w.pass(1_000)
  expect(w.shown).toEqual(['voter waiting', 'voter majority'])
  await w.pass(59_999)
  expect(w.told).toHaveLength(2)
  await w.pass(1)
  expect(w.shown).toEqual(['voter waiting', 'voter majority', 'voter majority'])
  expect(w.told.map(({ seq }) => seq)).toEqual([1, 2, 3])
})

test('once a second at most, whatever happens in it', async () => {
  const w = new Watched()
  for (let i = 0; i < 300; i++) {
    w.states.voter = `s${i}`
    await w.pass(100)
  }
  expect(w.told.length).toBeGreaterThan(20)
  expect(w.told.length).toBeLessThanOrEqual(30)
})

test('what is left and back within the second is not told; nor is what comes and goes in it', async () => {
  const w = new Watched()
  await w.pass(1_000)
  for (let i = 0; i < 20; i++) {
    w.states = { voter: 'lapsed', command: 'listed' }
    await w.pass(700)
    w.states = { voter: 'waiting' }
    await w.pass(300)
  }
  expect(w.shown).toEqual(['voter waiting'])
})

test('an actor that never rests shows the state that it is in most', async () => {
  const w = new Watched()
  w.states = { sampler: 'idle' }
  await w.pass(1_000)
  for (let i = 0; i < 200; i++) {
    w.states = { sampler: 'waiting' }
    await w.pass(80)
    w.states = { sampler: 'polling' }
    await w.pass(20)
  }
  expect(w.shown).toEqual(['sampler idle', 'sampler waiting'])
})

test('since when it is so, by the clock for people; the context is of now', async () => {
  const w = new Watched()
  await w.pass(1_000)
  w.world.clock.wall += 5_000
  w.states.voter = 'majority'
  await w.pass(1_000)
  await w.pass(60_000)
  const sinces = w.told.map(({ atMs, charts }) => atMs - charts[0]!.sinceMs)
  const begun = w.world.clock.wall
  expect(w.told.map(t => t.charts[0]!.sinceMs)).toEqual([begun - 5_000, begun, begun])
  expect(sinces).toEqual([0, 0, 0]) // this clock for people stands still between
  expect(w.told.map(t => t.charts[0]!.context!.n)).toEqual([4, 8, 248])
})

test('one is under way at a time; then the newest', async () => {
  const w = new Watched()
  let answer = () => {}
  w.tell = () => new Promise<void>(resolve => (answer = resolve))
  await w.pass(1_000)
  for (const state of ['majority', 'lapsed', 'returning']) {
    w.states.voter = state
    await w.pass(2_000)
  }
  expect(w.shown).toEqual(['voter waiting'])
  answer()
  await w.pass(1_000)
  expect(w.shown).toEqual(['voter waiting', 'voter returning'])
})

test('what was not told is told again; what fails reaches nobody', async () => {
  const w = new Watched()
  w.tell = () => Promise.reject(new Error('the log is full'))
  await w.pass(3_000)
  w.tell = () => Promise.resolve()
  await w.pass(2_000)
  expect(w.told.map(t => t.seq)).toEqual([1, 2, 3, 4])
  w.breaks = true
  await w.pass(5_000)
  w.breaks = false
  w.states.voter = 'majority'
  await w.pass(2_000)
  expect(w.shown.at(-1)).toBe('voter majority')
})

test('each life has a number above those before it; a disk that does not take it costs the looking and no more', async () => {
  const disk = new MemoryDisk()
  const first = new Watched(disk)
  await first.pass(1_000)
  first.observer.stop()
  await first.pass(120_000)
  const second = new Watched(disk)
  await second.pass(1_000)
  const lives = [first, second].map(({ told }) => told[0]!.life)
  expect(lives[1]).toBe(lives[0]! + 1) // its clock stands
  const elsewhere = new Watched(new MemoryDisk(), 60_000)
  await elsewhere.pass(1_000)
  expect(elsewhere.told[0]!.life).toBeGreaterThan(lives[1]!) // its folder is lost, its clock goes
  disk.broken = true
  const third = new Watched(disk)
  await third.pass(120_000)
  expect(third.told).toEqual([])
  expect(third.world.notes.join()).toContain('EIO')
})
