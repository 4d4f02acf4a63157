/**
 * The executor's journal: what must be known after a crash. A standing verdict with its intent, the pulses that were
 * begun and how they ended, the commands that were listed and how they ended, the slots so far, the
 * cycle numbers that may be used, the keys that are out, the alarms that stand.
 */

import { Journal } from '../protocol/journal.ts'
import type { Disk } from '../protocol/ports.ts'
import { type CommandReceipt, type Equivocation, NO_SLOTS, type Slots } from '../protocol/words/facts.ts'
import type { PulseOutcome } from './commands.ts'
import type { Verdict } from './verdict.ts'

export interface PulseEnd {
  readonly id: string
  readonly asset: string
  readonly name: string
  readonly outcome: PulseOutcome
  readonly reason: string
}
/** A condition that was raised and has not returned. */
export interface Condition {
  readonly alarm: string
  readonly about?: string
  readonly asset?: string
  readonly text: string
}
export const conditionKey = ({ alarm, about, asset }: Omit<Condition, 'text'>): string =>
  `${alarm} ${about ?? ''} ${asset ?? ''}`

export type Note =
  | {
      readonly k: 'verdict'
      readonly boot: string
      readonly verdict: Verdict
      readonly slots: Slots
      readonly atMs: number
    }
  /** Durable before the write (S6, S8). */
  | { readonly k: 'pulse'; readonly id: string; readonly asset: string; readonly name: string }
  /** Durable before it is told: the next life must not tell of another end (S10, S11). */
  | ({ readonly k: 'pulsed' } & PulseEnd)
  | { readonly k: 'command'; readonly id: string }
  | ({ readonly k: 'commandEnded' } & CommandReceipt)
  /** Their receipts are on their way and cannot be lost any more. */
  | { readonly k: 'told'; readonly pulses: readonly string[]; readonly commands: readonly string[] }
  /** Cycle numbers up to this one may have been used. */
  | { readonly k: 'cycles'; readonly upTo: number }
  /** Of each public key one: it stays out under whatever name, whatever manifest (S15). */
  | { readonly k: 'disqualified'; readonly proof: Equivocation }
  /** Raised: before it is told; returned: after. The next life tells again what it finds raised. */
  | { readonly k: 'alarm'; readonly state: 'raised' | 'returned'; readonly condition: Condition }

/** Ids of ended pulses that are remembered: more than any verdict lists, so that a repeat is always known. */
const ENDED_KEPT = 2_048
/** Notes between two compactions: beyond what the last one kept, or a full memory would be written anew at every note. */
const COMPACT_EVERY = 1_024

export interface Recovered {
  /** Of the same boot; null otherwise: monotonic time does not survive a boot. */
  readonly standing: Verdict | null
  readonly slots: Slots
  /** No cycle above it was ever used. */
  readonly cycle: number
  /** When the last note was made, monotonic ms of this boot; null: another boot. */
  readonly lastAtMs: number | null
  /** Begun and not known to have ended. */
  readonly openPulses: readonly { readonly id: string; readonly asset: string; readonly name: string }[]
  readonly openCommands: readonly string[]
  /** Ended, and perhaps never told. */
  readonly untold: { readonly pulses: readonly PulseEnd[]; readonly commands: readonly CommandReceipt[] }
  readonly disqualified: readonly Equivocation[]
  readonly raised: readonly Condition[]
}

/** What notes add up to. */
class Standing {
  readonly pulses = new Map<string, { asset: string; name: string; end: PulseEnd | null; told: boolean }>()
  readonly commands = new Map<string, { end: CommandReceipt | null; told: boolean }>()
  /** By public key. */
  readonly disqualified = new Map<string, Equivocation>()
  readonly raised = new Map<string, Condition>()
  verdict: Extract<Note, { k: 'verdict' }> | null = null
  cycle = 0

  fold(note: Note): void {
    if (note.k === 'verdict') this.verdict = note
    else if (note.k === 'pulse')
      this.pulses.set(note.id, { asset: note.asset, name: note.name, end: null, told: false })
    else if (note.k === 'pulsed') {
      const { k: _, ...end } = note
      this.pulses.set(note.id, { asset: end.asset, name: end.name, end, told: false })
    } else if (note.k === 'command') this.commands.set(note.id, { end: null, told: false })
    else if (note.k === 'cycles') this.cycle = Math.max(this.cycle, note.upTo)
    else if (note.k === 'disqualified') this.disqualified.set(note.proof.publicKey, note.proof)
    else if (note.k === 'alarm') {
      const key = conditionKey(note.condition)
      if (note.state === 'raised') this.raised.set(key, note.condition)
      else this.raised.delete(key)
    } else if (note.k === 'commandEnded') {
      const { k: _, ...end } = note
      this.commands.set(note.id, { end, told: false })
    } else {
      mark(this.pulses, note.pulses)
      mark(this.commands, note.commands)
    }
  }
  /** What a compacted journal holds: this state, and nothing of how it came about. */
  notes(): Note[] {
    const notes: Note[] = [{ k: 'cycles', upTo: this.cycle }]
    for (const [id, { asset, name, end }] of this.pulses) {
      notes.push({ k: 'pulse', id, asset, name })
      if (end) notes.push({ k: 'pulsed', ...end })
    }
    for (const [id, { end }] of this.commands) {
      notes.push({ k: 'command', id })
      if (end) notes.push({ k: 'commandEnded', ...end })
    }
    notes.push({ k: 'told', pulses: told(this.pulses), commands: told(this.commands) })
    for (const proof of this.disqualified.values()) notes.push({ k: 'disqualified', proof })
    for (const condition of this.raised.values()) notes.push({ k: 'alarm', state: 'raised', condition })
    return this.verdict ? [...notes, this.verdict] : notes
  }
}

export class Notebook {
  readonly recovered: Recovered
  readonly #journal: Journal
  readonly #boot: string
  readonly #compactEvery: number
  /** With notes that are on their way. */
  readonly #noted = new Standing()
  /** Up to the note whose turn it is: a compaction that took in later ones would have earlier ones come after them. */
  readonly #durable = new Standing()
  #turn: Promise<void> = Promise.resolve()
  #kept = 0

  private constructor(journal: Journal, boot: string, compactEvery: number) {
    this.#journal = journal
    this.#boot = boot
    this.#compactEvery = compactEvery
    for (const text of journal.recovered) {
      const note = JSON.parse(text) as Note
      this.#noted.fold(note)
      this.#durable.fold(note)
    }
    const { verdict, cycle, pulses, commands, disqualified, raised } = this.#noted
    const sameBoot = verdict?.boot === boot
    this.recovered = {
      standing: sameBoot ? verdict.verdict : null,
      slots: verdict?.slots ?? NO_SLOTS,
      cycle,
      lastAtMs: sameBoot ? verdict.atMs : null,
      openPulses: [...pulses]
        .filter(([, p]) => p.end === null)
        .map(([id, p]) => ({ id, asset: p.asset, name: p.name })),
      openCommands: [...commands].filter(([, c]) => c.end === null).map(([id]) => id),
      untold: { pulses: untold(pulses), commands: untold(commands) },
      disqualified: [...disqualified.values()],
      raised: [...raised.values()],
    }
  }
  static async open(disk: Disk, boot: string, compactEvery = COMPACT_EVERY): Promise<Notebook> {
    return new Notebook(await Journal.open(disk, 'notebook'), boot, compactEvery)
  }

  hasPulse(id: string): boolean {
    return this.#noted.pulses.has(id)
  }
  hasCommand(id: string): boolean {
    return this.#noted.commands.has(id)
  }
  verdict(verdict: Verdict, slots: Slots, atMs: number): Promise<void> {
    return this.write({ k: 'verdict', boot: this.#boot, verdict, slots, atMs })
  }
  /** Resolves when it is durable; a rejection is fatal for the process. */
  write(note: Note): Promise<void> {
    this.#noted.fold(note)
    const turn = this.#turn.then(async () => {
      this.#durable.fold(note)
      if (this.#journal.length >= this.#kept + this.#compactEvery) {
        const standing = this.#durable.notes()
        this.#kept = standing.length
        await this.#journal.compact(standing.map(n => JSON.stringify(n)))
      } else {
        this.#journal.append(JSON.stringify(note))
        await this.#journal.sync()
      }
    })
    this.#turn = turn.catch(() => {})
    return turn
  }
}

type Told<E> = Map<string, { readonly end: E | null; told: boolean }>
const told = (map: Told<unknown>): string[] => [...map].filter(([, t]) => t.told).map(([id]) => id)
const untold = <E>(map: Told<E>): E[] => [...map.values()].flatMap(t => (t.end !== null && !t.told ? [t.end] : []))

/** Drops the oldest that were told, beyond ENDED_KEPT. */
function mark(map: Told<unknown>, ids: readonly string[]): void {
  for (const id of ids) {
    const entry = map.get(id)
    if (entry) entry.told = true
  }
  for (const [id, entry] of map) {
    if (map.size <= ENDED_KEPT) return
    if (entry.told) map.delete(id)
  }
}
