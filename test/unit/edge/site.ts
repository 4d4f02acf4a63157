/** One battery and a meter under an executor: fake devices, the real field, notebook and clock port. */
import { Executor, type ReceiptDraft } from '../../../edge/executor.ts'
import { Field, fresh, pointsOf, reliable } from '../../../edge/field.ts'
import { Notebook } from '../../../edge/notebook.ts'
import type { Verdict } from '../../../edge/verdict.ts'
import type { FieldDriver, FieldFailure } from '../../../protocol/ports.ts'
import type { Actions, CommandAction, PulseAction } from '../../../protocol/words/candidate.ts'
import { NO_SLOTS } from '../../../protocol/words/facts.ts'
import type { Manifest, ManifestAsset } from '../../../protocol/words/manifest.ts'
import { manifestOf } from '../controller/household.ts'
import { type World, worldOf } from './world.ts'

const asset = (name: string, points: object, envelope: ManifestAsset['envelope']): ManifestAsset => ({
  name,
  type: 'any',
  version: 1,
  settings: {},
  driver: 'modbus',
  map: {
    points: points as never,
    setpoints: { power: { register: 1, type: 'int16', unit: 'W', storage: 'RAM' } },
  },
  envelope,
  fallback: { values: { power: 0 }, forMs: 10_000 },
  staleAfterMs: 5_000,
})
const power = { register: 2, type: 'int16', unit: 'W' }
const RAMP_W_PER_S = 100
export const siteManifest: Manifest = {
  ...manifestOf(),
  laws: [],
  limits: { importMaxW: 14_000, exportMaxW: 10_000, meter: 'grid' },
  assets: [
    asset('grid', { power }, {}),
    asset('bat1', { power }, { power: { min: -3_000, max: 3_000, rise: RAMP_W_PER_S, fall: RAMP_W_PER_S, safe: 0 } }),
  ],
}

/** A device that holds one setpoint and counts its pulses. */
export class FakeBattery {
  held = 0
  /** Every write that reached it, in order. */
  readonly log: string[] = []
  fails: { readonly code: FieldFailure; readonly carriedOut: boolean } | null = null
  deaf = false
  readonly #nowMs: () => number
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }
  readonly driver: FieldDriver = {
    read: async () => {
      const value = { kind: 'value', value: 0, atMs: this.#nowMs() } as const
      return { points: { power: value } }
    },
    write: async writes => {
      const [{ name, value }] = writes as [{ name: string; value: number }]
      const fails = this.fails
      if (!fails || fails.carriedOut) {
        this.log.push(`${name}=${value}`)
        if (name === 'power') this.held = value
      }
      if (fails) return [{ name, kind: 'failed', code: fails.code, reason: 'as the test says' }]
      return [{ name, kind: 'accepted', quantised: value }]
    },
    readBack: async names => {
      const value = this.held
      return Object.fromEntries(
        names.map(name =>
          this.deaf
            ? [name, { kind: 'failed', code: 'timeout', reason: '' } as const]
            : [name, { kind: 'value', value, atMs: this.#nowMs() } as const],
        ),
      )
    },
    feed: async () => undefined,
    close: async () => {},
  }
}

export class Site {
  readonly world: World
  readonly battery: FakeBattery
  readonly drafts: ReceiptDraft[] = []
  readonly alarms: string[] = []
  readonly doubts: string[] = []
  governs: 'verdict' | 'local' | 'none' = 'verdict'
  failed: unknown = null
  executor!: Executor
  notebook!: Notebook
  #field!: Field
  #cycle = 0

  private constructor(world: World, battery?: FakeBattery) {
    this.world = world
    this.battery = battery ?? new FakeBattery(() => world.clock.monotonicMs())
  }
  static async open(world = worldOf(), battery?: FakeBattery, boot = 'boot'): Promise<Site> {
    const site = new Site(world, battery)
    const grid = new FakeBattery(() => world.clock.monotonicMs())
    site.#field = new Field(world.clock, { bat1: site.battery.driver, grid: grid.driver }, () => siteManifest.assets)
    site.notebook = await Notebook.open(world.disk, boot)
    site.executor = new Executor(world, site.#field, site.notebook, {
      manifest: () => siteManifest,
      govern: () => ({ bat1: site.governs, grid: 'none' }),
      slots: () => NO_SLOTS,
      record: async draft => void site.drafts.push(draft),
      alarm: (alarm, of, state) => {
        if (state === 'raised') site.alarms.push(`${alarm} ${of}`)
      },
      doubt: (of, unknown) => void site.doubts.push(`${of} ${unknown}`),
      fail: error => {
        site.failed = error
      },
    })
    site.executor.recover()
    return site
  }
  /** Its device was read once: what it holds is known. */
  static async read(): Promise<Site> {
    const site = await Site.open()
    await site.poll()
    return site
  }
  /** The same disk and device, another process. */
  async restarted(boot = 'boot'): Promise<Site> {
    await this.world.clock.pass(0)
    this.executor.stop()
    this.world.disk.crash()
    const anew = await Site.open(this.world, this.battery, boot)
    await this.world.clock.pass(0)
    return anew
  }

  async poll(verdictExpected = true): Promise<void> {
    const polling = this.#field.poll()
    await this.world.clock.pass(0)
    this.polled(await polling, verdictExpected)
    await this.world.clock.pass(0)
  }
  startPoll = () => this.#field.poll()
  polled(poll: Awaited<ReturnType<Field['poll']>>, verdictExpected = true): void {
    const nowMs = this.world.clock.monotonicMs()
    const points = siteManifest.assets.map(a => [a, pointsOf(a, poll, {}, nowMs)] as const)
    const values = Object.fromEntries(points.map(([a, p]) => [a.name, reliable(p, a.staleAfterMs)]))
    const read = Object.fromEntries(points.map(([a, p]) => [a.name, fresh(p)]))
    this.executor.polled(poll, values, read, verdictExpected)
  }
  async apply(value: number, change: Partial<Actions> & { pulses?: PulseAction[] } = {}): Promise<void> {
    this.executor.apply(this.verdict(value, change), 0)
    await this.world.clock.pass(0)
  }
  /** A cycle: polled, then decided. */
  async cycle(value: number, change: Partial<Actions> & { pulses?: PulseAction[] } = {}): Promise<void> {
    await this.world.clock.pass(1_000)
    await this.poll()
    await this.apply(value, change)
  }
  verdict(value: number, { pulses = [], ...change }: Partial<Actions> & { pulses?: PulseAction[] } = {}): Verdict {
    const cycle = ++this.#cycle
    const emittedAtMs = this.world.clock.monotonicMs()
    const setpoint = { value, min: -3_000, max: 3_000, rise: 0, fall: 0, why: 'test' }
    return {
      source: 'majority',
      epoch: 1,
      cycle,
      certificate: { epoch: 1, cycle, digest: `digest ${cycle}`, signatures: {} },
      actions: {
        mode: 'automatic',
        assets: { bat1: { setpoints: { power: setpoint }, pulses } },
        laws: [],
        commands: [],
        ...change,
      },
      dissent: [],
      emittedAtMs,
      validUntilMs: emittedAtMs + 5_000,
    }
  }
  /** Writes that were told, and commands that ended, since the last question. */
  get news(): string {
    const drafts = this.drafts.splice(0)
    const writes = drafts.flatMap(d => d.writes.map(w => `${w.id ?? w.name} ${w.written} ${w.outcome}`))
    const ended = drafts.flatMap(d => d.commands.map(c => `${c.id} ${c.outcome}`))
    return [...writes, ...ended].join(', ')
  }
}
export const commandOf = (change: Partial<CommandAction> = {}): CommandAction => ({
  id: 'command-1',
  target: 'bat1',
  name: 'start',
  over: false,
  pulses: [],
  setpoints: [],
  ...change,
})
