/** One good fact of each kind, and the manifest under which they are said. */
import type { Fact, FactKind, FactOf } from '../../../protocol/words/facts.ts'
import type { Role } from '../../../protocol/words/manifest.ts'
import { byAdministrator, frame, head, installed, manifestOf, signerOf } from '../controller/household.ts'

export const EVERY_ROLE: readonly Role[] = ['node', 'gateway', 'administrator', 'engineer', 'operator', 'viewer']
/** A key for each role, called like it. */
export const manifest = manifestOf({
  keys: Object.fromEntries(EVERY_ROLE.map(role => [role, { publicKey: signerOf(role).publicKey, roles: [role] }])),
})
const certificate = { epoch: 1, cycle: 7, digest: 'a'.repeat(64), signatures: { 'node-a': 'sig', 'node-b': 'sig' } }
const statement = { bytes: '{}', signature: 'sig' }

export const FACT_OF: { readonly [K in FactKind]: FactOf<K> } = {
  FrameMeasured: frame(7),
  TimeAdvanced: { v: 1, kind: 'TimeAdvanced', tenant: 'demo', by: 'node', partition: 0, epoch: 1, seq: 1, atMs: 1 },
  CommandRequested: {
    ...head,
    kind: 'CommandRequested',
    by: 'operator',
    id: 'command-1',
    target: 'bat1',
    name: 'start',
    params: { a: '1 kW', b: 2 },
    issuedAtMs: 1,
    expiresMs: 1,
  },
  ReceiptRecorded: {
    ...head,
    kind: 'ReceiptRecorded',
    by: 'gateway',
    seq: 1,
    epoch: 1,
    cycle: 7,
    source: 'majority',
    certificate,
    dissent: [{ by: 'node-c', digest: 'b'.repeat(64) }],
    writes: [
      {
        asset: 'bat1',
        name: 'power',
        kind: 'setpoint',
        decided: 1,
        written: 1,
        accepted: true,
        readBack: 1,
        outcome: 'confirmed',
      },
    ],
    effects: [{ asset: 'bat1', name: 'power', effect: 'reached', wanted: 1, measured: 1, afterMs: 2 }],
    commands: [{ id: 'command-1', outcome: 'confirmed' }],
  },
  AlarmObserved: {
    ...head,
    kind: 'AlarmObserved',
    by: 'gateway',
    seq: 1,
    alarm: 'dissent',
    state: 'raised',
    text: 'x',
  },
  GapRecorded: {
    ...head,
    kind: 'GapRecorded',
    by: 'gateway',
    seq: 1,
    stream: 'durable',
    first: 1,
    last: 2,
    reason: 'x',
  },
  AlarmAcknowledged: { ...head, kind: 'AlarmAcknowledged', by: 'operator', id: 'ack-00001', alarm: 'x', issuedAtMs: 1 },
  ManifestInstalled: installed(byAdministrator(manifestOf())),
  EquivocationProven: {
    ...head,
    kind: 'EquivocationProven',
    by: 'node',
    key: 'node-b',
    publicKey: 'key',
    first: statement,
    second: statement,
  },
  FactSkipped: { ...head, kind: 'FactSkipped', by: 'administrator', position: 7, reason: 'x' },
}
export const KINDS = Object.keys(FACT_OF) as FactKind[]
export const as = (fact: Fact, changes: object): Fact => ({ ...fact, ...changes }) as Fact
