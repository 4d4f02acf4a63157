/** What the gateway says of itself and of the site: receipts, alarms, proofs; sealed and put into the durable outbox. */
import { parseFact, sealFact } from '../protocol/codec/fact.ts'
import type { Signer } from '../protocol/codec/sign.ts'
import type { Ports } from '../protocol/ports.ts'
import type { Equivocation, Fact } from '../protocol/words/facts.ts'
import type { Manifest } from '../protocol/words/manifest.ts'
import type { ReceiptDraft } from './executor.ts'
import type { Outbox } from './outbox.ts'
import { sealGap } from './outboxes.ts'

export interface ReportsOptions {
  readonly ports: Ports
  readonly signer: Signer
  readonly manifest: Manifest
  readonly durable: Outbox
  readonly epoch: number
  readonly fail: (error: unknown) => void
}

export class Reports {
  readonly #o: ReportsOptions
  /** State of each condition that was told, by name, about and asset. */
  readonly #raised = new Map<string, string>()

  constructor(options: ReportsOptions) {
    this.#o = options
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
    const key = `${alarm} ${about ?? ''} ${asset ?? ''}`
    if ((this.#raised.get(key) ?? 'returned') === state) return
    this.#raised.set(key, state)
    void this.#put(seq => ({
      ...this.head(),
      kind: 'AlarmObserved',
      seq,
      alarm,
      ...(asset === undefined ? {} : { asset }),
      ...(about === undefined ? {} : { about }),
      state,
      text: text.slice(0, 512),
    }))
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
