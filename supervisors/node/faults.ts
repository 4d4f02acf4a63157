/**
 * Faults on demand in a node, for runs started with `--faults`: each is done as a faulty node would do it, with its own
 * key and through its own ingress. Nothing that judges knows of them.
 */
import type { FrozenFold } from '../../actors/controller/fold.ts'
import { sealFact } from '../../protocol/codec/fact.ts'
import type { Signer } from '../../protocol/codec/sign.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Ports } from '../../protocol/ports.ts'
import type { SignedCandidate } from '../../protocol/words/candidate.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { type Fact, NO_SLOTS } from '../../protocol/words/facts.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import { parse, raw } from '../../protocol/words/units.ts'
import type { Replica } from './replica.ts'
import type { Timekeeper } from './timekeeper.ts'

/** `kill` and `stop` are signals: the parent sends those. */
export const NODE_FAULTS = ['corrupt', 'lie', 'delay', 'clock', 'mend'] as const

export class NodeFaults {
  readonly #ports: Ports
  readonly #replica: () => Replica
  readonly #timekeeper: Timekeeper
  readonly #facts: EventLog
  readonly #signer: Signer
  readonly #manifest: Manifest
  #delayMs = 0

  constructor(
    ports: Ports,
    replica: () => Replica,
    timekeeper: Timekeeper,
    facts: EventLog,
    signer: Signer,
    manifest: Manifest,
  ) {
    this.#ports = ports
    this.#replica = replica
    this.#timekeeper = timekeeper
    this.#facts = facts
    this.#signer = signer
    this.#manifest = manifest
  }

  /** Throws BAD_REQUEST. */
  async start(name: string, args: readonly string[]): Promise<string> {
    if (name === 'delay') {
      this.#delayMs = Number(args[0])
      if (!Number.isSafeInteger(this.#delayMs) || this.#delayMs < 0)
        throw new Refusal('BAD_REQUEST', `delay '${args[0]}': milliseconds, e.g. 300`)
      return `candidates leave ${this.#delayMs} ms late`
    }
    if (name === 'clock') {
      this.#timekeeper.offsetMs = offsetOf(args[0] ?? '')
      return `claims of time are off by ${this.#timekeeper.offsetMs} ms`
    }
    if (name === 'corrupt') {
      this.#replica().spoil(spoilt)
      return 'the memory of this replica is spoilt; it signs what follows from it'
    }
    if (name === 'lie') return this.#lie()
    if (name === 'mend') {
      this.#delayMs = 0
      this.#timekeeper.offsetMs = 0
      return 'delay and clock are as they should be'
    }
    throw new Refusal('BAD_REQUEST', `no fault '${name}'; faults: kill, stop, ${NODE_FAULTS.join(', ')}`)
  }
  send(signed: SignedCandidate, send: (signed: SignedCandidate) => void): void {
    if (this.#delayMs === 0) send(signed)
    else this.#ports.host.after(this.#delayMs, () => send(signed))
  }

  /** A frame, a command and a receipt that nobody said, in the names of those who could have. */
  async #lie(): Promise<string> {
    const { tenant, site, partition } = this.#manifest
    const { state } = this.#replica().fold
    const of = { v: 1 as const, tenant, site }
    const epoch = state?.epoch ?? 1
    const cycle = (state?.cycle ?? 0) + 1
    const frame = { ...of, kind: 'FrameMeasured' as const, epoch, assets: {}, slots: NO_SLOTS }
    const command = { ...of, kind: 'CommandRequested' as const, target: 'site', name: 'off', params: {} }
    const lies: Fact[] = [
      { ...frame, by: 'gateway', cycle },
      {
        ...command,
        by: 'operator',
        id: `lie-${this.#ports.random.id()}`,
        issuedAtMs: state?.now ?? 0,
        expiresMs: 60_000,
      },
      { ...frame, by: this.#signer.key, cycle: cycle + 1 },
    ]
    await this.#facts.append(lies.map(fact => ({ partition, body: sealFact(fact, this.#signer) })))
    return `${lies.length} forged records appended through this node`
  }
}

/** The site's mode is another one in this replica's memory: whatever it decides from here on follows from that. */
const spoilt = (fold: FrozenFold): FrozenFold => {
  const { mode } = fold.state
  const value = mode.chart.value === 'safe' ? 'automatic' : 'safe'
  return { ...fold, state: { ...fold.state, mode: { ...mode, chart: { ...mode.chart, value } } } }
}

function offsetOf(text: string): number {
  const m = /^([+-])(\d+(?:\.\d+)?)(ms|s|min|h)$/.exec(text)
  if (!m) throw new Refusal('BAD_REQUEST', `clock '${text}': write an offset such as +1h or -30s`)
  const ms = raw(parse('s', `${m[2]} ${m[3]}`, 'clock'))
  return m[1] === '-' ? -ms : ms
}
