import { afterEach, describe, expect, it } from 'vitest'
import { KnownCharts } from '../../../projections/inspector/charts.ts'
import type { Preview } from '../../../projections/inspector/preview.ts'
import { VIEWS } from '../../../projections/inspector/views/index.ts'
import { KeptTiles } from '../../../projections/inspector/views/tiles.ts'
import { asked } from '../controller/household.ts'
import { logOf, OPTIONS, Story, sealed } from '../projections/story.ts'
import { Feed, OTHER, served, TOKEN } from './served.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
async function begun(minutes = 3) {
  const story = Story.long(minutes)
  const facts = await logOf(story.bodies)
  const inspector = await served(facts)
  closing.push(inspector.close)
  const cookie = await inspector.signIn()
  const more = Story.long(minutes + 12).bodies.slice(story.bodies.length)
  const append = () => facts.append(more.splice(0, 3).map(body => ({ partition: 0, body })))
  return { ...inspector, facts, cookie, append }
}

describe('the live feed', () => {
  it('is whole once, then what changed: at each position what the view is (V1)', async () => {
    const { own, cookie, moments, append } = await begun()
    const feed = await new Feed(own, cookie).open()
    feed.show(1, 'site')
    feed.show(2, 'facts', { max: '10' })
    await feed.until(() => feed.shown.size === 2)
    for (let i = 0; i < 3; i++) {
      const position = (await append()).at(-1)!
      await feed.until(() => feed.shown.get(1)!.position === position && feed.shown.get(2)!.position === position)
      const moment = await moments.at(position)
      const sources = {
        moments,
        recorded: { at: async () => [], seen: async () => [], stateHashes: new Map() },
        charts: new KnownCharts(),
        tiles: new KeptTiles(),
        live: true,
      }
      const json = (value: unknown) => JSON.parse(JSON.stringify(value))
      expect(feed.shown.get(1)!.value).toEqual(json(await VIEWS.site(moment, {}, sources)))
      expect(feed.shown.get(2)!.value).toEqual(json(await VIEWS.facts(moment, { max: '10' }, sources)))
    }
    feed.socket.close()
  })
  it('of the past stays where it is', async () => {
    const { own, cookie, append } = await begun()
    const feed = await new Feed(own, cookie).open()
    feed.show(1, 'head', {}, { at: 12 })
    feed.show(2, 'head')
    await feed.until(() => feed.shown.size === 2)
    const then = feed.shown.get(1)
    const position = (await append()).at(-1)!
    await feed.until(() => feed.shown.get(2)!.position === position)
    expect(feed.shown.get(1)).toBe(then)
    feed.socket.close()
  })
  it('says something every half second, and nothing of what is hidden', async () => {
    const { own, cookie, append } = await begun()
    const feed = await new Feed(own, cookie).open()
    feed.show(1, 'head')
    feed.show(2, 'head')
    await feed.until(() => feed.shown.size === 2)
    feed.socket.send(JSON.stringify({ do: 'hide', id: 1 }))
    const then = feed.shown.get(1)
    const position = (await append()).at(-1)!
    await feed.until(() => feed.shown.get(2)!.position === position)
    expect(feed.shown.get(1)).toBe(then)
    const { beats } = feed
    await feed.until(() => feed.beats > beats + 1)
    feed.socket.close()
  })
})

describe('what cannot be shown', () => {
  it('is said, with its code', async () => {
    const { own, cookie, facts } = await begun()
    const { next } = await facts.ends(0)
    const feed = await new Feed(own, cookie).open()
    feed.show(1, 'nothing')
    feed.show(2, 'actor', { actor: 'bat9' })
    feed.show(3, 'head', {}, { at: next + 5 })
    feed.show(4, 'head', {}, { tenant: 'other' })
    feed.show(5, 'head', {}, { site: 'elsewhere' })
    await feed.until(() => feed.problems.size === 5)
    const codes = [...feed.problems].sort(([a], [b]) => a - b).map(([, { code }]) => code)
    expect(codes).toEqual(['BAD_REQUEST', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'])
    feed.socket.close()
  })
  it('another tenant sees nothing of this one (S23)', async () => {
    const { own, signIn, get } = await begun()
    const cookie = await signIn(OTHER)
    const feed = await new Feed(own, cookie).open()
    feed.show(1, 'head')
    feed.show(2, 'head', {}, { tenant: 'other' })
    await feed.until(() => feed.problems.size === 2)
    expect([...feed.problems.values()].map(({ code }) => code)).toEqual(['NOT_FOUND', 'NOT_FOUND'])
    expect((await get(`/inspector/sites/${OPTIONS.site}/ends`, cookie)).status).toBe(404)
    feed.socket.close()
  })
  it('nobody comes in without a session, or from a page of another address', async () => {
    const { own, cookie } = await begun()
    const nobody = await new Feed(own, '').open()
    await nobody.until(() => nobody.closed !== null)
    expect(nobody.closed).toBe(401)
    const stranger = await new Feed(own, cookie, 'http://evil.example').open()
    await stranger.until(() => stranger.closed !== null)
    expect(stranger.closed).toBe(403)
  })
  it('whoever says what no page says is cut, and so is a session that has ended', async () => {
    const { own, cookie, post } = await begun()
    const odd = await new Feed(own, cookie).open()
    odd.socket.send('drop tables')
    await odd.until(() => odd.closed !== null)
    expect(odd.closed).toBe(1_008)
    const feed = await new Feed(own, cookie).open()
    await post('/inspector/session/end', '{}', { Cookie: cookie })
    await feed.until(() => feed.closed !== null)
    expect(feed.closed).toBe(4_401)
  })
})

describe('a command from the page', () => {
  const path = `/inspector/sites/${OPTIONS.site}`
  it('is previewed, and carried on where nothing has changed since', async () => {
    const { cookie, post, submitted, moments } = await begun()
    const fact = asked('from-the-page', 'site', 'safe', moments.now!.state.now)
    const previewed = await post(`${path}/preview`, JSON.stringify(fact), { Cookie: cookie })
    const selected = (await previewed.json()) as Preview
    expect(selected).toMatchObject({ accepted: true, position: moments.now!.position })
    const operate = (basis: string) =>
      post(`${path}/operate?basis=${basis}`, sealed(fact), {
        Cookie: cookie,
        'Content-Type': 'application/quorate-fact',
      })
    const refused = await operate('0'.repeat(64))
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([409, 'CHANGED'])
    expect(submitted).toEqual([])
    expect(await (await operate(selected.basis)).json()).toEqual({ id: 'from-the-page', position: 99 })
    expect(submitted).toEqual([sealed(fact)])
  })
  it('of a page of another address is refused, and so is one of nobody', async () => {
    const { cookie, post, submitted } = await begun()
    for (const what of [`${path}/operate`, `${path}/enrol`, '/inspector/session/end', '/inspector/session']) {
      const type = what.endsWith('operate') ? 'application/quorate-fact' : 'application/json'
      const reply = await post(what, '{}', { Cookie: cookie, Origin: 'http://evil.example', 'Content-Type': type })
      expect([what, reply.status]).toEqual([what, 403])
      if (what !== '/inspector/session') expect((await post(what, '{}')).status).toBe(401)
    }
    expect(submitted).toEqual([])
  })
})

it('finds positions: the ends, by time, by one fact', async () => {
  const { cookie, get, facts } = await begun()
  const records = await facts.read(0, 0, 1_000)
  const path = `/inspector/sites/${OPTIONS.site}`
  const json = async (query: string) => (await get(`${path}/${query}`, cookie)).json()
  const [first, second] = records
  const last = records.at(-1)!
  const { body: _, ...newest } = last
  expect(await json('ends')).toMatchObject({ first: { position: first!.position }, newest })
  expect(await json(`position?time=${second!.stampMs}`)).toEqual({ position: second!.position })
  expect(await json(`step?from=${first!.position}&by=1`)).toEqual({ position: second!.position })
  expect(await json(`step?from=${second!.position}&by=-1`)).toEqual({ position: first!.position })
  expect(await json(`step?from=${last.position}&by=1`)).toEqual({ position: null })
  expect((await get(`${path}/step?from=x&by=2`, cookie)).status).toBe(400)
})

describe('for tools of others', () => {
  it('an actor is told in the messages of Stately’s inspection protocol', async () => {
    const { own, append } = await begun(4)
    const path = `${own}/inspector/sites/${OPTIONS.site}/stately?actor=bat1`
    expect((await fetch(path)).status).toBe(401)
    const ending = new AbortController()
    const reply = await fetch(path, { headers: { Authorization: `Bearer ${TOKEN}` }, signal: ending.signal })
    const lines: any[] = []
    const reading = (async () => {
      let text = ''
      for await (const chunk of reply.body!) {
        text += new TextDecoder().decode(chunk)
        for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
          lines.push(JSON.parse(text.slice(0, end)))
          text = text.slice(end + 1)
        }
      }
    })().catch(() => {})
    while (lines.length < 1) await new Promise(resolve => setTimeout(resolve, 1))
    for (let i = 0; i < 20 && lines.length < 3; i++) {
      await append()
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    ending.abort()
    await reading
    const [actor, event, snapshot] = lines
    expect(actor).toMatchObject({
      type: '@xstate.actor',
      sessionId: `demo/${OPTIONS.site}/bat1`,
      snapshot: { status: 'active' },
    })
    expect(JSON.parse(actor.definition).id).toBe('battery')
    expect([event.type, snapshot.type]).toEqual(['@xstate.event', '@xstate.snapshot'])
    expect(snapshot).toMatchObject({ event: event.event, snapshot: { value: expect.anything() } })
    expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length)
  })
})
