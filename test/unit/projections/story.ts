/** A household's log in memory: time, frames, commands, receipts and alarms, made by hand. */
import type { FoldOptions } from '../../../actors/controller/fold.ts'
import { sealFact } from '../../../protocol/codec/fact.ts'
import type { EventLog } from '../../../protocol/log/event-log.ts'
import { openMemoryLog } from '../../../protocol/log/memory.ts'
import type { Fact, FactOf } from '../../../protocol/words/facts.ts'
import {
  asked,
  assetsOf,
  BAD,
  batteryPoints,
  byAdministrator,
  claim,
  FoldBench,
  frame,
  good,
  head,
  installed,
  manifestOf,
  NODES,
  START_MS,
  signerOf,
} from '../controller/household.ts'

export const OPTIONS: FoldOptions = FoldBench.options
export const sealed = (fact: Fact): string => sealFact(fact, signerOf(fact.by))

/** Facts of a household, each following the ones before it. */
export class Story {
  readonly bodies: string[] = []
  #seq = 0
  #durable = 0
  #cycle = 0

  constructor() {
    this.add(installed(byAdministrator(manifestOf())))
  }
  add(fact: Fact): this {
    this.bodies.push(sealed(fact))
    return this
  }
  time(ms: number): this {
    this.#seq++
    for (const by of NODES) this.add(claim(by, this.#seq, START_MS + ms))
    return this
  }
  frame(changes: Parameters<typeof assetsOf>[0] = {}, fields: Partial<FactOf<'FrameMeasured'>> = {}): this {
    this.#cycle++
    return this.add(frame(this.#cycle, { assets: assetsOf(changes), ...fields }))
  }
  command(id: string, target: string, name: string, atMs: number): this {
    return this.add(asked(id, target, name, START_MS + atMs))
  }
  receipt(changes: Partial<FactOf<'ReceiptRecorded'>> = {}): this {
    const signatures = { 'node-a': 'A'.repeat(86), 'node-b': 'B'.repeat(86) }
    const certificate = { epoch: 1, cycle: this.#cycle, digest: 'c'.repeat(64), signatures }
    const empty = { dissent: [], writes: [], effects: [], commands: [] }
    const own = { kind: 'ReceiptRecorded', by: 'gateway', seq: ++this.#durable, epoch: 1, cycle: this.#cycle } as const
    return this.add({ ...head, ...own, source: 'majority', certificate, latencyUs: 4_000, ...empty, ...changes })
  }
  alarm(state: 'raised' | 'returned', text = 'of cycle 7'): this {
    const own = { kind: 'AlarmObserved', by: 'gateway', seq: ++this.#durable, alarm: 'dissent' } as const
    return this.add({ ...head, ...own, about: 'node-b', state, text })
  }

  /** Some of everything; at one frame a minute it goes over many minutes. */
  static long(minutes: number): Story {
    const story = new Story()
    for (let minute = 0; minute < minutes; minute++) {
      const ms = minute * 60_000
      story.time(ms).frame({ bat1: { points: batteryPoints({ soc: minute % 7 === 3 ? BAD : socAt(minute) }) } })
      if (minute === 1) story.command('start-automatic', 'site', 'automatic', ms)
      if (minute % 5 === 2) story.command(`asked-manual-${minute}`, 'site', 'manual', ms)
      if (minute % 5 === 3) {
        const ended = [{ id: `asked-manual-${minute - 1}`, outcome: 'confirmed' as const }]
        story.receipt({ commands: ended, dissent: [{ by: 'node-c', digest: 'd'.repeat(64) }] })
      } else story.receipt()
      if (minute % 6 === 1) story.alarm('raised')
      if (minute % 6 === 4) story.alarm('returned')
    }
    return story
  }
}
const socAt = (minute: number) => ({ ...good(500 + minute, '%'), ageMs: minute })

/** Each record's stamp is a second after the one before it. */
export async function logOf(bodies: readonly string[], topicId = 'log-1'): Promise<EventLog> {
  let stampMs = START_MS
  const log = openMemoryLog({ topic: 'facts', sparse: true, topicId, clock: () => (stampMs += 1_000) })
  for (const body of bodies) await log.append([{ partition: 0, body }])
  return log
}

/** Until it holds; the test's own time limit ends it. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise(resolve => setTimeout(resolve, 1))
}
