/** A record as one line for people: position, log time, who, what. */

import { stateText } from '../../actors/kit/machine.ts'
import { parseDecided } from '../../protocol/codec/decided.ts'
import { parseFact } from '../../protocol/codec/fact.ts'
import { parseObserved } from '../../protocol/codec/observed.ts'
import type { LogRecord, Topic } from '../../protocol/log/event-log.ts'
import type { Candidate } from '../../protocol/words/candidate.ts'
import { factInWords } from '../../protocol/words/in-words.ts'
import type { ProcessObserved } from '../../protocol/words/observed.ts'

export function lineOf(topic: Topic, { position, stampMs, body }: LogRecord): string {
  const head = `${String(position).padStart(8)}  ${new Date(stampMs).toISOString()}`
  if (topic === 'decisions') {
    const decided = parseDecided(body)
    if (decided) return `${head}  ${decided.by.padEnd(13)} Decided ${ofCandidate(decided.bytes)}`
    const observed = parseObserved(body)?.observed
    return observed
      ? `${head}  ${observed.by.padEnd(13)} ProcessObserved ${ofActors(observed)}`
      : `${head}  ? no decision`
  }
  const parsed = parseFact(body)
  if (parsed.kind === 'refused') return `${head}  ? ${parsed.code}: ${parsed.reason}`
  const { fact } = parsed
  return `${head}  ${fact.by.padEnd(13)} ${fact.kind} ${factInWords(fact)}`
}

function ofCandidate(bytes: string): string {
  const { epoch, cycle, position, actions } = JSON.parse(bytes) as Candidate
  const setpoints = Object.entries(actions.assets).flatMap(([asset, { setpoints, pulses }]) => [
    ...Object.entries(setpoints).map(([name, s]) => `${asset}.${name}=${s.value}`),
    ...pulses.map(p => `${asset}!${p.name}`),
  ])
  return `${epoch}.${cycle} at ${position}: ${[actions.mode, ...setpoints].join(' ')}`
}

const ofActors = ({ process, life, seq, charts, tree }: ProcessObserved): string =>
  [
    `${process} ${life}.${seq}:`,
    ...charts.map(({ path, value }) => `${path} ${stateText(value)};`),
    ...tree.flatMap(row => (row.kind === 'worker' ? [`${row.path} ${row.state}, ${row.restarts} restarts;`] : [])),
  ].join(' ')
