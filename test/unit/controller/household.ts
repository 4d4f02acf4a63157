/** A household whose facts are made by hand, its controller stepped one fact at a time; keys are cheap stand-ins. */

import { type AlarmCondition, alarmCondition } from '../../../actors/alarms/life.ts'
import { SiteFold, type Taken } from '../../../actors/controller/fold.ts'
import { type Site, siteOf } from '../../../actors/controller/site.ts'
import { type CommandRecord, type SiteState, startSite } from '../../../actors/controller/state.ts'
import { type Stepped, step } from '../../../actors/controller/step.ts'
import { builtIn } from '../../../actors/engine.ts'
import { actorState } from '../../../actors/kit/host.ts'
import { recordAt } from '../../../actors/kit/keyed.ts'
import { sha256 } from '../../../protocol/codec/canonical.ts'
import { sealFact } from '../../../protocol/codec/fact.ts'
import { signManifest } from '../../../protocol/codec/manifest.ts'
import type { Signer, Verifier } from '../../../protocol/codec/sign.ts'
import { type AssetFrame, type Fact, type FactOf, NO_SLOTS } from '../../../protocol/words/facts.ts'
import type { Digest, KeyId, PublicKey, Signature } from '../../../protocol/words/ids.ts'
import type { Manifest, SignedManifest } from '../../../protocol/words/manifest.ts'
import type { PointValue } from '../../../protocol/words/quality.ts'
import { readSiteFile } from '../../../supervisors/site/file.ts'
import { resolveSite } from '../../../supervisors/site/resolve.ts'
import { keysOf, NODES } from '../../../supervisors/site/who.ts'

export const ENGINE = sha256('the engine of this test') as Digest
export { NODES }

/** Signs with a hash over its public name: enough to tell keys, purposes and texts apart. */
export const signerOf = (key: string, generation = 'first'): Signer => {
  const publicKey = sha256(`${key} ${generation}`) as unknown as PublicKey
  return { key: key as KeyId, publicKey, sign: (purpose, text) => signed(purpose, publicKey, text) }
}
const signed = (purpose: string, publicKey: string, text: string) =>
  sha256(`${purpose} ${publicKey} ${text}`) as unknown as Signature
export const verifier: Verifier = {
  verify: (purpose, key, text, signature) => signed(purpose, key, text) === signature,
}

const keys = keysOf(id => signerOf(id).publicKey)
const HOME = new URL('./household.yaml', import.meta.url).pathname

export function manifestOf(changes: Partial<Manifest> = {}): Manifest {
  const { file } = readSiteFile(HOME)
  const who = { keys, replicas: NODES, threshold: 1, engine: ENGINE }
  return { ...resolveSite(file, builtIn, who), ...changes }
}
export const byAdministrator = (manifest: Manifest): SignedManifest =>
  signManifest({ manifest, signatures: {} }, signerOf('administrator'))

/** Log time begins here. */
export const START_MS = 1_750_000_000_000
export const head = { v: 1, tenant: 'demo', site: 'home' } as const

const good = (value: number | string, unit?: string): PointValue =>
  ({ value, ...(unit && { unit }), quality: 'good', ageMs: 0 }) as PointValue
export const batteryPoints = (changes: Record<string, PointValue> = {}): AssetFrame['points'] => ({
  soc: good(500, '%'),
  voltage: good(370_000, 'V'),
  linkVoltage: good(0, 'V'),
  current: good(0, 'A'),
  power: good(0, 'W'),
  mode: good('remote'),
  temperature: good(220, '°C'),
  ...changes,
})
export const BAD: PointValue = { value: null, quality: 'bad', ageMs: 0 }
export { good }

export type Assets = Record<string, AssetFrame>
export const assetsOf = (changes: Partial<Record<string, Partial<AssetFrame>>> = {}): Assets => {
  const idle = { channel: 'following', applied: {}, local: {} } as const
  const all: Assets = {
    grid: {
      ...idle,
      points: {
        power: good(500, 'W'),
        frequency: good(50_000, 'Hz'),
        voltage: good(230_000, 'V'),
        imported: good(0, 'Wh'),
        exported: good(0, 'Wh'),
        breaker: good('closed'),
      },
    },
    load1: { ...idle, points: { power: good(-500, 'W'), energy: good(0, 'Wh') } },
    bat1: { ...idle, points: batteryPoints() },
    bat2: { ...idle, points: batteryPoints() },
  }
  for (const [name, change] of Object.entries(changes)) all[name] = { ...all[name]!, ...change }
  return all
}

export const installed = (manifest: SignedManifest): FactOf<'ManifestInstalled'> => ({
  ...head,
  kind: 'ManifestInstalled',
  by: 'administrator',
  manifest,
})
type Claim = FactOf<'TimeAdvanced'>
export const claim = (by: string, seq: number, atMs: number, changes: Partial<Claim> = {}): Claim => ({
  v: 1,
  kind: 'TimeAdvanced',
  tenant: 'demo',
  by,
  partition: 0,
  epoch: 1,
  seq,
  atMs,
  ...changes,
})
type Frame = FactOf<'FrameMeasured'>
export const frame = (cycle: number, changes: Partial<Frame> = {}): Frame => ({
  ...head,
  kind: 'FrameMeasured',
  by: 'gateway',
  epoch: 1,
  cycle,
  assets: assetsOf(),
  slots: NO_SLOTS,
  ...changes,
})
export const asked = (id: string, target: string, name: string, atMs = START_MS): FactOf<'CommandRequested'> => ({
  ...head,
  kind: 'CommandRequested',
  by: 'operator',
  id,
  target,
  name,
  params: {},
  issuedAtMs: atMs,
  expiresMs: 60_000,
})

/** Whose record is gone is normal. */
export const conditionOf = ({ alarms }: SiteState, key: string): AlarmCondition => {
  const alarm = recordAt(alarms, key)
  return alarm ? alarmCondition(alarm) : 'normal'
}

/** Key of the alarm that `observed` is about. */
export const DISSENT = 'gateway.dissent.node-b'

export class Bench {
  readonly site: Site
  state: SiteState
  last!: Stepped
  #position = 0
  #seq: Record<string, number> = {}
  #cycle = 0
  epoch = 1

  constructor(manifest: Manifest = manifestOf(), change: Partial<Site> = {}) {
    this.site = { ...siteOf(manifest, builtIn), ...change }
    this.state = startSite(this.site)
  }
  take(fact: Fact): this {
    this.last = step(this.site, this.state, fact, this.#position++)
    this.state = this.last.state
    return this
  }
  claim(by: string, atMs: number, changes: Partial<Claim> = {}): this {
    const seq = (this.#seq[by] = (this.#seq[by] ?? 0) + 1)
    return this.take(claim(by, seq, atMs, changes))
  }
  /** All three nodes agree. */
  time(atMs: number): this {
    for (const node of NODES) this.claim(node, atMs)
    return this
  }
  frame(changes: Partial<Record<string, Partial<AssetFrame>>> = {}, fields: Partial<Frame> = {}): this {
    this.#cycle = fields.cycle ?? this.#cycle + 1
    return this.take(frame(this.#cycle, { epoch: this.epoch, assets: assetsOf(changes), ...fields }))
  }
  command(target: string, name: string, changes: Partial<FactOf<'CommandRequested'>> = {}): this {
    const id = `${target}-${name}-${this.#position}`.padEnd(8, '-')
    return this.take({ ...asked(id, target, name, this.state.now), expiresMs: 30_000, ...changes })
  }
  receipt(changes: Partial<FactOf<'ReceiptRecorded'>> = {}): this {
    const seq = (this.#seq.durable = (this.#seq.durable ?? 0) + 1)
    const empty = { dissent: [], writes: [], effects: [], commands: [] }
    const own = { kind: 'ReceiptRecorded', by: 'gateway', seq, epoch: this.epoch, cycle: this.#cycle } as const
    return this.take({ ...head, ...own, source: 'majority', certificate: null, ...empty, ...changes })
  }
  pulsed(id: string, outcome: 'confirmed' | 'failed' | 'unknown' = 'confirmed'): this {
    const [asset = ''] = id.split('-')
    const write = {
      asset,
      name: 'x',
      kind: 'pulse',
      id,
      decided: 1,
      written: 1,
      accepted: true,
      readBack: null,
      outcome,
    } as const
    return this.receipt({ writes: [write] })
  }

  /** The gateway says that a node dissents, or no longer does. */
  observed(state: 'raised' | 'returned', changes: Partial<FactOf<'AlarmObserved'>> = {}): this {
    const own = { kind: 'AlarmObserved', by: 'gateway', seq: this.state.durable + 1, alarm: 'dissent' } as const
    return this.take({ ...head, ...own, about: 'node-b', state, text: 'of cycle 7', ...changes })
  }
  acknowledged(changes: Partial<FactOf<'AlarmAcknowledged'>> = {}): this {
    const own = { kind: 'AlarmAcknowledged', by: 'operator', id: 'ack-00001', alarm: DISSENT } as const
    return this.take({ ...head, ...own, issuedAtMs: this.state.now, ...changes })
  }

  /** Of the newest command. */
  get record(): CommandRecord {
    return Object.values(this.state.commands).at(-1)!
  }
  where(asset: string): string {
    return actorState(asset === 'site' ? this.state.mode : this.state.assets[asset]!).paths.join(', ')
  }
  /** Time agreed, one frame, the mode chosen. */
  static started(mode = 'automatic', bench = new Bench()): Bench {
    return bench.time(START_MS).frame().command('site', mode)
  }
  /** Both batteries run. */
  static running(mode = 'automatic', fresh = new Bench()): Bench {
    const bench = Bench.started('automatic', fresh).command('bat1', 'start').command('bat2', 'start')
    const linked = { points: batteryPoints({ linkVoltage: good(369_000, 'V') }) }
    bench
      .frame({ bat1: linked, bat2: linked })
      .time(START_MS + 1_000)
      .frame({ bat1: linked, bat2: linked })
    return mode === 'automatic' ? bench.frame() : bench.frame().command('site', mode)
  }
}

/** A fold and what it is fed, sealed by its author. */
export class FoldBench {
  readonly fold: SiteFold
  readonly bodies: string[] = []

  constructor() {
    this.fold = new SiteFold(FoldBench.options)
  }
  static readonly options = { tenant: 'demo', site: 'home', definitions: builtIn, engine: ENGINE, verifier }
  take(fact: Fact, by: Signer = signerOf(fact.by)): Taken {
    return this.body(sealFact(fact, by))
  }
  body(body: string): Taken {
    this.bodies.push(body)
    return this.fold.take(this.bodies.length - 1, body)
  }
  install(manifest: SignedManifest): Taken {
    return this.take(installed(manifest))
  }
}
