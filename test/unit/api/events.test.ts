import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Feed } from '../../../projections/api/feed.ts'
import { serverSent } from '../../../projections/api/routes/events.ts'
import { EventStream, HEARTBEAT_MS, STATE_MS, STREAMS_MAX, UNSENT_BYTES_MAX } from '../../../projections/api/stream.ts'
import { OwnedClock } from '../../../supervisors/real/clock.ts'
import { alarm, apiOf, BEARER, commandAt, decided, FakeSite } from './fake-site.ts'

/** A reader, and what it has read. */
class Reader {
  text = ''
  writableLength = 0
  destroyed = false
  write(text: string): void {
    this.text += text
  }
  destroy(): void {
    this.destroyed = true
  }
  /** Names of events, with the id where one stands. */
  get events(): string[] {
    return this.text
      .split('\n\n')
      .filter(part => part.startsWith('event: '))
      .map(part => {
        const id = /^id: (\d+)$/m.exec(part)?.[1]
        return /^event: (\w+)/.exec(part)![1] + (id === undefined ? '' : `@${id}`)
      })
  }
}
function open(site: FakeSite, lastId: number | null = null) {
  const clock = new OwnedClock(0)
  const reader = new Reader()
  const stream = new EventStream(site, clock, serverSent(reader))
  stream.open(lastId)
  return { clock, reader, stream }
}
const frameAt = (site: FakeSite, position: number) => {
  site.position = position
  site.feed.publish({ position, events: [decided(position)], frame: true })
}

describe('the stream of a site', () => {
  it('begins with a snapshot and goes on with what happens', () => {
    const site = new FakeSite()
    const { reader } = open(site)
    site.step(commandAt('command-1', 'accepted'), 8)
    site.feed.publish({ position: 9, events: [{ type: 'alarm', data: alarm }], frame: false })
    expect(reader.events).toEqual(['snapshot@7', 'command@8', 'alarm@9'])
    expect(JSON.parse(/event: command\ndata: (.*)/.exec(reader.text)![1]!).state).toBe('accepted')
  })

  it('puts the id on the last event of a position only', () => {
    const site = new FakeSite()
    const { reader } = open(site)
    const events = [
      decided(8),
      { type: 'command', data: commandAt('command-1', 'confirmed') },
      { type: 'alarm', data: alarm },
    ] as const
    site.feed.publish({ position: 8, events, frame: false })
    expect(reader.events).toEqual(['snapshot@7', 'decision', 'command', 'alarm@8'])
  })

  it('goes on where the reader was', () => {
    const site = new FakeSite()
    for (const position of [8, 9, 10]) frameAt(site, position)
    expect(open(site, 8).reader.events).toEqual(['decision@9', 'decision@10', 'state'])
    expect(open(site, 10).reader.events).toEqual(['state'])
    expect(open(site, 99).reader.events).toEqual(['state'])
  })

  it('begins anew where what came after is no longer kept', () => {
    const site = new FakeSite('demo', 'home', 2)
    for (const position of [8, 9, 10]) frameAt(site, position)
    expect(open(site, 7).reader.events).toEqual(['snapshot@10'])
    expect(open(site, 8).reader.events).toEqual(['decision@9', 'decision@10', 'state'])
    expect(open(new FakeSite(), 3).reader.events).toEqual(['snapshot@7'])
  })

  it('tells states no oftener than it should, and the last one always', () => {
    const site = new FakeSite()
    const { clock, reader } = open(site)
    for (const position of [8, 9, 10]) frameAt(site, position)
    const states = () => reader.events.filter(e => e === 'state').length
    clock.advanceTo(STATE_MS - 1)
    expect(states()).toBe(0)
    clock.advanceTo(STATE_MS)
    expect(states()).toBe(1)
    clock.advanceTo(5 * STATE_MS)
    expect(states()).toBe(1)
    frameAt(site, 11)
    clock.advanceTo(5 * STATE_MS)
    expect(states()).toBe(2)
  })

  it('keeps a silent connection alive', () => {
    const { clock, reader } = open(new FakeSite())
    clock.advanceTo(3 * HEARTBEAT_MS)
    expect(reader.text.match(/^: beat$/gm)).toHaveLength(3)
  })

  it('cuts a reader that does not read, and only that one', () => {
    const site = new FakeSite()
    const slow = open(site)
    const quick = open(site)
    slow.reader.writableLength = UNSENT_BYTES_MAX + 1
    frameAt(site, 8)
    frameAt(site, 9)
    expect(slow.reader.destroyed).toBe(true)
    expect(slow.reader.events).toEqual(['snapshot@7'])
    expect(quick.reader.destroyed).toBe(false)
    expect(quick.reader.events).toEqual(['snapshot@7', 'decision@8', 'decision@9'])
    expect(site.feed.listeners).toBe(1)
  })

  it('ends with its reader', () => {
    const site = new FakeSite()
    const { clock, reader, stream } = open(site)
    frameAt(site, 8)
    stream.close()
    const { text } = reader
    frameAt(site, 9)
    clock.advanceTo(10 * HEARTBEAT_MS)
    expect(reader.text).toBe(text)
    expect(site.feed.listeners).toBe(0)
  })

  it('comes over HTTP, with the reader’s last id', async () => {
    const site = new FakeSite()
    for (const position of [8, 9]) frameAt(site, position)
    const { app } = apiOf(site)
    const headers = { ...BEARER, 'last-event-id': '8' }
    const reply = await app.inject({ url: '/api/v1/sites/home/events', headers, payloadAsStream: true })
    expect(reply.headers['content-type']).toBe('text/event-stream')
    const body = reply.stream()
    const [first] = await once(body, 'data')
    expect(String(first)).toContain('id: 9')
    body.destroy()
    await app.close()
  })

  it('is refused to one reader too many', async () => {
    const site = new FakeSite()
    const { app } = apiOf(site)
    const ask = () => app.inject({ url: '/api/v1/sites/home/events', headers: BEARER, payloadAsStream: true })
    const open = await Promise.all(Array.from({ length: STREAMS_MAX }, ask))
    const refused = await ask()
    expect(refused.statusCode).toBe(429)
    for (const reply of open) reply.stream().destroy()
    await app.close()
  })
})

describe('the feed', () => {
  it('tells each position once', () => {
    const feed = new Feed()
    const told: number[] = []
    const listening = feed.listen(({ position }) => told.push(position))
    for (const position of [3, 4, 4, 2, 6]) feed.publish({ position, events: [], frame: true })
    listening.cancel()
    feed.publish({ position: 7, events: [], frame: true })
    expect(told).toEqual([3, 4, 6])
    expect(feed.since(3)!.map(b => b.position)).toEqual([4, 6, 7])
    expect(feed.since(1)).toBeNull()
  })
})
