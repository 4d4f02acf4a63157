/** A fact in a line for people, without who says it and what kind it is of. */
import type { Fact } from './facts.ts'

export function factInWords(fact: Fact): string {
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
