/** A record as one line for people: position, log time, who, what. */

import { parseDecided } from '../../protocol/codec/decided.ts'
import { parseFact } from '../../protocol/codec/fact.ts'
import type { LogRecord, Topic } from '../../protocol/log/event-log.ts'
import type { Candidate } from '../../protocol/words/candidate.ts'
import type { Fact } from '../../protocol/words/facts.ts'

export function lineOf(topic: Topic, { position, stampMs, body }: LogRecord): string {
  const head = `${String(position).padStart(8)}  ${new Date(stampMs).toISOString()}`
  if (topic === 'decisions') {
    const decided = parseDecided(body)
    return decided
      ? `${head}  ${decided.by.padEnd(13)} Decided ${ofCandidate(decided.bytes)}`
      : `${head}  ? no decision`
  }
  const parsed = parseFact(body)
  if (parsed.kind === 'refused') return `${head}  ? ${parsed.code}: ${parsed.reason}`
  const { fact } = parsed
  return `${head}  ${fact.by.padEnd(13)} ${fact.kind} ${inWords(fact)}`
}

function ofCandidate(bytes: string): string {
  const { epoch, cycle, position, actions } = JSON.parse(bytes) as Candidate
  const setpoints = Object.entries(actions.assets).flatMap(([asset, { setpoints, pulses }]) => [
    ...Object.entries(setpoints).map(([name, s]) => `${asset}.${name}=${s.value}`),
    ...pulses.map(p => `${asset}!${p.name}`),
  ])
  return `${epoch}.${cycle} at ${position}: ${[actions.mode, ...setpoints].join(' ')}`
}

function inWords(fact: Fact): string {
  switch (fact.kind) {
    case 'FrameMeasured': {
      const points = Object.values(fact.assets).flatMap(a => Object.values(a.points))
      const bad = points.filter(p => p.quality === 'bad').length
      return `${fact.epoch}.${fact.cycle}: ${points.length} points${bad > 0 ? `, ${bad} bad` : ''}; ${channels(fact)}`
    }
    case 'TimeAdvanced':
      return `${fact.epoch}.${fact.seq}: ${new Date(fact.atMs).toISOString()}`
    case 'CommandRequested': {
      const params = Object.entries(fact.params).map(([k, v]) => ` ${k}=${v}`)
      return `${fact.id}: ${fact.target} ${fact.name}${params.join('')}, within ${fact.expiresMs / 1_000} s`
    }
    case 'ReceiptRecorded': {
      const by = fact.certificate ? ` by ${Object.keys(fact.certificate.signatures).join(', ')}` : ''
      const dissent = fact.dissent.length > 0 ? `; dissent of ${fact.dissent.map(d => d.by).join(', ')}` : ''
      const writes = fact.writes.map(w => ` ${w.asset}.${w.name}=${w.written} ${w.outcome}`)
      const commands = fact.commands.map(c => ` ${c.id} ${c.outcome}`)
      return `${fact.seq}: ${fact.epoch}.${fact.cycle} ${fact.source}${by}${dissent}${[...writes, ...commands].map(w => `;${w}`).join('')}`
    }
    case 'AlarmObserved':
      return `${fact.seq}: ${fact.alarm} ${fact.state}, ${[fact.asset, fact.about].filter(Boolean).join(' ')}: ${fact.text}`
    case 'GapRecorded':
      return `${fact.seq}: ${fact.stream} ${fact.first} to ${fact.last}: ${fact.reason}`
    case 'AlarmAcknowledged':
      return fact.shelveUntilMs === undefined
        ? fact.alarm
        : `${fact.alarm}, shelved until ${new Date(fact.shelveUntilMs).toISOString()}`
    case 'ManifestInstalled':
      return `version ${fact.manifest.manifest.version}, signed by ${Object.keys(fact.manifest.signatures).join(', ')}`
    case 'EquivocationProven':
      return `against ${fact.key}`
    case 'FactSkipped':
      return `${fact.position}: ${fact.reason}`
  }
}

const channels = (fact: Extract<Fact, { kind: 'FrameMeasured' }>): string =>
  Object.entries(fact.assets)
    .map(([name, a]) => `${name} ${a.channel}`)
    .join(', ')
