import { describe, expect, it } from 'vitest'
import { MemoryCheckpoints } from '../../../projections/inspector/checkpoints.ts'
import { asked, START_MS } from '../controller/household.ts'
import { logOf, Story } from '../projections/story.ts'
import { chartsOf, momentsOf, straight } from './looked-at.ts'

const SMALL = { freezeEvery: 7, live: 5 }

describe('at every position', () => {
  it('a moment is what a fold from the beginning gives, in whatever order it is asked for (M1)', async () => {
    const facts = await logOf(Story.long(12).bodies)
    const moments = await momentsOf(facts, SMALL)
    const positions = (await facts.read(0, 0, 1_000)).map(({ position }) => position)
    const order = [...positions.keys()].sort((a, b) => ((a * 37) % 101) - ((b * 37) % 101))
    for (const i of order) {
      const moment = await moments.at(positions[i]!)
      const fold = await straight(facts, positions[i]!)
      expect(chartsOf(moment)).toEqual(chartsOf({ state: fold.state! }))
      expect(moment.position).toBe(positions[i])
    }
  })
  it('what nobody who may has signed is in no moment, live or past (S26)', async () => {
    const { bodies } = Story.long(8)
    const [signature] = bodies[6]!.split(' ')
    const forged = `${signature} ${JSON.stringify({ ...asked('forged-by-somebody', 'site', 'safe', START_MS + 60_000) })}`
    const facts = await logOf(bodies.flatMap((body, i) => (i % 9 === 7 ? [body, forged] : [body])))
    const moments = await momentsOf(facts, SMALL)
    for (const { position } of await facts.read(0, 0, 1_000)) {
      const moment = await moments.at(position)
      expect(chartsOf(moment)).toEqual(chartsOf({ state: (await straight(facts, position)).state! }))
      expect(moment.state.commands['forged-by-somebody']).toBeUndefined()
    }
  })
  it('one that no record has is the moment before it', async () => {
    const facts = await logOf(Story.long(4).bodies)
    const moments = await momentsOf(facts, SMALL)
    const positions = (await facts.read(0, 0, 1_000)).map(({ position }) => position)
    const gap = positions.find((position, i) => i > 3 && positions[i + 1]! > position + 1)!
    expect((await moments.at(gap + 1)).position).toBe(gap)
  })
})

it('goes back and forth by one fact, and meets each once', async () => {
  const facts = await logOf(Story.long(5).bodies)
  const moments = await momentsOf(facts, SMALL)
  const positions = (await facts.read(0, 0, 1_000)).map(({ position }) => position)
  const met = [positions[0]!]
  for (let next = await moments.after(met[0]!); next; next = await moments.after(next.position)) met.push(next.position)
  expect(met).toEqual(positions)
  const back = (await moments.upTo(positions.at(-1)!, 10_000)).map(({ position }) => position)
  expect(back).toEqual(positions)
  expect((await moments.upTo(positions[20]!, 4)).map(m => m.position)).toEqual(positions.slice(17, 21))
})

it('begins anew at the newest frozen fold, and still knows what was before it', async () => {
  const facts = await logOf(Story.long(8).bodies)
  const checkpoints = new MemoryCheckpoints()
  const before = await momentsOf(facts, { ...SMALL, checkpoints })
  before.stop()
  const moments = await momentsOf(facts, { ...SMALL, checkpoints })
  const [first, ...others] = (await facts.read(0, 0, 1_000)).map(({ position }) => position)
  expect(chartsOf(await moments.at(others.at(-1)!))).toEqual(
    chartsOf({ state: (await straight(facts, others.at(-1)!)).state! }),
  )
  expect((await moments.at(first!)).position).toBe(first)
})

it('finds a position by the time of its stamp', async () => {
  const facts = await logOf(Story.long(6).bodies)
  const moments = await momentsOf(facts, SMALL)
  for (const { position, stampMs } of await facts.read(0, 0, 1_000)) {
    expect(await moments.positionAt(stampMs)).toBe(position)
    expect(await moments.positionAt(stampMs + 500)).toBe(position)
  }
})

describe('what is not there', () => {
  it('is refused with what there is: the future, and what was trimmed', async () => {
    const facts = await logOf(Story.long(6).bodies)
    const moments = await momentsOf(facts, SMALL)
    const { next } = await facts.ends(0)
    await expect(moments.at(next + 10)).rejects.toThrow(`NOT_FOUND: position ${next + 10} is not in the log yet`)
    await facts.trim(0, 40)
    const { earliest } = await facts.ends(0)
    expect(earliest).toBeGreaterThan(0)
    await expect(moments.at(earliest - 1)).rejects.toThrow(`CURSOR_GONE: position ${earliest - 1} is not kept any more`)
    expect((await moments.at(next - 1)).position).toBeGreaterThan(earliest)
    expect((await moments.upTo(next - 1, 10_000)).every(({ position }) => position >= earliest)).toBe(true)
  })
  it('where the beginning is gone it begins at a state that two nodes have signed, or says that there is none', async () => {
    const facts = await logOf(Story.long(8).bodies)
    await facts.trim(0, 40)
    const { earliest, next } = await facts.ends(0)
    await expect(momentsOf(facts, SMALL)).rejects.toThrow(`LOG_GONE: the log begins at ${earliest}`)
    const whole = await logOf(Story.long(8).bodies)
    const positions = (await whole.read(0, 0, 1_000)).map(({ position }) => position)
    const from = positions.find(position => position > earliest + 10)!
    const moments = await momentsOf(facts, { ...SMALL, sharedState: (await straight(whole, from)).freeze() })
    const last = positions.at(-1)!
    expect(chartsOf(await moments.at(last))).toEqual(chartsOf({ state: (await straight(whole, last)).state! }))
    await expect(moments.at(earliest)).rejects.toThrow('CURSOR_GONE')
    expect(next).toBeGreaterThan(last)
    moments.stop()
  })
  it('another log begins anew', () => {
    const checkpoints = new MemoryCheckpoints()
    checkpoints.begin('one', 'e')
    checkpoints.put({ position: 4 } as never)
    expect(checkpoints.newest(10)?.position).toBe(4)
    checkpoints.begin('one', 'e')
    expect(checkpoints.newest(10)?.position).toBe(4)
    checkpoints.begin('two', 'e')
    expect(checkpoints.newest(10)).toBeNull()
  })
})

it('tells what comes, live', async () => {
  const story = Story.long(2)
  const facts = await logOf(story.bodies)
  const moments = await momentsOf(facts, SMALL)
  const told: number[] = []
  const listening = moments.listen(({ position }) => told.push(position))
  const more = Story.long(3).bodies.slice(story.bodies.length)
  const positions = await facts.append(more.map(body => ({ partition: 0, body })))
  while (told.length < more.length) await new Promise(resolve => setTimeout(resolve, 1))
  expect(told).toEqual(positions)
  listening.cancel()
  moments.stop()
})
