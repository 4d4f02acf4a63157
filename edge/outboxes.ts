/** The gateway's two outboxes: what it must not lose goes to the facts, frames that come too late go to history. */
import { sealFact } from '../protocol/codec/fact.ts'
import type { Signer } from '../protocol/codec/sign.ts'
import type { Ports } from '../protocol/ports.ts'
import type { FactOf } from '../protocol/words/facts.ts'
import type { Manifest } from '../protocol/words/manifest.ts'
import { type Gap, Outbox, type OutboxLimits, type Stream } from './outbox.ts'
import type { Uplinks } from './uplinks.ts'

export interface Outboxes {
  readonly durable: Outbox
  readonly history: Outbox
}

/** Exactly what is missing of a stream, and why (S21). */
export const sealGap = (
  head: Pick<FactOf<'GapRecorded'>, 'v' | 'tenant' | 'site' | 'by'>,
  stream: Stream,
  { first, last }: Gap,
  seq: number,
  reason: string,
  signer: Signer,
): string => sealFact({ ...head, kind: 'GapRecorded', seq, stream, first, last, reason }, signer)

export async function openOutboxes(
  ports: Ports,
  signer: Signer,
  { tenant, site }: Manifest,
  uplinks: Uplinks,
  fail: (error: unknown) => void,
  limits?: OutboxLimits,
): Promise<Outboxes> {
  const gap = (stream: Stream, of: Gap, seq: number, reason: string) =>
    sealGap({ v: 1, tenant, site, by: signer.key }, stream, of, seq, reason, signer)
  const common = {
    ports,
    key: signer.publicKey,
    send: (to: string, t: Stream, first: number, last: number, bodies: readonly string[]) =>
      void uplinks.send(to, { t, first, last, bodies: [...bodies] }),
    fail,
  }
  const inPlace = (g: Gap, reason: string) => gap('durable', g, g.last, reason)
  const durable = await Outbox.open(
    { ...common, stream: 'durable', onRecord: { kind: 'inPlace', seal: inPlace } },
    limits,
  )
  const tell = (g: Gap, reason: string) => durable.put(seq => gap('history', g, seq, reason))
  const history = await Outbox.open({ ...common, stream: 'history', onRecord: { kind: 'elsewhere', tell } }, limits)
  return { durable, history }
}
