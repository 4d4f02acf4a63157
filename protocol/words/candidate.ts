/**
 * What one replica says should hold for one cycle. Its canonical bytes are equal on every correct replica: the digest
 * is over these bytes; who signed, and the signature, travel beside them.
 */
import Type from 'typebox'
import { BASE64URL, COMMAND, HEX256, NAME, SLUG } from './ids.ts'

const closed = { additionalProperties: false } as const
const Slug = Type.String({ pattern: SLUG })
const Name = Type.String({ pattern: NAME })
const Count = Type.Integer({ minimum: 0 })
const Hex = Type.String({ pattern: HEX256 })

/** Modes of a site, decided by the voted step; the gateway obeys the one in the certificate. */
export const Mode = Type.Enum(['off', 'observe', 'manual', 'automatic', 'safe'])
export type Mode = Type.Static<typeof Mode>

/** One setpoint, absolute: hold `value`, never outside [min, max], never faster than the rates (steps of the unit per second). */
export const SetpointAction = Type.Object(
  {
    value: Type.Integer(),
    min: Type.Integer(),
    max: Type.Integer(),
    /** Per second; 0: no ramp. */
    rise: Count,
    fall: Count,
    /** Law and reason in words: `peakShaving: above peak`. */
    why: Type.String({ maxLength: 256 }),
    /** The named limit that binds the value, where one does. */
    boundBy: Type.Optional(Type.String({ maxLength: 128 })),
  },
  closed,
)
export type SetpointAction = Type.Static<typeof SetpointAction>

/** A one-shot write: executed once for its id, whatever repeats. */
export const PulseAction = Type.Object({ id: Type.String({ maxLength: 128 }), name: Name }, closed)
export type PulseAction = Type.Static<typeof PulseAction>

export const AssetAction = Type.Object(
  { setpoints: Type.Record(Name, SetpointAction, closed), pulses: Type.Array(PulseAction, { maxItems: 64 }) },
  closed,
)
export type AssetAction = Type.Static<typeof AssetAction>

/** A law that the gateway evaluates each of its fast cycles, on its own measurements. */
export const LocalLaw = Type.Union([
  Type.Object(
    {
      law: Type.Literal('fcr'),
      asset: Name,
      setpoint: Name,
      meter: Name,
      /** Power at full deviation, W. */
      reserveW: Count,
      fullDeviationMhz: Type.Integer({ minimum: 1 }),
      deadbandMhz: Count,
      nominalMhz: Type.Integer({ minimum: 1 }),
      /** A bus below this is dead; a frequency outside the window or moving faster is implausible: no response. */
      voltageMinMv: Count,
      frequencyMinMhz: Count,
      frequencyMaxMhz: Count,
      slewMhzPerSMax: Count,
      frozenAfterMs: Count,
    },
    closed,
  ),
  Type.Object(
    {
      law: Type.Literal('exportLimit'),
      asset: Name,
      setpoint: Name,
      meter: Name,
      /** Export at the grid connection stays at or below this, W. */
      limitW: Count,
      /** Production allowed while the meter is lost, W. */
      blindW: Count,
    },
    closed,
  ),
])
export type LocalLaw = Type.Static<typeof LocalLaw>

/** A command in force: it rides in every candidate until its receipt or its expiry. */
export const CommandAction = Type.Object(
  {
    id: Type.String({ pattern: COMMAND }),
    target: Name,
    name: Name,
    /** Its expiry has passed: the gateway ends it, unless its outputs are done. */
    over: Type.Boolean(),
    /** What must be done before it is confirmed: pulse ids, and setpoints by `asset.name`. */
    pulses: Type.Array(Type.String({ maxLength: 128 })),
    setpoints: Type.Array(Type.String({ maxLength: 128 })),
  },
  closed,
)
export type CommandAction = Type.Static<typeof CommandAction>

export const Actions = Type.Object(
  {
    mode: Mode,
    assets: Type.Record(Name, AssetAction, closed),
    laws: Type.Array(LocalLaw, { maxItems: 64 }),
    commands: Type.Array(CommandAction, { maxItems: 256 }),
  },
  closed,
)
export type Actions = Type.Static<typeof Actions>

export const Candidate = Type.Object(
  {
    v: Type.Literal(1),
    tenant: Slug,
    site: Slug,
    epoch: Count,
    cycle: Count,
    manifest: Hex,
    engine: Hex,
    position: Count,
    /** SHA-256 chain over the facts that this site's step has taken. */
    chain: Hex,
    actions: Actions,
    /** From the gateway's own emission of the frame. */
    validityMs: Type.Integer({ minimum: 1 }),
  },
  closed,
)
export type Candidate = Type.Static<typeof Candidate>

/** A candidate as it travels: canonical bytes, who signed, the signature; and, every N cycles, the state hash beside it. */
export const SignedCandidate = Type.Object(
  {
    by: Slug,
    bytes: Type.String({ maxLength: 1_000_000 }),
    signature: Type.String({ pattern: BASE64URL }),
    stateHash: Type.Optional(Hex),
  },
  closed,
)
export type SignedCandidate = Type.Static<typeof SignedCandidate>
