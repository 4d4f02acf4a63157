/** A short life of the example site as the log holds it: signed records, folded by whoever asks. */
import { fileURLToPath } from 'node:url'
import { SiteFold } from '../../../actors/controller/fold.ts'
import { builtIn } from '../../../actors/engine.ts'
import type { SiteView } from '../../../projections/api/view.ts'
import { sealFact } from '../../../protocol/codec/fact.ts'
import { signManifest } from '../../../protocol/codec/manifest.ts'
import { ed25519Signer, ed25519Verifier, newSecret } from '../../../protocol/codec/sign.ts'
import { type Fact, NO_SLOTS } from '../../../protocol/words/facts.ts'
import { keyId } from '../../../protocol/words/ids.ts'
import type { Replica } from '../../../supervisors/node/replica.ts'
import { ReplicaView } from '../../../supervisors/node/site-view.ts'
import { readSiteFile } from '../../../supervisors/site/file.ts'
import { resolveSite } from '../../../supervisors/site/resolve.ts'
import { keysOf, NODES, ROLES } from '../../../supervisors/site/who.ts'
import { memoryLogs } from './replicas.ts'

const HOME = fileURLToPath(new URL('../../../sim/sites/home.yaml', import.meta.url))
const ENGINE = '0'.repeat(64)
const NOW_MS = 1_000_000

type Body<F> = F extends Fact ? Omit<F, 'v' | 'tenant' | 'by'> : never

export class SiteLog {
  readonly #signers = new Map(Object.keys(ROLES).map(id => [id, ed25519Signer(keyId(id), newSecret())]))
  readonly bodies: string[] = []
  readonly logs = memoryLogs()

  constructor() {
    const keys = keysOf(id => this.#signers.get(id)!.publicKey)
    const who = { keys, replicas: NODES, threshold: 1, engine: ENGINE }
    const manifest = resolveSite(readSiteFile(HOME).file, builtIn, who)
    const signed = signManifest({ manifest, signatures: {} }, this.#signers.get('administrator')!)
    this.say('administrator', { kind: 'ManifestInstalled', site: 'home', manifest: signed })
    for (const node of ['node-a', 'node-b'])
      this.say(node, { kind: 'TimeAdvanced', partition: 0, epoch: 1, seq: 1, atMs: NOW_MS })
  }

  seal(by: string, body: Body<Fact>): string {
    return sealFact({ v: 1, tenant: 'demo', by, ...body } as Fact, this.#signers.get(by)!)
  }
  say(by: string, body: Body<Fact>): this {
    this.bodies.push(this.seal(by, body))
    return this
  }
  frame(cycle: number): this {
    return this.say('gateway', { kind: 'FrameMeasured', site: 'home', epoch: 1, cycle, assets: {}, slots: NO_SLOTS })
  }
  mode(name: string, id: string): string {
    return this.seal('operator', {
      kind: 'CommandRequested',
      site: 'home',
      id,
      target: 'site',
      name,
      params: {},
      issuedAtMs: NOW_MS,
      expiresMs: 10_000,
    })
  }

  /** A node that has read everything so far: what it shows, and how it takes one more record. */
  reader(node = 'node-a', from?: { fold: SiteFold; at: number }) {
    const verifier = ed25519Verifier()
    const of = { tenant: 'demo', site: 'home', definitions: builtIn, engine: ENGINE as never, verifier }
    const fold = from ? SiteFold.thaw(of, JSON.parse(JSON.stringify(from.fold.freeze()))) : new SiteFold(of)
    const replica = { state: 'voting', fold, last: null } as unknown as Replica
    const { logs } = this
    const options = {
      tenant: 'demo',
      site: 'home',
      node,
      partition: 0,
      logs,
      verifier,
      replica: () => replica,
      up: () => true,
      note: () => {},
    }
    const view: ReplicaView & SiteView = new ReplicaView(options)
    let next = from?.at ?? 0
    const read = () => {
      for (; next < this.bodies.length; next++) view.stepped(next, fold.take(next, this.bodies[next]!))
    }
    read()
    return { view, fold, read, at: () => next }
  }
}
