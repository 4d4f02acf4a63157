/**
 * A site's constitution: the whole resolved site, whose keys count, and how decisions are made. Signed by k of n
 * administrators, installed through the log, versions only rise (S33). Addresses are the gateway's configuration and
 * stand outside it.
 */
import Type from 'typebox'
import { LocalLaw } from './candidate.ts'
import { BASE64URL, HEX256, NAME, SLUG } from './ids.ts'
import { RegisterMap } from './register-map.ts'

const closed = { additionalProperties: false } as const
const Slug = Type.String({ pattern: SLUG })
const Name = Type.String({ pattern: NAME })
const Count = Type.Integer({ minimum: 0 })
const Hex = Type.String({ pattern: HEX256 })
const Duration = Type.Integer({ minimum: 1 })
const Setting = Type.Union([Type.Integer(), Type.String({ maxLength: 4096 })])

export const Role = Type.Enum(['node', 'gateway', 'administrator', 'engineer', 'operator', 'viewer'])
export type Role = Type.Static<typeof Role>
/** What a person may be; the others are processes of the site. */
export const PEOPLE: readonly Role[] = ['administrator', 'engineer', 'operator', 'viewer']

export const KeyEntry = Type.Object(
  { publicKey: Type.String({ pattern: BASE64URL }), roles: Type.Array(Role, { minItems: 1 }) },
  closed,
)
export type KeyEntry = Type.Static<typeof KeyEntry>

/** Limits that no write may leave, whoever asks; rates in steps per second, 0: none. */
export const SetpointEnvelope = Type.Object(
  { min: Type.Integer(), max: Type.Integer(), rise: Count, fall: Count, safe: Type.Integer() },
  closed,
)
export type SetpointEnvelope = Type.Static<typeof SetpointEnvelope>

/** What the gateway does with an asset once no verdict is valid: go to `values` for `forMs`, then leave it to the device. */
export const LocalFallback = Type.Object({ values: Type.Record(Name, Type.Integer(), closed), forMs: Count }, closed)
export type LocalFallback = Type.Static<typeof LocalFallback>

export const ManifestAsset = Type.Object(
  {
    name: Name,
    type: Name,
    version: Type.Integer({ minimum: 1 }),
    settings: Type.Record(Name, Setting, closed),
    driver: Type.Literal('modbus'),
    map: RegisterMap,
    envelope: Type.Record(Name, SetpointEnvelope, closed),
    fallback: LocalFallback,
    /** Points older than this are bad, ms. */
    staleAfterMs: Duration,
  },
  closed,
)
export type ManifestAsset = Type.Static<typeof ManifestAsset>

export const ManifestStrategy = Type.Object(
  {
    name: Name,
    type: Name,
    version: Type.Integer({ minimum: 1 }),
    /** Lower decides first. */
    priority: Count,
    settings: Type.Record(Name, Setting, closed),
    roles: Type.Record(Name, Type.Array(Name, { minItems: 1 }), closed),
  },
  closed,
)
export type ManifestStrategy = Type.Static<typeof ManifestStrategy>

export const Manifest = Type.Object(
  {
    v: Type.Literal(1),
    tenant: Slug,
    site: Slug,
    title: Type.String({ maxLength: 200 }),
    partition: Count,
    version: Type.Integer({ minimum: 1 }),
    previous: Type.Union([Hex, Type.Null()]),
    /** In force from this cycle on; null: from its position in the log. */
    fromCycle: Type.Union([Count, Type.Null()]),
    timing: Type.Object({ cycleMs: Duration, deadlineMs: Duration, validityMs: Duration, fastMs: Duration }, closed),
    /** Node keys whose candidates count; a majority of them is the quorum. */
    replicas: Type.Array(Slug, { minItems: 1, maxItems: 7 }),
    keys: Type.Record(Slug, KeyEntry, closed),
    /** How many administrators must sign the next version. */
    threshold: Type.Integer({ minimum: 1 }),
    /** The engine that votes, by hash, from which cycle on; the last that has begun is active. */
    engines: Type.Array(Type.Object({ hash: Hex, fromCycle: Count }, closed), { minItems: 1 }),
    assets: Type.Array(ManifestAsset, { minItems: 1 }),
    strategies: Type.Array(ManifestStrategy),
    /** Laws that the gateway evaluates by itself, under each certificate. */
    laws: Type.Array(LocalLaw),
    limits: Type.Object({ importMaxW: Count, exportMaxW: Count, meter: Name }, closed),
    /** Priority fallback to a single replica after validity: how long, and what share of the envelope. Null: not allowed. */
    single: Type.Union([
      Type.Object({ forMs: Duration, envelopePermille: Type.Integer({ minimum: 0, maximum: 1000 }) }, closed),
      Type.Null(),
    ]),
    /** Every so many cycles a candidate carries the replica's state hash. */
    stateHashEvery: Type.Integer({ minimum: 1 }),
  },
  closed,
)
export type Manifest = Type.Static<typeof Manifest>

export const SignedManifest = Type.Object(
  { manifest: Manifest, signatures: Type.Record(Slug, Type.String({ pattern: BASE64URL }), closed) },
  closed,
)
export type SignedManifest = Type.Static<typeof SignedManifest>

/** Votes that make a quorum: more than half of the configured replicas, present or not. */
export const majorityOf = (replicas: number): number => Math.floor(replicas / 2) + 1

/** The engine that votes at a cycle (S18). */
export const engineAt = (manifest: Manifest, cycle: number): string => {
  let active = manifest.engines[0]!
  for (const engine of manifest.engines) if (engine.fromCycle <= cycle) active = engine
  return active.hash
}
