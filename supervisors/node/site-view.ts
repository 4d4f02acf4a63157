/**
 * One replica as the API sees it. It only reads; what it appends, it has authenticated first, and the step decides.
 *
 * V1  What it tells is a function of the log: the same position, the same events, on every correct node.
 */
import { alarmCondition } from '../../actors/alarms/life.ts'
import { commandState } from '../../actors/commands/life.ts'
import { modeOf } from '../../actors/controller/cycle.ts'
import type { SiteFold, Taken } from '../../actors/controller/fold.ts'
import type { CommandRecord, SiteState } from '../../actors/controller/state.ts'
import { Work } from '../../actors/controller/work.ts'
import { changesOf } from '../../actors/kit/keyed.ts'
import { Feed, type FeedEvent } from '../../projections/api/feed.ts'
import { alarmView, alarmViews, assetDetail, assetSummary, commandView } from '../../projections/api/site-json.ts'
import {
  type AssetDetail,
  type CommandState,
  type CommandView,
  type DecisionView,
  type Figures,
  isTerminal,
  type SiteDetail,
  type SiteView,
  type Submitted,
} from '../../projections/api/view.ts'
import { sha256 } from '../../protocol/codec/canonical.ts'
import { openFact } from '../../protocol/codec/fact.ts'
import type { Verifier } from '../../protocol/codec/sign.ts'
import { LogError, type LogRecord } from '../../protocol/log/event-log.ts'
import type { Logs, Note } from '../../protocol/ports.ts'
import type { Candidate } from '../../protocol/words/candidate.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Replica } from './replica.ts'

/** Of the commands that a site remembers, so many are shown with it. */
const COMMANDS_SHOWN = 50

export interface ReplicaViewOptions {
  readonly tenant: string
  readonly site: string
  readonly node: string
  readonly partition: number
  readonly logs: Logs
  readonly verifier: Verifier
  readonly replica: () => Replica
  /** Where it is not, it is being built: what it knows so far is nobody's answer. */
  readonly up: () => boolean
  readonly note: Note
}

export class ReplicaView implements SiteView {
  readonly #o: ReplicaViewOptions
  readonly feed = new Feed()
  readonly #stepped: Record<string, number> = {}
  readonly #refused: Record<string, number> = {}
  #signed = 0
  #before: SiteState | null = null

  constructor(options: ReplicaViewOptions) {
    this.#o = options
  }

  get tenant(): string {
    return this.#o.tenant
  }
  get site(): string {
    return this.#o.site
  }
  get replica(): string {
    return this.#o.up() ? this.#o.replica().state : 'starting'
  }
  get position(): number {
    return this.#o.up() ? this.#fold.position : -1
  }
  get #fold(): SiteFold {
    return this.#o.replica().fold
  }
  get figures(): Figures {
    const commands: Partial<Record<CommandState, number>> = {}
    const remembered = this.#o.up() ? (this.#fold.state?.commands ?? {}) : {}
    for (const record of Object.values(remembered)) count(commands, commandState(record))
    return { stepped: this.#stepped, refused: this.#refused, signed: this.#signed, commands }
  }

  /** After each record that the replica took. */
  stepped(position: number, taken: Taken): void {
    if (taken.kind === 'foreign' || taken.kind === 'passed') return
    if (taken.kind === 'refused') count(this.#refused, taken.code)
    else this.#tell(position, taken)
  }
  #tell(position: number, taken: Extract<Taken, { kind: 'stepped' }>): void {
    count(this.#stepped, taken.fact.kind)
    const before = this.#before
    const after = (this.#before = this.#fold.state)
    if (!after) return
    if (!before) {
      this.feed.begin(position) // what the first record changed is not known
      return
    }
    const decided = taken.candidate ? [this.#decision(taken.candidate)] : []
    const events = [...decided, ...this.#commands(before, after, position), ...this.#alarms(before, after)]
    this.#noteEnded(events, position)
    const frame = taken.fact.kind === 'FrameMeasured'
    if (events.length > 0 || frame) this.feed.publish({ position, events, frame })
  }
  /** Of what is read again while catching up, everybody has heard. */
  #noteEnded(events: readonly FeedEvent[], position: number): void {
    if (this.#o.replica().state !== 'voting') return
    for (const event of events) {
      if (event.type !== 'command' || !isTerminal(event.data.state)) continue
      const { id: command, state, code } = event.data
      this.#o.note('info', 'command ended', { command, state, code, position })
    }
  }
  signed(): void {
    this.#signed++
  }

  async lag(): Promise<number> {
    const { next } = await this.#o.logs.facts.ends(this.#o.partition)
    return Math.max(0, next - 1 - this.position)
  }
  detail(): SiteDetail | null {
    if (!this.#o.up()) return null
    const { state, site, manifest, manifestHash, position } = this.#fold
    if (!state || !site || !manifest) return null
    const last = this.#last
    const alarms = alarmViews(site, state)
    const commands = Object.values(state.commands).sort((a, b) => b.issuedAtMs - a.issuedAtMs)
    return {
      tenant: this.tenant,
      site: this.site,
      title: manifest.title,
      node: this.#o.node,
      replica: this.replica,
      position,
      now: state.now,
      epoch: state.epoch,
      cycle: state.cycle,
      mode: modeOf(new Work(site, state)),
      alarmsActive: alarms.filter(a => a.condition.startsWith('active')).length,
      manifestVersion: manifest.version,
      manifest: manifestHash,
      cycleMs: manifest.timing.cycleMs,
      slots: state.slots,
      assets: site.assets.map(asset => assetSummary(site, state, asset, last)),
      alarms,
      commands: commands.slice(0, COMMANDS_SHOWN).map(record => this.#command(record, position)),
    }
  }
  asset(name: string): AssetDetail | null {
    if (!this.#o.up()) return null
    const { state, site } = this.#fold
    const asset = site?.byName.get(name)
    return state && site && asset ? assetDetail(site, state, asset, this.#last) : null
  }
  command(id: string): CommandView | null {
    if (!this.#o.up()) return null
    const { state, position } = this.#fold
    const record = state && Object.hasOwn(state.commands, id) ? state.commands[id] : undefined
    return record ? this.#command(record, position) : null
  }

  async submit(body: string): Promise<Submitted> {
    const manifest = this.#o.up() ? this.#fold.manifest : null
    if (!manifest) throw new Refusal('UNAVAILABLE', 'this node has read no manifest yet')
    const opened = openFact(body, manifest, this.#o.verifier) // S26
    if (opened.kind === 'refused') return opened
    const { fact } = opened
    if (fact.kind === 'AlarmAcknowledged') return this.#append(body, fact.id, { alarm: fact.alarm, by: fact.by })
    if (fact.kind !== 'CommandRequested')
      return {
        kind: 'refused',
        code: 'BAD_SHAPE',
        reason: `this door takes CommandRequested and AlarmAcknowledged, not ${fact.kind}`,
      }
    const there = this.command(fact.id)
    if (there) return { kind: 'refused', code: 'DUPLICATE', reason: `command '${fact.id}' is ${there.state}` }
    return this.#append(body, fact.id, { command: fact.id, by: fact.by, target: fact.target })
  }
  async #append(body: string, id: string, taken: Readonly<Record<string, string>>): Promise<Submitted> {
    const [position] = await reading(() => this.#o.logs.facts.append([{ partition: this.#o.partition, body }]))
    this.#o.note('info', 'taken', { ...taken, position })
    return { kind: 'appended', id, position: position! }
  }

  async decisions(from: number | null, max: number): Promise<{ items: DecisionView[]; next: number }> {
    const { decisions } = this.#o.logs
    const { partition } = this.#o
    return reading(async () => {
      const start = from ?? (await decisions.ends(partition)).earliest
      const records = await decisions.read(partition, start, max)
      const items = records.map(record => this.#recorded(record)).filter(item => item !== null)
      return { items, next: (records.at(-1)?.position ?? start - 1) + 1 }
    })
  }

  get #last(): Candidate | null {
    return this.#o.replica().last?.candidate ?? null
  }
  #command(record: CommandRecord, position: number): CommandView {
    return commandView(record, this.site, this.#o.node, position)
  }
  #decision(candidate: Candidate): FeedEvent {
    const { epoch, cycle, position } = candidate
    return { type: 'decision', data: { node: this.#o.node, epoch, cycle, position, candidate } }
  }
  #commands(before: SiteState, after: SiteState, position: number): FeedEvent[] {
    if (before.commands === after.commands) return []
    const changed = Object.values(after.commands).filter(record => before.commands[record.id] !== record)
    return changed.map(record => ({ type: 'command', data: this.#command(record, position) }))
  }
  #alarms(before: SiteState, after: SiteState): FeedEvent[] {
    const { site } = this.#fold
    if (before.alarms === after.alarms || !site) return []
    return changesOf(before.alarms, after.alarms).map(([key, was, is]) => {
      const data = alarmView(site, key, is ?? was!, is ? alarmCondition(is) : 'normal')
      return { type: 'alarm', data }
    })
  }
  /** Another site's record of the same partition, or one that this version cannot read, is passed over. */
  #recorded({ body }: LogRecord): DecisionView | null {
    const record = JSON.parse(body)
    if (record.kind !== 'Decided' || record.v !== 1 || record.site !== this.site) return null
    const candidate: Candidate = JSON.parse(record.bytes)
    if (candidate.tenant !== this.tenant) return null // S23
    const { epoch, cycle } = candidate
    const { by, position, signature, stateHash = null } = record
    return { by, epoch, cycle, position, digest: sha256(record.bytes), signature, stateHash, candidate }
  }
}

function count(counts: Partial<Record<string, number>>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1
}

/** What the log says as a refusal that tells the caller what to do. */
async function reading<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    if (error.code === 'LOG_GONE') throw new Refusal('CURSOR_GONE', `kept from position ${error.detail.earliest} on`)
    throw new Refusal('UNAVAILABLE', `the log says ${error.code}; whether anything was taken is not known`)
  }
}
