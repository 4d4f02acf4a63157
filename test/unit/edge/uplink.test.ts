/** Both ends of an uplink over links in memory: who may speak, and what an acknowledgement means. */
import { expect, test } from 'vitest'
import { Uplinks } from '../../../edge/uplinks.ts'
import { sealFact } from '../../../protocol/codec/fact.ts'
import type { Signer } from '../../../protocol/codec/sign.ts'
import { type Greeting, notProven, prove } from '../../../protocol/ingress/handshake.ts'
import { UplinkServer } from '../../../protocol/ingress/uplink.ts'
import type { EventLog } from '../../../protocol/log/event-log.ts'
import { openMemoryLog } from '../../../protocol/log/memory.ts'
import type { LinkEvents, Net } from '../../../protocol/ports.ts'
import type { SignedManifest } from '../../../protocol/words/manifest.ts'
import type { UplinkDown } from '../../../protocol/words/uplink.ts'
import { frame as frameOf, manifestOf, signerOf, verifier } from '../controller/household.ts'
import { sealed } from '../protocol/observation.ts'
import { type World, worldOf } from './world.ts'

const manifest = manifestOf()
const frameBody = (by: Signer = signerOf('gateway')) => sealFact(frameOf(7), by)
const frame = { t: 'frame', cycle: 7, body: frameBody() }

async function serve(
  world: World,
  facts: EventLog = openMemoryLog({ topic: 'facts' }),
  signer = signerOf('node-a'),
  lineage: readonly SignedManifest[] = [{ manifest, signatures: {} }],
) {
  const history = openMemoryLog({ topic: 'history' })
  const decisions = openMemoryLog({ topic: 'decisions' })
  const options = {
    ports: world,
    address: 'node-a',
    signer,
    verifier,
    manifest: () => ({ manifest, signatures: {} }),
    lineage: () => lineage,
    durable: () => 4,
    facts,
    history,
    decisions,
  }
  const server = new UplinkServer(options)
  await server.start()
  return { server, facts, history, decisions }
}

/** A caller that says what a test has it say. */
class Caller {
  readonly heard: any[] = []
  cut = ''
  #link!: { send(text: string): boolean; close(): void }
  readonly #world: World
  private constructor(world: World) {
    this.#world = world
  }
  static async to(world: World, address = 'node-a'): Promise<Caller> {
    const caller = new Caller(world)
    const events: LinkEvents = {
      message: text => void caller.heard.push(JSON.parse(text)),
      closed: reason => {
        caller.cut = reason
      },
    }
    caller.#link = await world.net.connect(address, events)
    await world.clock.pass(0)
    return caller
  }
  async say(message: object | string): Promise<this> {
    this.#link.send(typeof message === 'string' ? message : JSON.stringify(message))
    await this.#world.clock.pass(0)
    return this
  }
  get greeted(): Greeting {
    return this.heard.find(m => m.t === 'hello')
  }
  async prove(signer = signerOf('gateway'), mine = hello()): Promise<this> {
    await this.say(mine)
    return this.say(prove(mine, this.greeted, signer))
  }
  get acks(): unknown[] {
    return this.heard.filter(m => m.t === 'ack')
  }
}
const hello = (change: Partial<Greeting> = {}): Greeting => ({
  t: 'hello',
  by: 'gateway',
  tenant: 'demo',
  site: 'home',
  nonce: 'n'.repeat(22),
  ...change,
})

test('a gateway that holds its key is let in, and answered after the append', async () => {
  const world = worldOf()
  const { facts, server } = await serve(world)
  const caller = await (await (await Caller.to(world)).prove()).say(frame)
  expect(caller.acks).toEqual([{ t: 'ack', stream: 'frame', cycle: 7 }])
  expect(await facts.read(0, 0, 9)).toHaveLength(1)
  expect(server.connected).toBe(true)
  const proof = caller.heard.find(m => m.t === 'proof')
  expect(notProven(hello(), caller.greeted, proof, 'node', manifest, verifier)).toBeNull()
})

test('what is in force, what waits for its cycle and how far it has read are told on each link', async () => {
  const world = worldOf()
  const waits = { manifest: { ...manifest, version: 2, fromCycle: 900 }, signatures: {} }
  await serve(world, undefined, undefined, [{ manifest, signatures: {} }, waits])
  const caller = await (await Caller.to(world)).prove()
  const told = caller.heard.filter(m => m.t !== 'hello' && m.t !== 'proof')
  expect(told).toEqual([
    { t: 'manifest', manifest: { manifest, signatures: {} } },
    { t: 'manifest', manifest: waits },
    { t: 'seen', stream: 'durable', last: 4 },
  ])
})

const wrongs: Readonly<Record<string, (caller: Caller) => Promise<unknown>>> = {
  'the wrong key': caller => caller.prove(signerOf('gateway', 'stolen name')),
  'the wrong site': caller => caller.prove(signerOf('gateway'), hello({ site: 'other' })),
  'the wrong tenant': caller => caller.prove(signerOf('gateway'), hello({ tenant: 'other' })),
  'a key of another role': caller => caller.prove(signerOf('operator'), hello({ by: 'operator' })),
  'a key that the manifest does not name': caller => caller.prove(signerOf('nobody'), hello({ by: 'nobody' })),
  'a proof before the hello': caller => caller.say({ t: 'proof', signature: 'sig' }),
  'a frame before the proof': caller => caller.say(frame),
  'an observation before the proof': caller => caller.say({ t: 'observed', body: sealed() }),
  'a frame between hello and proof': async caller => (await caller.say(hello())).say(frame),
  'a second hello': async caller => (await caller.say(hello())).say(hello()),
  'no JSON': caller => caller.say('{'),
  'an unknown message': caller => caller.say({ t: 'open' }),
  'a proof for another nonce': async caller => {
    const other = { ...caller.greeted, nonce: 'o'.repeat(22) }
    await caller.say(hello())
    await caller.say(prove(hello(), other, signerOf('gateway')))
  },
  'a proof that was meant for another node': async caller => {
    await caller.say(hello())
    await caller.say(prove(hello(), { ...caller.greeted, by: 'node-b' }, signerOf('gateway')))
  },
}
test.each(Object.entries(wrongs))('cut by the node: %s', async (_, wrong) => {
  const world = worldOf()
  const { facts, server } = await serve(world)
  const caller = await Caller.to(world)
  await wrong(caller)
  await world.clock.pass(0)
  expect(caller.cut).toBe('closed')
  expect(server.connected).toBe(false)
  expect(await facts.read(0, 0, 9)).toEqual([])
})

test('a proof that was heard on one link opens no other', async () => {
  const world = worldOf()
  await serve(world)
  const first = await Caller.to(world)
  await first.say(hello())
  const proof = prove(hello(), first.greeted, signerOf('gateway'))
  await first.say(proof)
  const second = await (await (await Caller.to(world)).say(hello())).say(proof)
  await world.clock.pass(0)
  expect([first.cut, second.cut]).toEqual(['', 'closed'])
})

test('one that proves nothing is cut in the end', async () => {
  const world = worldOf()
  await serve(world)
  const caller = await Caller.to(world)
  await world.clock.pass(2_999)
  expect(caller.cut).toBe('')
  await world.clock.pass(1)
  expect(caller.cut).toBe('closed')
})

test('a rejected append is silence: unknown, not no', async () => {
  const world = worldOf()
  const facts = openMemoryLog({ topic: 'facts' })
  let answer = (_: Error) => {}
  const slow: EventLog = Object.assign(Object.create(facts), {
    append: () => new Promise((_, reject) => (answer = reject)),
  })
  await serve(world, slow)
  const caller = await (await (await Caller.to(world)).prove()).say(frame)
  expect(caller.acks).toEqual([])
  answer(new Error('LOG_FAILED'))
  await world.clock.pass(10)
  expect(caller.acks).toEqual([])
  expect(caller.cut).toBe('')
})

test('batches: durable into the facts, history beside them, and nothing that the gateway did not sign', async () => {
  const world = worldOf()
  const { facts, history } = await serve(world)
  const caller = await (await Caller.to(world)).prove()
  const forged = frameBody(signerOf('gateway', 'forged'))
  caller.heard.splice(0)
  await caller.say({ t: 'durable', first: 1, last: 2, bodies: [forged, frame.body] })
  await caller.say({ t: 'history', first: 1, last: 1, bodies: [frame.body] })
  expect(caller.heard).toEqual([
    { t: 'ack', stream: 'durable', first: 1, last: 2 },
    { t: 'seen', stream: 'durable', last: 4 }, // a repeat moves no mark: the word is due all the same
    { t: 'ack', stream: 'history', first: 1, last: 1 },
  ])
  expect((await facts.read(0, 0, 9)).map(r => r.body)).toEqual([frame.body])
  expect(await history.read(0, 0, 9)).toHaveLength(1)
})

test('what the gateway tells of itself: into the decisions, nobody answers, of nobody else', async () => {
  const world = worldOf()
  const { decisions } = await serve(world)
  const caller = await (await Caller.to(world)).prove()
  caller.heard.splice(0)
  const own = sealed()
  const refused = [
    sealed({}, signerOf('gateway', 'stolen name')),
    sealed({ by: 'node-b', process: 'node-b' }),
    sealed({ site: 'other' }),
    sealed({ tenant: 'rival' }),
    '{}',
  ]
  for (const body of [...refused, own]) await caller.say({ t: 'observed', body })
  expect((await decisions.read(0, 0, 9)).map(r => r.body)).toEqual([own])
  expect([caller.heard, caller.cut]).toEqual([[], ''])
  expect(world.notes.filter(note => note.startsWith('observation refused'))).toHaveLength(refused.length)
})

test('while the log takes one, the newest waits: what came between is passed over', async () => {
  const world = worldOf()
  const { decisions } = await serve(world)
  const taken: string[] = []
  let answer = (_: 'taken' | 'lost') => {}
  decisions.append = ([record]) => {
    taken.push(JSON.parse(record!.body).seq)
    return new Promise((resolve, reject) => {
      answer = how => (how === 'taken' ? resolve([0]) : reject(new Error('LOG_BUSY')))
    })
  }
  const caller = await (await Caller.to(world)).prove()
  const tell = (seq: number) => caller.say({ t: 'observed', body: sealed({ seq }) })
  for (const seq of [1, 2, 3]) await tell(seq)
  expect(taken).toEqual([1])
  answer('lost')
  await world.clock.pass(0)
  await tell(4)
  expect(taken).toEqual([1, 3])
  answer('taken')
  await world.clock.pass(0)
  expect(taken).toEqual([1, 3, 4])
  answer('taken')
  await world.clock.pass(0)
  await tell(5)
  expect([taken, caller.cut]).toEqual([[1, 3, 4, 5], ''])
})

/** The gateway's end, against what answers at `node-a`. */
function linksOf(world: World) {
  const links = new Uplinks(world, { 'node-a': 'node-a' }, signerOf('gateway'), verifier, () => manifest)
  const heard: UplinkDown[] = []
  const changes: boolean[] = []
  links.attach({ message: (_, m) => void heard.push(m), changed: (_, up) => void changes.push(up) })
  links.start()
  return { links, heard, changes }
}

test('manifests that came before anybody was told are offered to whoever attaches, of links that are up', async () => {
  const world = worldOf()
  const lineage = [manifest, { ...manifest, version: 2 }].map(m => ({ manifest: m, signatures: {} }))
  const { server } = await serve(world, undefined, undefined, lineage)
  const links = new Uplinks(world, { 'node-a': 'node-a' }, signerOf('gateway'), verifier, () => manifest)
  links.start()
  await world.clock.pass(10)
  const versions = () => {
    const heard: number[] = []
    const message = (_: string, m: UplinkDown) => void (m.t === 'manifest' && heard.push(m.manifest.manifest.version))
    links.attach({ message, changed: () => {} })
    return heard
  }
  expect([versions(), versions()]).toEqual([
    [1, 2],
    [1, 2],
  ])
  server.stop()
  await world.clock.pass(100)
  expect(versions()).toEqual([])
})

test('the two real ends: up, acknowledged, down with the node, up again', async () => {
  const world = worldOf()
  const { server } = await serve(world)
  const { links, heard, changes } = linksOf(world)
  await world.clock.pass(10)
  expect(links.connected).toEqual(['node-a'])
  expect(links.send('node-a', frame as never)).toBe(true)
  expect(links.send('node-b', frame as never)).toBe(false)
  await world.clock.pass(10)
  server.nudge()
  server.seen()
  await world.clock.pass(10)
  expect(heard.map(m => m.t)).toEqual(['manifest', 'seen', 'ack', 'nudge', 'seen'])
  await world.clock.pass(10_000) // heartbeats keep it
  server.stop()
  await world.clock.pass(100)
  expect(links.send('node-a', frame as never)).toBe(false)
  await serve(world)
  await world.clock.pass(2_000)
  expect(changes).toEqual([true, false, true])
})

/** Answers as a liar would. */
const liar = (net: Net, answer: (link: { send(text: string): boolean }, m: any, heard: any[]) => void) => {
  const heard: any[] = []
  const greet = { ...hello({ by: 'node-a' }), nonce: 'l'.repeat(22) }
  void net.listen('node-a', link => {
    link.send(JSON.stringify(greet))
    return {
      message: text => {
        heard.push(JSON.parse(text))
        answer(link, heard.at(-1), heard)
      },
      closed: () => void heard.push('cut'),
    }
  })
  return { heard, greet }
}
test('cut by the gateway: a node without its key, one that speaks before its proof', async () => {
  const keyless = worldOf()
  await serve(keyless, undefined, signerOf('node-a', 'stolen name'))
  const impostor = linksOf(keyless)
  await keyless.clock.pass(500)
  expect([impostor.links.connected, impostor.changes]).toEqual([[], []])

  const hasty = worldOf()
  const { heard } = liar(hasty.net, (link, m) => {
    if (m.t === 'hello') link.send(JSON.stringify({ t: 'nudge' }))
  })
  const early = linksOf(hasty)
  await hasty.clock.pass(20)
  expect(early.heard).toEqual([])
  expect(heard).toContain('cut')
})

test('the gateway’s key signs nothing for a node that greets in another’s name', async () => {
  const world = worldOf()
  const heard: any[] = []
  await world.net.listen('node-a', link => {
    link.send(JSON.stringify(hello({ by: 'node-b' })))
    return { message: text => void heard.push(JSON.parse(text).t), closed: () => void heard.push('cut') }
  })
  linksOf(world)
  await world.clock.pass(20)
  expect(heard).toContain('cut')
  expect(heard).not.toContain('proof')
})
