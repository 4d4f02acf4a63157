/** A recorded site, made in one process and signed with real keys: what a gateway measured, what was decided, receipts. */
import { fileURLToPath } from 'node:url'
import { type FoldOptions, SiteFold } from '../../actors/controller/fold.ts'
import { builtIn } from '../../actors/engine.ts'
import { signCandidate } from '../../protocol/codec/candidate.ts'
import { sha256 } from '../../protocol/codec/canonical.ts'
import { sealFact } from '../../protocol/codec/fact.ts'
import { signManifest } from '../../protocol/codec/manifest.ts'
import { ed25519Signer, ed25519Verifier, newSecret, type Signer } from '../../protocol/codec/sign.ts'
import type { Candidate } from '../../protocol/words/candidate.ts'
import { type AssetFrame, type Fact, NO_SLOTS } from '../../protocol/words/facts.ts'
import { type Digest, type KeyId, keyId } from '../../protocol/words/ids.ts'
import type { Manifest, SignedManifest } from '../../protocol/words/manifest.ts'
import type { PointValue } from '../../protocol/words/quality.ts'
import { readSiteFile, type SiteFile } from '../../supervisors/site/file.ts'
import { resolveSite } from '../../supervisors/site/resolve.ts'
import { keysOf, NODES, ROLES } from '../../supervisors/site/who.ts'

export interface Recording {
  readonly options: FoldOptions
  readonly manifest: Manifest
  readonly bodies: readonly string[]
  /** A frame counts once for each asset that it reaches, every other record once. */
  readonly actorEvents: number
  readonly frames: number
  /** One node's key: what it costs to answer a frame is measured with it. */
  readonly node: Signer
}

export const HOME = fileURLToPath(new URL('../../sim/sites/home.yaml', import.meta.url))
const START_MS = Date.UTC(2025, 5, 21)

export function siteWithBatteries(count: number): SiteFile {
  const { file } = readSiteFile(HOME)
  const { grid, bat1 } = file.assets
  const names = Array.from({ length: count }, (_, i) => `bat${i + 1}`)
  return {
    ...file,
    assets: { grid: grid!, ...Object.fromEntries(names.map(name => [name, at(bat1!, name)])) },
    strategies: [{ ...file.strategies![0]!, roles: { meter: 'grid', storage: names } }],
    laws: [],
  }
}

const at = (asset: SiteFile['assets'][string], name: string) => ({
  ...asset,
  field: { ...asset.field, address: `plant://${name}` },
})

export const good = (value: number | string, unit?: string): PointValue =>
  ({ value, ...(unit && { unit }), quality: 'good', ageMs: 3 }) as PointValue

type Decided = Candidate | null
const powerOf = (decided: Decided, name: string) => decided?.actions.assets[name]?.setpoints.power?.value ?? 0

/** What an asset of each type would measure; `total`: what all batteries deliver. */
const POINTS: Readonly<Record<string, (cycle: number, own: number, total: number) => AssetFrame['points']>> = {
  gridConnection: (cycle, _, total) => ({
    power: good(12_000 + Math.round(9_000 * Math.sin(cycle / 20)) + ((cycle * 37) % 400) - total, 'W'),
    frequency: good(50_000 + ((cycle * 13) % 30), 'Hz'),
    voltage: good(230_000, 'V'),
    imported: good(1_000_000 + cycle, 'Wh'),
    exported: good(20_000, 'Wh'),
    breaker: good('closed'),
  }),
  load: cycle => ({ power: good(-500 - ((cycle * 37) % 400), 'W'), energy: good(cycle, 'Wh') }),
  pvInverter: cycle => ({
    power: good(1_000 + ((cycle * 11) % 90), 'W'),
    available: good(1_100, 'W'),
    temperature: good(300, '°C'),
    mode: good('remote'),
  }),
  battery: (cycle, own) => ({
    soc: good(500 + ((cycle >> 5) % 20), '%'),
    voltage: good(370_000 + ((cycle * 7) % 900), 'V'),
    linkVoltage: good(cycle > 2 ? 369_000 : 0, 'V'),
    current: good(own * 2, 'A'),
    power: good(own, 'W'),
    mode: good('remote'),
    temperature: good(220 + (cycle % 9), '°C'),
  }),
}

/** The meter moves with the load; each battery has the power that was decided for it last. */
function measured(cycle: number, manifest: Manifest, decided: Decided): Record<string, AssetFrame> {
  const total = manifest.assets.reduce((sum, { name }) => sum + powerOf(decided, name), 0)
  const frames = manifest.assets.map(({ name, type }): [string, AssetFrame] => {
    const own = powerOf(decided, name)
    const applied: Record<string, number> = type === 'battery' ? { power: own } : {}
    return [name, { points: POINTS[type]!(cycle, own, total), channel: 'following', applied, local: {} }]
  })
  return Object.fromEntries(frames)
}

const ENGINE = sha256('the engine of this benchmark')
const fresh = (id: KeyId): Signer => ed25519Signer(id, newSecret())

/** A site that is recorded cycle by cycle: what a log of any length is made of, without holding it in memory. */
export class Recorder {
  readonly options: FoldOptions
  readonly manifest: Manifest
  readonly signers: Readonly<Record<string, Signer>>
  readonly fold: SiteFold
  actorEvents = 0
  #position = 0
  #cycle = 0
  #decided: Candidate | null = null
  readonly #started: readonly string[]

  constructor(file: SiteFile, engine: Digest = ENGINE, signerOf: (id: KeyId) => Signer = fresh) {
    const signers = Object.fromEntries(Object.keys(ROLES).map(id => [id, signerOf(keyId(id))]))
    const keys = keysOf(id => signers[id]!.publicKey)
    this.signers = signers
    this.manifest = resolveSite(file, builtIn, { keys, replicas: NODES, threshold: 1, engine })
    const { tenant, site, assets } = this.manifest
    this.options = { tenant, site, definitions: builtIn, engine, verifier: ed25519Verifier() }
    this.#started = assets.filter(a => 'start' in builtIn.assets[a.type]!.spec.commands).map(a => a.name)
    this.fold = new SiteFold(this.options)
  }

  get signed(): SignedManifest {
    return signManifest({ manifest: this.manifest, signatures: {} }, this.signers.administrator!)
  }
  /** The records of the next cycle; the first has the manifest before it. */
  next(): string[] {
    const { tenant, site, partition } = this.manifest
    const head = { v: 1 as const, tenant, site }
    const bodies: string[] = []
    const append = (fact: Fact) => {
      const body = sealFact(fact, this.signers[fact.by]!)
      const taken = this.fold.take(this.#position++, body, true)
      if (taken.kind !== 'stepped') throw new Error(`record ${this.#position - 1} is ${taken.kind}`)
      bodies.push(body)
      this.actorEvents += fact.kind === 'FrameMeasured' ? Object.keys(fact.assets).length : 1
      return taken.candidate
    }
    const cycle = ++this.#cycle
    if (cycle === 1) append({ ...head, kind: 'ManifestInstalled', by: 'administrator', manifest: this.signed })
    const atMs = START_MS + cycle * 1_000
    for (const by of NODES) append({ v: 1, kind: 'TimeAdvanced', tenant, by, partition, epoch: 1, seq: cycle, atMs })
    if (cycle === 2)
      for (const target of ['site', ...this.#started]) {
        const name = target === 'site' ? 'automatic' : 'start'
        const own = { ...head, kind: 'CommandRequested', by: 'operator', params: {}, expiresMs: 60_000 } as const
        append({ ...own, id: `first-${target}-${name}`, target, name, issuedAtMs: atMs })
      }
    const assets = measured(cycle, this.manifest, this.#decided)
    this.#decided = append({ ...head, kind: 'FrameMeasured', by: 'gateway', epoch: 1, cycle, assets, slots: NO_SLOTS })
    append(receipt(head, cycle, this.#decided!, [this.signers['node-a']!, this.signers['node-b']!]))
    return bodies
  }
}

export function record(file: SiteFile, frames: number): Recording {
  const recorder = new Recorder(file)
  const bodies = Array.from({ length: frames }, () => recorder.next()).flat()
  const { options, manifest, actorEvents, signers } = recorder
  return { options, manifest, bodies, actorEvents, frames, node: signers['node-a']! }
}

function receipt(
  head: { v: 1; tenant: string; site: string },
  cycle: number,
  decided: Candidate,
  voters: readonly Signer[],
): Fact {
  const votes = voters.map(s => signCandidate(decided, s))
  const writes = Object.entries(decided.actions.assets).flatMap(([asset, { setpoints, pulses }]) => [
    ...Object.entries(setpoints).map(([name, { value }]) => ({
      ...{ asset, name, kind: 'setpoint' as const, decided: value, written: value },
      ...{ accepted: true, readBack: value, outcome: 'confirmed' as const },
    })),
    ...pulses.map(({ id, name }) => ({
      ...{ asset, name, id, kind: 'pulse' as const, decided: 1, written: 1 },
      ...{ accepted: true, readBack: null, outcome: 'confirmed' as const },
    })),
  ])
  const signatures = Object.fromEntries(votes.map(v => [v.by, v.signature]))
  const certificate = { epoch: 1, cycle, digest: sha256(votes[0]!.bytes), signatures }
  const own = { kind: 'ReceiptRecorded', by: 'gateway', seq: cycle, epoch: 1, cycle, source: 'majority' } as const
  return { ...head, ...own, certificate, dissent: [], writes, effects: [], commands: [], latencyUs: 4_000 }
}
