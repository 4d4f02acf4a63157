/**
 * What became of a site, told by the plant, the log and the gateway's journal: states by folding the log, slots by the
 * verdicts that were durable. No component is asked about itself.
 */
import { alarmCondition } from '../../actors/alarms/life.ts'
import { commandState } from '../../actors/commands/life.ts'
import { SiteFold } from '../../actors/controller/fold.ts'
import type { Site } from '../../actors/controller/site.ts'
import type { AlarmRecord, CommandRecord, SiteState } from '../../actors/controller/state.ts'
import { type ActorState, actorState } from '../../actors/kit/host.ts'
import { changesOf } from '../../actors/kit/keyed.ts'
import { alarmView } from '../../projections/api/site-json.ts'
import type { Evidence } from '../oracle/evidence.ts'
import type { SLOT_CLASSES } from './words.ts'

interface Since<T> {
  readonly atMs: number
  readonly is: T
}
export interface AlarmSpan {
  readonly key: string
  readonly priority: string
  readonly text: string
  readonly fromMs: number
  /** Null: its cause stands to the end. */
  toMs: number | null
}
export interface CommandStory {
  readonly id: string
  readonly target: string
  readonly name: string
  readonly askedMs: number
  readonly state: string
  readonly reason: string
  readonly endedMs: number | null
}
export type SlotClass = (typeof SLOT_CLASSES)[number]
export interface Slot {
  readonly fromMs: number
  readonly toMs: number
  readonly class: SlotClass
}
export interface History {
  /** Leaf states of each asset and of the site's mode, where they change. */
  readonly states: ReadonlyMap<string, readonly Since<readonly string[]>[]>
  readonly alarms: readonly AlarmSpan[]
  readonly commands: readonly CommandStory[]
  readonly slots: readonly Slot[]
}

export function historyOf(e: Evidence): History {
  return { ...folded(e), slots: slotsOf(e) }
}

function folded(e: Evidence): Omit<History, 'slots'> {
  const { engine, keys, topics } = e.site.o
  const { tenant, site, partition } = e.manifest
  const { definitions, hash } = engine
  const fold = new SiteFold({ tenant, site, definitions, engine: hash, verifier: keys.verifier })
  const teller = new Teller()
  for (const { partition: at, position, body, atUs } of topics.facts.kept) {
    if (at !== partition || fold.take(position, body).kind !== 'stepped') continue
    teller.stepped(Math.floor(atUs / 1_000), fold.site!, fold.state!)
  }
  return { states: teller.states, alarms: teller.alarms, commands: [...teller.commands.values()] }
}

/** Notes what each step has changed. */
class Teller {
  readonly states = new Map<string, Since<readonly string[]>[]>()
  readonly alarms: AlarmSpan[] = []
  readonly commands = new Map<string, CommandStory>()
  readonly #open = new Map<string, AlarmSpan>()
  #before: SiteState | null = null

  stepped(atMs: number, site: Site, state: SiteState): void {
    const before = this.#before
    this.#before = state
    for (const name in state.assets)
      if (state.assets[name] !== before?.assets[name]) this.#state(atMs, name, state.assets[name]!)
    if (state.mode !== before?.mode) this.#state(atMs, 'site', state.mode)
    if (before && state.alarms !== before.alarms)
      for (const [key, , record] of changesOf(before.alarms, state.alarms)) this.#alarm(atMs, site, key, record)
    if (before && state.commands !== before.commands)
      for (const id in state.commands)
        if (state.commands[id] !== before.commands[id]) this.#command(atMs, state.commands[id]!)
  }
  #state(atMs: number, name: string, actor: ActorState): void {
    let own = this.states.get(name)
    if (!own) this.states.set(name, (own = []))
    const is = actorState(actor).paths
    if (own.at(-1)?.is.join() !== is.join()) own.push({ atMs, is })
  }
  #alarm(atMs: number, site: Site, key: string, record: AlarmRecord | undefined): void {
    const condition = record ? alarmCondition(record) : 'normal'
    const open = this.#open.get(key)
    if (record && condition.startsWith('active') && !open) {
      const { priority, text } = alarmView(site, key, record, condition)
      const span: AlarmSpan = { key, priority, text, fromMs: atMs, toMs: null }
      this.#open.set(key, span)
      this.alarms.push(span)
    } else if (!condition.startsWith('active') && open) {
      open.toMs = atMs
      this.#open.delete(key)
    }
  }
  #command(atMs: number, record: CommandRecord): void {
    const { id, target, name, reason, endedAtMs } = record
    const before = this.commands.get(id)
    const endedMs = before?.endedMs ?? (endedAtMs === null ? null : atMs)
    const askedMs = before?.askedMs ?? atMs
    this.commands.set(id, { id, target, name, reason, state: commandState(record), askedMs, endedMs })
  }
}

/**
 * One slot for each frame that the gateway sent, from the first that was decided on; where none was sent for longer, of
 * T each. What stood at a slot's end counts: nothing younger than V is uncovered.
 */
export function slotsOf(e: Evidence): Slot[] {
  const { cycleMs, deadlineMs, validityMs } = e.manifest.timing
  const sent = [...e.framesSent].map(([cycle, atMs]) => ({ cycle, atMs })).sort((a, b) => a.atMs - b.atMs)
  const decidedMs = new Map(e.verdicts.map(v => [v.verdict.cycle, v.atMs]))
  const first = sent.findIndex(s => decidedMs.has(s.cycle))
  if (first < 0) return []
  const slots: Slot[] = []
  let stood = Number.NEGATIVE_INFINITY
  const stands = (toMs: number): SlotClass => (toMs - stood < validityMs ? 'held' : 'uncovered')
  for (const [i, { cycle, atMs }] of sent.slice(first).entries()) {
    const nextMs = sent[first + i + 1]?.atMs ?? atMs + cycleMs
    const tookMs = (decidedMs.get(cycle) ?? Number.POSITIVE_INFINITY) - atMs
    if (tookMs <= cycleMs) stood = atMs
    const endMs = nextMs - atMs < LONG * cycleMs ? nextMs : atMs + cycleMs
    const made = tookMs <= deadlineMs ? 'onTime' : tookMs <= cycleMs ? 'late' : stands(endMs)
    slots.push({ fromMs: atMs, toMs: endMs, class: made })
    for (let fromMs = endMs; fromMs < nextMs; fromMs += cycleMs)
      slots.push({
        fromMs,
        toMs: Math.min(nextMs, fromMs + cycleMs),
        class: stands(Math.min(nextMs, fromMs + cycleMs)),
      })
  }
  return slots
}
/** A frame may wait for its writes; beyond it, one is missing. */
const LONG = 1.5
