/**
 * What travels between a gateway and a node. Up: `frame`, `durable`, `history`, `observed`. Down: `ack` (appended),
 * `seen` (read from the log), `candidate`, `manifest`, `nudge`, `beat`. Each side first signs the other's nonce.
 */
import Type from 'typebox'
import { SignedCandidate } from './candidate.ts'
import { BASE64URL, SLUG } from './ids.ts'
import { SignedManifest } from './manifest.ts'
import { OBSERVED_CHARS_MAX } from './observed.ts'

const closed = { additionalProperties: false } as const
const Slug = Type.String({ pattern: SLUG })
const Count = Type.Integer({ minimum: 0 })
const Nonce = Type.String({ pattern: BASE64URL, minLength: 22, maxLength: 64 })
const Sig = Type.String({ pattern: BASE64URL })
/** A record body, already signed by its author. */
const Body = Type.String({ maxLength: 4_000_000 })

/** What an outbox sends: numbered, in order. */
const Stream = Type.Union([Type.Literal('durable'), Type.Literal('history')])

/** Both ways, before anything else. */
export const Hello = Type.Object({ t: Type.Literal('hello'), by: Slug, tenant: Slug, site: Slug, nonce: Nonce }, closed)
export const Proof = Type.Object({ t: Type.Literal('proof'), signature: Sig }, closed)

export const UplinkUp = Type.Union([
  Hello,
  Proof,
  Type.Object({ t: Type.Literal('frame'), cycle: Count, body: Body }, closed),
  Type.Object({ t: Stream, first: Count, last: Count, bodies: Type.Array(Body, { maxItems: 256 }) }, closed),
  /** What the gateway tells of its actors: to any one node, the newest wins, nobody answers. */
  Type.Object({ t: Type.Literal('observed'), body: Type.String({ maxLength: OBSERVED_CHARS_MAX }) }, closed),
])
export type UplinkUp = Type.Static<typeof UplinkUp>

export const UplinkDown = Type.Union([
  Hello,
  Proof,
  Type.Object({ t: Type.Literal('ack'), stream: Type.Literal('frame'), cycle: Count }, closed),
  /** Just this batch was appended. */
  Type.Object({ t: Type.Literal('ack'), stream: Stream, first: Count, last: Count }, closed),
  /** This node has read the durable stream up to `last` from the log; told anew on each link and with each batch. */
  Type.Object({ t: Type.Literal('seen'), stream: Type.Literal('durable'), last: Count }, closed),
  Type.Object({ t: Type.Literal('candidate'), candidate: SignedCandidate }, closed),
  /** A manifest was installed in the log; its own signatures authenticate it, not this node. */
  Type.Object({ t: Type.Literal('manifest'), manifest: SignedManifest }, closed),
  /** An urgent command waits: an early frame is welcome. */
  Type.Object({ t: Type.Literal('nudge') }, closed),
  Type.Object({ t: Type.Literal('beat') }, closed),
])
export type UplinkDown = Type.Static<typeof UplinkDown>
