/**
 * One site's gateway. Read it in the order of a cycle:
 *
 *   sampler polls the field and makes the frame    sampler.ts, field.ts
 *   the frame goes up, signed                      delivery.ts, uplinks.ts
 *   candidates come down and are voted on          governor.ts: voter.ts, channel.ts
 *   the verdict is carried out                     executor.ts: target.ts, writer.ts, one-shot.ts
 *   what came of it goes up as receipts            reports.ts, outbox.ts
 *
 * Its parts stand under a supervisor, rest for one: whoever falls takes along those that were built on it, and
 * everything is rebuilt from the journals. Restarting any of them moves no output (S25).
 */
import { LiveMachine } from '../actors/kit/machine.ts'
import { sealFact } from '../protocol/codec/fact.ts'
import { changesOnlyPeople, checkManifest } from '../protocol/codec/manifest.ts'
import type { Signer, Verifier } from '../protocol/codec/sign.ts'
import { nextOf } from '../protocol/kept.ts'
import type { Ports } from '../protocol/ports.ts'
import { trace } from '../protocol/trace.ts'
import type { AssetFrame, Equivocation, Slots } from '../protocol/words/facts.ts'
import type { Manifest, SignedManifest } from '../protocol/words/manifest.ts'
import type { SeenChart } from '../protocol/words/observed.ts'
import type { Points } from '../protocol/words/quality.ts'
import { type DeliveryEffect, deliveryMachine } from './delivery.ts'
import { Executor } from './executor.ts'
import { type Field, fresh, type LastKnown, type Poll, pointsOf, reliable, remembered } from './field.ts'
import { Governor, stillOut } from './governor.ts'
import { Notebook } from './notebook.ts'
import type { Outbox } from './outbox.ts'
import { Reports } from './reports.ts'
import {
  RESERVED_CYCLES,
  type SamplerContext,
  type SamplerEffect,
  type SamplerEvent,
  samplerMachine,
} from './sampler.ts'
import type { Uplinks } from './uplinks.ts'

export interface GatewayOptions {
  readonly ports: Ports
  readonly signer: Signer
  readonly verifier: Verifier
  /** That it begins under. */
  readonly manifest: Manifest
  /** The parts that it stands on; they may outlive it. */
  readonly uplinks: Uplinks
  readonly durable: Outbox
  readonly history: Outbox
  readonly field: Field
  /** Notes between two compactions of its journal, where it is not the journal's own bound. */
  readonly compactEvery?: number | undefined
  /** Of this boot and run: monotonic time is comparable within it. */
  readonly boot: string
  readonly fail: (error: unknown) => void
  /** A newer manifest, checked, is in force from now on. Resolves when it is durable. */
  readonly keep: (signed: SignedManifest) => Promise<void>
  /** It changes more than whom of the people the site listens to: the gateway is to be built anew under it. */
  readonly anew: (signed: SignedManifest) => void
}

export class Gateway {
  readonly #o: GatewayOptions
  readonly #epoch: number
  readonly #uplinks: Uplinks
  readonly #durable: Outbox
  readonly #history: Outbox
  readonly #field: Field
  readonly #notebook: Notebook
  readonly #governor: Governor
  readonly #executor: Executor
  readonly #sampler: LiveMachine<SamplerContext, SamplerEvent, SamplerEffect>
  readonly #delivery: LiveMachine<any, any, DeliveryEffect>
  /** Keys that were out when this life began. */
  readonly #out: readonly Equivocation[]
  readonly #reports: Reports
  #poll: Poll | null = null
  #known: LastKnown = {}
  #polling = false
  #cycle = 0
  /** The cycle whose frame began the present slot. */
  #slot = 0
  #emittedAtUs = new Map<number, number>()
  #stopped = false
  /** Manifests that come into force at later cycles, each following the one before. */
  #waiting: readonly SignedManifest[] = []
  #manifest: Manifest
  /** One is being kept. */
  #adopting = false

  /** Opens its journal, raises the epoch durably, builds the actors. `start` sets them going. */
  static async open(o: GatewayOptions): Promise<Gateway> {
    const epoch = await nextOf(o.ports.disk, 'epoch') // durable before the first frame (S3)
    const notebook = await Notebook.open(o.ports.disk, o.boot, o.compactEvery)
    await notebook.write({ k: 'cycles', upTo: notebook.recovered.cycle + RESERVED_CYCLES })
    return new Gateway(o, epoch, notebook)
  }

  private constructor(o: GatewayOptions, epoch: number, notebook: Notebook) {
    this.#o = o
    this.#manifest = o.manifest
    this.#epoch = epoch
    this.#uplinks = o.uplinks
    this.#durable = o.durable
    this.#history = o.history
    this.#field = o.field
    this.#notebook = notebook
    const { ports, verifier, manifest } = o
    this.#out = stillOut(manifest, notebook.recovered.disqualified)
    this.#reports = new Reports({
      ports,
      signer: o.signer,
      manifest,
      durable: o.durable,
      notebook,
      epoch,
      fail: o.fail,
    })
    this.#governor = new Governor(ports, verifier, manifest, epoch, notebook.recovered, {
      apply: verdict => {
        const on = verdict.actions.laws.some(law => law.law === 'fcr')
        this.#sampler.send({ type: 'fast', on, atMs: ports.clock.monotonicMs() })
        this.#executor.apply(verdict, this.#emittedAtUs.get(verdict.cycle) ?? 0)
      },
      lapse: () => this.#executor?.lapse(),
      undecided: cycle => this.#delivery.send({ type: 'undecided', cycle }),
      alarm: (...told) => this.#reports.alarm(...told),
      equivocation: proof =>
        void notebook
          .write({ k: 'disqualified', proof })
          .then(() => this.#reports.proof(proof))
          .catch(o.fail),
    })
    this.#executor = new Executor(ports, this.#field, notebook, {
      manifest: () => this.#manifest,
      govern: () => this.#governor.govern(),
      slots: () => this.#governor.slots,
      record: draft => this.#reports.receipt(draft, this.#cycle),
      alarm: (alarm, asset, state, text) => this.#reports.alarm(alarm, undefined, asset, state, text),
      doubt: (asset, unknown) => this.#governor.doubt(asset, unknown),
      fail: o.fail,
    })
    const { cycleMs, fastMs, validityMs } = manifest.timing
    this.#delivery = new LiveMachine(deliveryMachine, ports.host, effect => this.#deliver(effect))
    this.#sampler = new LiveMachine(samplerMachine, ports.clock, effect => this.#sample(effect), {
      cycleMs,
      fastMs,
      observeMs: validityMs / 2, // the last verdict of an earlier life still holds
      cycle: notebook.recovered.cycle,
      reserved: notebook.recovered.cycle + RESERVED_CYCLES,
      asked: notebook.recovered.cycle + RESERVED_CYCLES,
    })
    o.uplinks.attach({
      message: (node, m) => {
        if (m.t === 'candidate') this.#governor.candidate(m.candidate)
        else if (m.t === 'seen') this.#durable.seen(node, m.last)
        else if (m.t === 'manifest') this.#offered(m.manifest)
        else if (m.t === 'nudge') this.#sampler.send({ type: 'nudge', atMs: ports.clock.monotonicMs() })
        else if (m.stream === 'frame') this.#delivery.send({ type: 'acked', node, cycle: m.cycle })
        else (m.stream === 'durable' ? this.#durable : this.#history).acked(node, m.first, m.last)
      },
      changed: (node, up) => {
        this.#reports.alarm('uplinkDown', node, undefined, up ? 'returned' : 'raised', 'the link to the node')
        this.#linked(node, up)
      },
    })
  }

  start(): void {
    // told anew in each life: the last one may have ended between the note and the fact
    for (const proof of this.#out) this.#reports.proof(proof)
    this.#reports.again(this.#governor.isOver)
    this.#executor.recover()
    this.#sampler.send({ type: 'start', atMs: this.#o.ports.clock.monotonicMs() })
  }
  stop(): void {
    this.#stopped = true
    this.#sampler.stop()
    this.#delivery.stop()
    this.#governor.stop()
    this.#executor.stop()
  }

  get status() {
    return {
      epoch: this.#epoch,
      cycle: this.#cycle,
      voter: this.#governor.state,
      writer: this.#executor.writerState,
      outbox: this.#durable.state,
      waiting: this.#durable.waiting,
      history: this.#history.waiting,
      links: this.#uplinks.connected,
      slots: this.#governor.slots,
      channels: Object.fromEntries(this.#manifest.assets.map(a => [a.name, this.#governor.channelState(a.name)])),
      refused: this.#governor.refused,
      verdictAgeMs: this.#governor.verdictAgeMs,
      /** Of the last poll: every device that can be written answered, no read was left unanswered. */
      field: { up: this.#poll?.up ?? false, whole: this.#poll?.whole ?? false },
    }
  }
  /** The newest facts that it knows of, by what was decided upon them. */
  get position(): number | null {
    return this.#governor.position
  }
  /** Its actors as they stand, for whoever looks on. */
  sight(): readonly SeenChart[] {
    const { cycle, fast, nudged } = this.#sampler.context
    const { carrier, pending } = this.#delivery.context
    return [
      this.#sampler.sight('sampler', { cycle, fast, nudged }),
      this.#delivery.sight('delivery', { carrier, pending: pending.length }),
      ...this.#governor.sight(),
      ...this.#executor.sight(),
      this.#durable.sight(),
      this.#history.sight(),
    ]
  }
  /** Nothing is under way: every linked node has voted on the newest cycle and read every receipt back. */
  get settled(): boolean {
    if (this.#sampler.in('lookingAgain')) return true // for the site's time to go on
    if (this.#polling || !this.#executor.idle) return false
    const nodes = this.#uplinks.connected
    if (nodes.length === 0 || !this.#delivery.in('delivered')) return false
    const voted = this.#governor.voters(this.#cycle)
    return nodes.every(node => voted.includes(node)) && this.#durable.seenByAll(nodes) >= this.#durable.last
  }

  #linked(node: string, up: boolean): void {
    if (up) {
      this.#durable.linked(node)
      this.#history.linked(node)
    } else {
      this.#durable.unlinked(node)
      this.#history.unlinked(node)
    }
    this.#delivery.send({ type: up ? 'linked' : 'unlinked', node })
  }

  // A cycle

  #sample(effect: SamplerEffect): void {
    if (effect.kind === 'poll') {
      this.#polling = true
      this.#field
        .poll()
        .then(poll => {
          this.#polling = false
          this.#poll = poll
          this.#known = remembered(this.#known, poll)
          const atMs = this.#o.ports.clock.monotonicMs()
          if (!this.#stopped) this.#sampler.send({ type: 'polled', atMs, whole: poll.whole })
        })
        .catch(error => this.#o.fail(error))
      return
    }
    if (effect.kind === 'reserve') {
      const { upTo } = effect
      this.#notebook
        .write({ k: 'cycles', upTo })
        .then(() => this.#sampler.send({ type: 'reserved', upTo }))
        .catch(error => this.#o.fail(error))
      return
    }
    const { assets, timing } = this.#manifest
    const nowMs = this.#o.ports.clock.monotonicMs()
    const points = Object.fromEntries(assets.map(a => [a.name, pointsOf(a, this.#poll, this.#known, nowMs)]))
    const values = Object.fromEntries(assets.map(a => [a.name, reliable(points[a.name]!, a.staleAfterMs)]))
    this.#governor.measured(values)
    if (effect.kind === 'frame') this.#frame(effect.cycle, effect.early, points)
    const justRead = Object.fromEntries(assets.map(a => [a.name, fresh(points[a.name]!)]))
    const verdictExpected = effect.kind === 'frame' && this.#governor.decidedLast
    this.#executor.polled(this.#poll!, values, justRead, verdictExpected)
    this.#field.feed(this.#governor.fed(), nowMs + timing.cycleMs).catch(error => this.#o.fail(error))
  }
  #frame(cycle: number, early: boolean, points: Readonly<Record<string, Points>>): void {
    const { ports, signer } = this.#o
    const manifest = this.#manifest
    if (!early) {
      if (this.#slot > 0) this.#governor.slotEnded(this.#slot, this.#poll!.up)
      this.#slot = cycle
    }
    this.#cycle = cycle
    this.#adoptDue()
    const nowMs = ports.clock.monotonicMs()
    const assets: Record<string, AssetFrame> = {}
    for (const asset of manifest.assets)
      assets[asset.name] = {
        points: points[asset.name]!,
        channel: this.#governor.channelState(asset.name),
        ...this.#executor.applied(asset.name),
      }
    const slots: Slots = this.#governor.slots
    const body = sealFact(
      { ...this.#reports.head(), kind: 'FrameMeasured', epoch: this.#epoch, cycle, assets, slots },
      signer,
    )
    this.#emittedAtUs.set(cycle, ports.host.monotonicUs())
    trace(ports, 'emitted', cycle)
    this.#emittedAtUs.delete(cycle - 64)
    this.#governor.emitted(cycle)
    const untilMs = nowMs + manifest.timing.validityMs
    this.#delivery.send({ type: 'emitted', frame: { cycle, body, untilMs }, nowMs })
  }
  #deliver(effect: DeliveryEffect): void {
    if (effect.kind === 'send') {
      const { cycle, body } = effect.frame
      this.#uplinks.send(effect.to, { t: 'frame', cycle, body })
    } else for (const frame of effect.frames) this.#history.put(() => frame.body).catch(error => this.#o.fail(error))
  }

  /**
   * Any node may carry it; only the administrators' signatures make it count (S33). Each follows the last that was
   * offered: a gateway that was away comes by the whole line to the one in force.
   */
  #offered(signed: SignedManifest): void {
    const last = this.#waiting.at(-1)?.manifest ?? this.#manifest
    if (signed.manifest.version <= last.version) return
    const verdict = checkManifest(signed, last, this.#o.verifier)
    if (verdict.kind === 'refused') {
      this.#o.ports.note('warn', 'manifest refused', { code: verdict.code, reason: verdict.reason })
      return
    }
    // one that is in force at once overtakes those that wait, as in every fold
    this.#waiting = signed.manifest.fromCycle === null ? [signed] : [...this.#waiting, signed]
    this.#adoptDue()
  }
  #adoptDue(): void {
    const early = this.#waiting.findIndex(
      ({ manifest: { fromCycle } }) => fromCycle !== null && this.#cycle < fromCycle,
    )
    const due = this.#waiting.at(early < 0 ? -1 : early - 1)
    if (due && early !== 0 && !this.#adopting) this.#adopt(due).catch(this.#o.fail)
  }
  /** Durable first: what has been in force once is in force after any crash (S33). */
  async #adopt(signed: SignedManifest): Promise<void> {
    this.#adopting = true
    await this.#o.keep(signed)
    if (this.#stopped) return
    this.#adopting = false
    if (!changesOnlyPeople(this.#manifest, signed.manifest)) {
      this.#o.anew(signed)
      return
    }
    this.#manifest = signed.manifest
    this.#waiting = this.#waiting.filter(({ manifest }) => manifest.version > signed.manifest.version)
    this.#governor.enact(signed.manifest)
    this.#adoptDue()
  }
}
