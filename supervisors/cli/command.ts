/** `quorate command`: signs, sends, and tells what becomes of it. */
import { basename, dirname, resolve } from 'node:path'
import { FACT_TYPE } from '../../projections/api/routes/commands.ts'
import type { CommandView, SiteDetail } from '../../projections/api/view.ts'
import { sealFact } from '../../protocol/codec/fact.ts'
import type { Signer } from '../../protocol/codec/sign.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { FactOf } from '../../protocol/words/facts.ts'
import { commandId, keyId } from '../../protocol/words/ids.ts'
import { parse, raw, UNITS } from '../../protocol/words/units.ts'
import { hostClock } from '../real/clock.ts'
import { hostRandom } from '../real/random.ts'
import { folders } from '../run/prepare.ts'
import { Lifecycle } from './lifecycle.ts'
import { Nodes, type Reply } from './nodes.ts'
import { dataOption, jsonOption } from './options.ts'
import type { Call, Verb } from './verb.ts'

const POLL_MS = 100
/** A node that took the command and did not append it is passed over after this: the next one is sent the same bytes. */
const RESEND_MS = 1_000
/** Without a word from two nodes for so long, nothing can be said. */
const ACCEPT_MS_MAX = 10_000
/** Beyond its expiry the centre says `unknown` after some cycles; this many are waited for. */
const WORD_CYCLES_MAX = 15
const EXIT = { confirmed: 0, refused: 1, unknown: 3 } as const

type Command = FactOf<'CommandRequested'>

export const command: Verb = {
  name: 'command',
  text: 'Signs a command, sends it and tells each step of its life. Exit 0: confirmed, or without --wait accepted; 1: refused, failed or expired; 3: not known',
  arguments: 'SITE ASSET NAME [key=value ...]',
  options: {
    expires: { type: 'string', value: 'TIME', default: '10s', text: 'How long it may wait to be carried out' },
    wait: { type: 'boolean', text: 'Until its terminal state' },
    key: { type: 'string', value: 'FILE', text: 'Key that signs; named by the file (the operator of this run)' },
    data: dataOption,
    json: jsonOption,
  },
  run: send,
}

async function send(call: Call): Promise<number> {
  const [site, target, name, ...pairs] = call.positionals
  if (!site || !target || !name)
    throw new Refusal('USAGE', 'command SITE ASSET NAME [key=value ...]; `site` as ASSET for the mode of the site')
  const dir = resolve(call.text('data')!)
  const params = paramsOf(pairs)
  const expiresMs = expiryOf(call.text('expires')!)
  const signer = signerOf(call.text('key'), dir)
  const nodes = Nodes.of(dir)
  const { tenant, cycleMs, now } = await siteOf(nodes, site)
  const body = sealCommand(signer, {
    v: 1,
    kind: 'CommandRequested',
    tenant,
    site,
    by: signer.key,
    id: commandId(hostRandom.id()),
    target,
    name,
    params,
    issuedAtMs: stampOf(now, expiresMs),
    expiresMs,
  })
  const told = teller(call, body.id)
  const sender = new Sender(nodes, `/api/v1/sites/${site}/commands`, body.text)
  told('sent', await sender.send())
  const waitMs = call.flag('wait') ? expiresMs + WORD_CYCLES_MAX * cycleMs + ACCEPT_MS_MAX : ACCEPT_MS_MAX
  return follow(nodes, sender, body.id, told, call.flag('wait'), waitMs)
}

const sealCommand = (signer: Signer, fact: Command) => ({ id: fact.id, text: sealFact(fact, signer) })

/** Polls every node until the life has come to what is waited for, or nobody can tell. */
async function follow(
  nodes: Nodes,
  sender: Sender,
  id: string,
  told: Tell,
  toTheEnd: boolean,
  waitMs: number,
): Promise<number> {
  const life = new Lifecycle(nodes.witnesses)
  const untilMs = hostClock.monotonicMs() + waitMs
  while (hostClock.monotonicMs() < untilMs) {
    const reports = new Map<string, CommandView>()
    for (const [node, reply] of await nodes.askAll(`/api/v1/commands/${id}`))
      if (reply.kind === 'answer') reports.set(node, reply.body)
    for (const { state, code, reason, nodes: by } of life.hear(reports))
      told(state, by.join(', '), code === null ? reason : `${code}: ${reason}`)
    if (life.told === 'confirmed' || (life.told === 'accepted' && !toTheEnd)) return EXIT.confirmed
    if (life.told === 'unknown') return EXIT.unknown // S11: neither success nor failure
    if (life.ended) return EXIT.refused
    if (reports.size < nodes.witnesses && life.told === null) await sender.again()
    await new Promise<void>(done => void hostClock.after(POLL_MS, done))
  }
  told('unknown', 'nobody', `no two nodes have said more within ${waitMs} ms; ask again for ${id}`)
  return EXIT.unknown
}

/** Brings the same bytes to one node after another, until one has taken them; the step drops repeats by the id. */
class Sender {
  readonly #nodes: Nodes
  readonly #path: string
  readonly #body: string
  #next = 0
  #sentAtMs = 0

  constructor(nodes: Nodes, path: string, body: string) {
    this.#nodes = nodes
    this.#path = path
    this.#body = body
  }
  /** The node that took it. Throws the refusal that two nodes gave, or UNAVAILABLE. */
  async send(): Promise<string> {
    const refusals: Extract<Reply, { kind: 'refused' }>[] = []
    let lost = ''
    for (const _ of this.#nodes.names) {
      const { node, reply } = await this.#one()
      if (reply.kind === 'answer') return node
      if (reply.kind === 'lost') lost = `${node}: ${reply.reason}`
      else if (reply.code === 'DUPLICATE')
        return node // an earlier attempt got there
      else refusals.push(reply)
      if (refusals.length >= this.#nodes.witnesses) break
    }
    if (refusals[0]) throw new Refusal(refusals[0].code, refusals[0].detail)
    throw new Refusal('UNAVAILABLE', `no node took the command; it may have been taken all the same. ${lost}`)
  }
  /** The next node, if the last one has had its time. */
  async again(): Promise<void> {
    if (hostClock.monotonicMs() - this.#sentAtMs >= RESEND_MS) await this.#one()
  }
  async #one(): Promise<{ node: string; reply: Reply }> {
    const node = this.#nodes.names[this.#next++ % this.#nodes.names.length]!
    this.#sentAtMs = hostClock.monotonicMs()
    return { node, reply: await this.#nodes.ask(node, this.#path, { type: FACT_TYPE, body: this.#body }) }
  }
}

/** What is needed of the site. Its time is the second-largest that the nodes tell, as in the log (S27). */
async function siteOf(nodes: Nodes, site: string) {
  const replies = [...(await nodes.askAll(`/api/v1/sites/${site}`)).values()]
  const details = replies.filter(r => r.kind === 'answer').map(r => r.body as SiteDetail)
  const [first] = details
  if (!first) {
    const refused = replies.find(r => r.kind === 'refused')
    if (refused) throw new Refusal(refused.code, refused.detail)
    throw new Refusal('NO_RUN', 'no node of the run answers')
  }
  const times = details.map(d => d.now).sort((a, b) => b - a)
  return { tenant: first.tenant, cycleMs: first.cycleMs, now: times[1] ?? times[0]! }
}

/**
 * When the sender says that it asked: by its own clock where that agrees with the site's time well enough for the
 * expiry to mean what it says, else by the site's, whose time is another in a paced or lockstep run.
 */
export function stampOf(siteMs: number, expiresMs: number, localMs = hostClock.wallMs()): number {
  return Math.abs(localMs - siteMs) <= expiresMs / 2 ? localMs : siteMs
}

/** Values are text with their unit; the space before it may be left out: `power=-2kW`. */
export function paramsOf(pairs: readonly string[]): Record<string, string> {
  const suffixes = new Set(Object.values(UNITS).flatMap(unit => Object.keys(unit)))
  const entries = pairs.map(pair => {
    const at = pair.indexOf('=')
    if (at < 1) throw new Refusal('USAGE', `'${pair}': write a parameter as key=value, e.g. power='-2 kW'`)
    const value = pair.slice(at + 1)
    const [, number, suffix] = /^(-?\d+(?:\.\d+)?)([^\d\s.].*)$/.exec(value) ?? []
    return [pair.slice(0, at), suffix !== undefined && suffixes.has(suffix) ? `${number} ${suffix}` : value] as const
  })
  return Object.fromEntries(entries)
}

function expiryOf(text: string): number {
  const { value = text } = paramsOf([`value=${text}`])
  try {
    return raw(parse('s', value, '--expires'))
  } catch (error) {
    throw new Refusal('USAGE', (error as Error).message)
  }
}

function signerOf(file: string | undefined, dir: string): Signer {
  if (file === undefined) return openKey(folders(dir).keys('operator'), keyId('operator'))
  try {
    return openKey(dirname(resolve(file)), keyId(basename(file, '.key')))
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('UNKNOWN_KEY', `--key ${file}: ${(error as Error).message}`)
  }
}

type Tell = (step: string, by: string, reason?: string) => void
function teller(call: Call, id: string): Tell {
  return (step, by, reason = '') => {
    const at = new Date(hostClock.wallMs())
    if (call.flag('json')) call.say(JSON.stringify({ kind: 'command', id, step, by, reason, at: at.toISOString() }))
    else call.say(`${at.toISOString().slice(11, 23)}  ${step.padEnd(10)}  ${by}${reason && `  ${reason}`}`)
  }
}
