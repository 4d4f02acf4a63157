/**
 * What `quorate log export` wrote, read as a log again: lines of one topic or of several, one after the other. The text
 * of a fact is kept to the byte, since its signature is over it.
 */
import type { LogRecord, Topic } from '../../protocol/log/event-log.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { LogReader } from './sweep.ts'

const LINE = /^\{"topic":"(facts|history|decisions|snapshots)","position":(\d+),"stampMs":(\d+),(.*)\}$/
const FACT = /^"signature":"([^"]*)","fact":(.*)$/

export class Exported {
  readonly #topics = new Map<Topic, LogRecord[]>()

  /** Throws Refusal LOG_CORRUPT with the number of the line. */
  line(text: string, number: number): void {
    if (text === '') return
    const [, topic, position, stampMs, rest] = LINE.exec(text) ?? []
    const body = rest === undefined ? null : bodyOf(rest)
    if (body === null) throw new Refusal('LOG_CORRUPT', `line ${number} is none of \`quorate log export\``)
    const records = this.#topics.get(topic as Topic) ?? []
    this.#topics.set(topic as Topic, records)
    const last = records.at(-1)
    if (last && last.position >= Number(position))
      throw new Refusal(
        'LOG_CORRUPT',
        `line ${number}: position ${position} of '${topic}' comes after ${last.position}`,
      )
    records.push({ position: Number(position), stampMs: Number(stampMs), body })
  }

  /** Null where the export holds nothing of the topic. */
  log(topic: Topic): LogReader | null {
    const records = this.#topics.get(topic)
    if (!records) return null
    return {
      read: async (_, from, max) => {
        const first = records.findIndex(r => r.position >= from)
        return first < 0 ? [] : records.slice(first, first + max)
      },
      ends: async () => ({ earliest: records[0]!.position, next: records.at(-1)!.position + 1 }),
    }
  }
}

function bodyOf(rest: string): string | null {
  const fact = FACT.exec(rest)
  if (fact) return `${fact[1]} ${fact[2]}`
  if (rest.startsWith('"record":')) return rest.slice('"record":'.length)
  if (!rest.startsWith('"body":')) return null
  try {
    return JSON.parse(rest.slice('"body":'.length)) as string
  } catch {
    return null
  }
}
