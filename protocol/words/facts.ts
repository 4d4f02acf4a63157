/**
 * Everything that can happen to a site, on one screen. A fact is past tense, immutable and signed by who says so; the
 * log holds it as `<signature> <canonical JSON>`. `v` is the version of its shape (`codec/upcast.ts`).
 *
 * Each producer's stream carries its own order, so that the step drops repeats by one high-water mark for each:
 * frames by (epoch, cycle); the gateway's durable facts by `seq`; a node's claims of time by (epoch, seq); commands by
 * their id, remembered for as long as their stamp is acceptable.
 */
import Type from 'typebox'
import { BASE64URL, COMMAND, HEX256, NAME, SLUG } from './ids.ts'
import { SignedManifest } from './manifest.ts'
import { PointValue } from './quality.ts'

const closed = { additionalProperties: false } as const
const Slug = Type.String({ pattern: SLUG })
const Name = Type.String({ pattern: NAME })
const Count = Type.Integer({ minimum: 0 })
const Hex = Type.String({ pattern: HEX256 })
const Sig = Type.String({ pattern: BASE64URL })
const Text = Type.String({ maxLength: 512 })
/** A fact of one site. */
const ofSite = { v: Type.Literal(1), tenant: Slug, site: Slug, by: Slug } as const

/** How the asset's output is governed at the gateway (DESIGN, the ladder). */
export const ChannelState = Type.Enum([
  'following',
  'holding',
  'localLaw',
  'deviceDefault',
  'deviceLocal',
  'unresolved',
])
export type ChannelState = Type.Static<typeof ChannelState>

/** What one asset showed in a cycle: its points, how it is governed, and what was last applied to it. */
export const AssetFrame = Type.Object(
  {
    points: Type.Record(Name, PointValue, closed),
    channel: ChannelState,
    /** Setpoints as last read back from the device, smallest steps; the ramp starts here. Empty before the first. */
    applied: Type.Record(Name, Type.Integer(), closed),
    /** Of `applied`, what the gateway's own laws (FCR) added. */
    local: Type.Record(Name, Type.Integer(), closed),
  },
  closed,
)
export type AssetFrame = Type.Static<typeof AssetFrame>

/** Each slot of T classed once at its end; totals since the site was commissioned. */
export const Slots = Type.Object(
  { onTime: Count, late: Count, held: Count, uncovered: Count, fieldDown: Count },
  closed,
)
export type Slots = Type.Static<typeof Slots>
export const NO_SLOTS: Slots = { onTime: 0, late: 0, held: 0, uncovered: 0, fieldDown: 0 }

/** All points of a site in one cycle. Sent even if every read failed. */
export const FrameMeasured = Type.Object(
  {
    ...ofSite,
    kind: Type.Literal('FrameMeasured'),
    epoch: Count,
    cycle: Count,
    assets: Type.Record(Name, AssetFrame, closed),
    slots: Slots,
  },
  closed,
)

/** One node's claim of what time it is. One record per partition and second, stepped into every site of it. */
export const TimeAdvanced = Type.Object(
  {
    v: Type.Literal(1),
    kind: Type.Literal('TimeAdvanced'),
    tenant: Slug,
    by: Slug,
    partition: Count,
    epoch: Count,
    seq: Count,
    atMs: Count,
  },
  closed,
)

/** A person or program asks. Accepted or rejected in the step, at this position. */
export const CommandRequested = Type.Object(
  {
    ...ofSite,
    kind: Type.Literal('CommandRequested'),
    id: Type.String({ pattern: COMMAND }),
    /** An asset's name, or `site` for the site's own commands. */
    target: Name,
    name: Name,
    params: Type.Record(Name, Type.Union([Type.String({ maxLength: 64 }), Type.Integer()]), closed),
    issuedAtMs: Count,
    /** How long it may wait to be carried out, from `issuedAtMs`. */
    expiresMs: Type.Integer({ minimum: 1, maximum: 86_400_000 }),
  },
  closed,
)

/** Where a verdict came from. */
export const VerdictSource = Type.Enum(['majority', 'single', 'localLaw', 'deviceDefault'])
export type VerdictSource = Type.Static<typeof VerdictSource>

/** A digest with the signatures of a quorum, by node key. */
export const Certificate = Type.Object(
  { epoch: Count, cycle: Count, digest: Hex, signatures: Type.Record(Slug, Sig, closed) },
  closed,
)
export type Certificate = Type.Static<typeof Certificate>

export const WriteOutcome = Type.Enum(['confirmed', 'mismatched', 'clamped', 'failed', 'unknown', 'suppressed'])
export type WriteOutcome = Type.Static<typeof WriteOutcome>

/**
 * One write to the field, said in its separate stages: what was decided, what the envelope and the register's step made
 * of it, whether the protocol took it, what the register held afterwards. `effect` is what was measured of it, judged
 * in a later cycle and reported by itself (S9).
 */
export const WriteReceipt = Type.Object(
  {
    asset: Name,
    name: Name,
    kind: Type.Union([Type.Literal('setpoint'), Type.Literal('pulse')]),
    /** Pulse: its id; setpoint: absent. */
    id: Type.Optional(Type.String({ maxLength: 128 })),
    decided: Type.Integer(),
    /** After law, ramp, envelope and quantising. */
    written: Type.Integer(),
    /** The limit that bound between the two, where one did. */
    boundBy: Type.Optional(Text),
    accepted: Type.Boolean(),
    readBack: Type.Union([Type.Integer(), Type.Null()]),
    outcome: WriteOutcome,
    reason: Type.Optional(Text),
    /** Observe mode: what the controller at the site had set meanwhile. */
    present: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  },
  closed,
)
export type WriteReceipt = Type.Static<typeof WriteReceipt>

export const EffectReceipt = Type.Object(
  {
    asset: Name,
    name: Name,
    effect: Type.Union([Type.Literal('reached'), Type.Literal('notReached'), Type.Literal('unmeasured')]),
    wanted: Type.Integer(),
    measured: Type.Union([Type.Integer(), Type.Null()]),
    afterMs: Count,
  },
  closed,
)
export type EffectReceipt = Type.Static<typeof EffectReceipt>

export const CommandTerminal = Type.Enum(['confirmed', 'failed', 'expired', 'superseded', 'cancelled', 'unknown'])
export type CommandTerminal = Type.Static<typeof CommandTerminal>

export const CommandReceipt = Type.Object(
  { id: Type.String({ pattern: COMMAND }), outcome: CommandTerminal, reason: Type.Optional(Text) },
  closed,
)
export type CommandReceipt = Type.Static<typeof CommandReceipt>

export const Dissent = Type.Object({ by: Slug, digest: Hex }, closed)

/** What the gateway made of a cycle: the verdict, each write, each command that ended. */
export const ReceiptRecorded = Type.Object(
  {
    ...ofSite,
    kind: Type.Literal('ReceiptRecorded'),
    seq: Count,
    epoch: Count,
    cycle: Count,
    source: VerdictSource,
    certificate: Type.Union([Certificate, Type.Null()]),
    dissent: Type.Array(Dissent, { maxItems: 8 }),
    writes: Type.Array(WriteReceipt, { maxItems: 1024 }),
    effects: Type.Array(EffectReceipt, { maxItems: 1024 }),
    commands: Type.Array(CommandReceipt, { maxItems: 1024 }),
    /** Frame emitted to read-back done, host time; absent where nothing was written. */
    latencyUs: Type.Optional(Count),
  },
  closed,
)

/** What only the gateway sees: dissent, silence, a second writer, a lost link. */
export const AlarmObserved = Type.Object(
  {
    ...ofSite,
    kind: Type.Literal('AlarmObserved'),
    seq: Count,
    alarm: Name,
    asset: Type.Optional(Name),
    /** The node, writer or link that it is about. */
    about: Type.Optional(Text),
    state: Type.Union([Type.Literal('raised'), Type.Literal('returned')]),
    text: Text,
  },
  closed,
)

/** The outbox overflowed: exactly these entries of the stream are gone (S21). */
export const GapRecorded = Type.Object(
  {
    ...ofSite,
    kind: Type.Literal('GapRecorded'),
    seq: Count,
    stream: Type.Union([Type.Literal('durable'), Type.Literal('history')]),
    first: Count,
    last: Count,
    reason: Text,
  },
  closed,
)

export const AlarmAcknowledged = Type.Object(
  {
    ...ofSite,
    kind: Type.Literal('AlarmAcknowledged'),
    id: Type.String({ pattern: COMMAND }),
    alarm: Type.String({ maxLength: 128 }),
    issuedAtMs: Count,
    /** Present: shelved until this log time instead of acknowledged. */
    shelveUntilMs: Type.Optional(Count),
    reason: Type.Optional(Text),
  },
  closed,
)

/** A site's constitution, signed by k of n administrators; its own signatures authenticate it. */
export const ManifestInstalled = Type.Object(
  { ...ofSite, kind: Type.Literal('ManifestInstalled'), manifest: SignedManifest },
  closed,
)

/** Two signed candidates of one key for one cycle that cannot both be honest. It needs nothing but itself (S15). */
export const Equivocation = Type.Object(
  {
    key: Slug,
    /** Whose signatures they are: under this name there may be another key by now. */
    publicKey: Sig,
    first: Type.Object({ bytes: Type.String(), signature: Sig }, closed),
    second: Type.Object({ bytes: Type.String(), signature: Sig }, closed),
  },
  closed,
)
export type Equivocation = Type.Static<typeof Equivocation>

/** Anyone may submit it; `seq` is the gateway's, whose durable stream it is part of. */
export const EquivocationProven = Type.Object(
  { ...ofSite, kind: Type.Literal('EquivocationProven'), seq: Type.Optional(Count), ...Equivocation.properties },
  closed,
)

/** An administrator passes a record whose step does not end. */
export const FactSkipped = Type.Object(
  { ...ofSite, kind: Type.Literal('FactSkipped'), position: Count, reason: Text },
  closed,
)

export const FACTS = {
  FrameMeasured,
  TimeAdvanced,
  CommandRequested,
  ReceiptRecorded,
  AlarmObserved,
  GapRecorded,
  AlarmAcknowledged,
  ManifestInstalled,
  EquivocationProven,
  FactSkipped,
} as const

export type FactKind = keyof typeof FACTS
export type FactOf<K extends FactKind> = Type.Static<(typeof FACTS)[K]>
export type Fact = { [K in FactKind]: FactOf<K> }[FactKind]
export type SiteFact = Exclude<Fact, FactOf<'TimeAdvanced'>>
