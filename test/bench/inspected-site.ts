/** A site whose log is in memory, behind the inspector's real door: what a benchmark appends, a real browser shows. */
import { MemoryCheckpoints } from '../../projections/inspector/checkpoints.ts'
import { Moments } from '../../projections/inspector/moments.ts'
import { Recorded } from '../../projections/inspector/recorded.ts'
import { inspectorPage, serveInspector } from '../../projections/inspector/server.ts'
import { signInCode } from '../../projections/inspector/sessions.ts'
import { sealFact } from '../../protocol/codec/fact.ts'
import { openMemoryLog } from '../../protocol/log/memory.ts'
import { type AssetFrame, NO_SLOTS } from '../../protocol/words/facts.ts'
import { hostClock } from '../../supervisors/real/clock.ts'
import { hostRandom } from '../../supervisors/real/random.ts'
import { readSiteFile, type SiteFile } from '../../supervisors/site/file.ts'
import { good, HOME, Recorder } from './recording.ts'

const TOKEN = 'c'.repeat(64)
const unasked = () => Promise.reject(new Error('a benchmark operates nothing'))

export async function inspectedSite({ options, manifest }: Pick<Recorder, 'options' | 'manifest'>) {
  const { tenant, site, verifier } = options
  const [note, fail] = [() => {}, (error: unknown) => process.emit('uncaughtException', error as Error)]
  const facts = openMemoryLog({ topic: 'facts', clock: Date.now })
  const decisions = openMemoryLog({ topic: 'decisions', clock: Date.now })
  const checkpoints = new MemoryCheckpoints()
  const shared = async () => null
  const moments = new Moments({ facts, partition: 0, fold: options, checkpoints, shared, clock: hostClock, note, fail })
  const recorded = new Recorded({ decisions, partition: 0, tenant, site, verifier, fail })
  await Promise.all([moments.start(), recorded.start()])
  const door = await serveInspector({
    address: '127.0.0.1:0',
    grants: [{ token: TOKEN, tenant }],
    sites: [{ tenant, site, machines: [], moments, recorded, submit: unasked, enrol: unasked }],
    page: await inspectorPage(),
    clock: hostClock,
    random: hostRandom,
    note,
  })
  return {
    address: door.address,
    /** A page of the site, behind `address` or a wire to it. */
    page: (path: string, address = door.address) => `http://${address}/t/${tenant}/s/${manifest.site}/${path}`,
    signIn: (address = door.address) => `http://${address}/sign-in#${signInCode(TOKEN, Date.now())}`,
    append: (bodies: readonly string[]) => facts.append(bodies.map(body => ({ partition: 0, body }))),
    close: async () => {
      await door.close()
      moments.stop()
      recorded.stop()
    },
  }
}

/** A site of many meters of which some measure something new in each frame, in turn. */
export class Meters {
  readonly recorder: Recorder
  readonly #names: readonly string[]
  readonly #powersW: number[]
  #cycle = 0
  #turn = 0

  constructor(count: number) {
    const { file } = readSiteFile(HOME)
    const { grid, load1 } = file.assets
    const { power } = (load1!.field.map as { points: { power: object } }).points
    // a manifest of ten thousand whole register maps would be longer than a record may be
    const field = { ...load1!.field, map: { title: 'Meter', timeoutMs: 500, points: { power } } }
    this.#names = Array.from({ length: count }, (_, i) => `load${i + 1}`)
    this.#powersW = this.#names.map((_, i) => -500 - (i % 97))
    const loads = this.#names.map(name => [name, { ...load1!, field: { ...field, address: `plant://${name}` } }])
    const assets = { grid: grid!, ...Object.fromEntries(loads) }
    this.recorder = new Recorder({ ...file, assets, strategies: [], laws: [] } as SiteFile)
  }
  begin(): string[] {
    const { manifest, signed, signers } = this.recorder
    const { tenant, site } = manifest
    const installed = { v: 1, kind: 'ManifestInstalled', tenant, site, by: 'administrator', manifest: signed } as const
    return [sealFact(installed, signers.administrator!), this.frame(0)]
  }
  /** The next frame, in which so many meters say something new. */
  frame(changed: number): string {
    for (let i = 0; i < changed; i++) this.#powersW[this.#turn++ % this.#names.length]! -= 1
    const { manifest, signers } = this.recorder
    const { tenant, site } = manifest
    const loads = this.#names.map((name, i) => [name, of(this.#powersW[i]!)] as const)
    const assets: Record<string, AssetFrame> = { grid: of(1_000), ...Object.fromEntries(loads) }
    const own = { epoch: 1, cycle: ++this.#cycle, assets, slots: NO_SLOTS }
    return sealFact({ v: 1, kind: 'FrameMeasured', tenant, site, by: 'gateway', ...own }, signers.gateway!)
  }
}
const of = (value: number): AssetFrame => ({
  points: { power: good(value, 'W') },
  channel: 'following',
  applied: {},
  local: {},
})
