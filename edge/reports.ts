/** What the gateway says of itself and of the site: receipts, alarms, proofs; sealed and put into the durable outbox. */
import { parseFact, sealFact } from '../protocol/codec/fact.ts'
import type { Signer } from '../protocol/codec/sign.ts'
import type { Ports } from '../protocol/ports.ts'
import type { Equivocation, Fact } from '../protocol/words/facts.ts'
import type { Manifest } from '../protocol/words/manifest.ts'
import type { ReceiptDraft } from './executor.ts'
import { type Condition, conditionKey, type Notebook } from './notebook.ts'
import type { Outbox } from './outbox.ts'
import { sealGap } from './outboxes.ts'

/** Of an alarm's text, characters. */
const TEXT_MAX = 512

export interface ReportsOptions {
  readonly ports: Ports
  readonly signer: Signer
  readonly manifest: Manifest
  readonly durable: Outbox
  readonly notebook: Notebook
  readonly epoch: number
  readonly fail: (error: unknown) => void
}

export class Reports {
  readonly #o: ReportsOptions
  /** Keys of the conditions that stand. */
  readonly #raised: Set<string>
  /** Of alarms: what raised is told before what returned. */
  #turn: Promise<void> = Promise.resolve()

  constructor(options: ReportsOptions) {
    this.#o = options
    this.#raised = new Set(options.notebook.recovered.raised.map(conditionKey))
  }

  head() {
    const { signer, manifest } = this.#o
    return { v: 1 as const, tenant: manifest.tenant, site: manifest.site, by: signer.key as string }
  }
  /** `cycle`: the newest, where no verdict is behind it. Resolves when it is durable here. */
  async receipt(draft: ReceiptDraft, cycle: number): Promise<void> {
    const { verdict, writes, effects, commands } = draft
    if (!verdict && writes.length + effects.length + commands.length === 0) return
    await this.#put(seq => ({
      ...this.head(),
      kind: 'ReceiptRecorded',
      seq,
      epoch: this.#o.epoch,
      cycle: verdict?.cycle ?? cycle,
      source: verdict?.source ?? 'localLaw',
      certificate: verdict?.certificate ?? null,
      dissent: [...(verdict?.dissent ?? [])],
      writes: [...writes],
      effects: [...effects],
      commands: [...commands],
      ...(draft.latencyUs === undefined ? {} : { latencyUs: draft.latencyUs }),
    }))
  }
  /** On a change only: a condition has one record, even in a flood (S35). */
  alarm(
    alarm: string,
    about: string | undefined,
    asset: string | undefined,
    state: 'raised' | 'returned',
    text: string,
  ): void {
    const named = { alarm, ...(about === undefined ? {} : { about }), ...(asset === undefined ? {} : { asset }) }
    const key = conditionKey(named)
    if (this.#raised.has(key) === (state === 'raised')) return
    if (state === 'raised') this.#raised.add(key)
    else this.#raised.delete(key)
    const condition = { ...named, text: text.slice(0, TEXT_MAX) }
    const note = () => this.#o.notebook.write({ k: 'alarm', state, condition })
    const tell = () => this.#tell(condition, state)
    const [first, second] = state === 'raised' ? [note, tell] : [tell, note]
    this.#turn = this.#turn.then(first).then(second).catch(this.#o.fail)
  }
  /**
   * What an earlier life raised. Whoever judges a condition anew from its own start on says when it returns; one that
   * ends with the life that saw it is `over`. The others are told again: the last life may not have come to it.
   */
  again(over: (condition: Condition) => boolean): void {
    for (const condition of this.#o.notebook.recovered.raised) {
      const { alarm, about, asset } = condition
      if (over(condition)) this.alarm(alarm, about, asset, 'returned', 'the gateway has started anew')
      else this.#turn = this.#turn.then(() => this.#tell(condition, 'raised'))
    }
  }
  #tell(condition: Condition, state: 'raised' | 'returned'): Promise<void> {
    return this.#put(seq => ({ ...this.head(), kind: 'AlarmObserved', seq, ...condition, state }))
  }
  proof(proof: Equivocation): void {
    void this.#put(seq => ({ ...this.head(), kind: 'EquivocationProven', seq, ...proof }))
  }

  /** Never rejects: a disk that fails is the end of whoever owns this, and nothing follows. */
  #put(fact: (seq: number) => Fact): Promise<void> {
    const { durable, fail } = this.#o
    return durable
      .put(seq => this.#sealed(fact(seq), seq))
      .catch(error => {
        fail(error)
        return new Promise<void>(() => {})
      })
  }
  /** A fact that no node admits would hold up all that follow it: a gap takes its place. */
  #sealed(fact: Fact, seq: number): string {
    const { ports, signer } = this.#o
    const body = sealFact(fact, signer)
    const parsed = parseFact(body)
    if (parsed.kind === 'fact') return body
    ports.note('error', 'a fact of this gateway has no known shape', { kind: fact.kind, reason: parsed.reason })
    return sealGap(this.head(), 'durable', { first: seq, last: seq }, seq, `${fact.kind}: ${parsed.code}`, signer)
  }
}
