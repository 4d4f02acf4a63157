/**
 * Who said what to whom, in the order of the log: one line for each message, by the cycle or the command that it belongs
 * to. `correlation` shows one alone.
 */
import type { FactOf } from '../../../protocol/words/facts.ts'
import type { Moment } from '../moments.ts'
import { isWrong, says } from './replicas.ts'
import { count, cycleOf, type Sources, type View } from './view.ts'

const MESSAGES = 150
const LOOKED_THROUGH = 600
/** Everybody who votes: a frame, a command goes to all of them. */
const ALL = '*'

export interface Message {
  readonly position: number
  /** Null: nobody has stamped it; a candidate is written down after it was sent. */
  readonly stampMs: number | null
  readonly from: string
  /** `*`: all replicas. */
  readonly to: string
  readonly text: string
  /** The cycle, as `epoch.cycle`, or the id of a command. */
  readonly correlation: string
  /** Somebody should look at it. */
  readonly abnormal: boolean
}
export interface SequencePage {
  /** Columns, left to right. */
  readonly actors: readonly string[]
  readonly messages: readonly Message[]
}

export const sequence: View<SequencePage> = async (moment, params, sources) => {
  const max = count(params, 'max', MESSAGES, 600)
  const { correlation } = params
  const recent = await sources.moments.upTo(moment.position, LOOKED_THROUGH)
  const messages: Message[] = []
  for (const each of recent.toReversed()) {
    if (messages.length >= max) break
    const own = (await messagesOf(each, sources)).filter(
      m => correlation === undefined || m.correlation === correlation,
    )
    messages.unshift(...own)
  }
  const assets = new Set(messages.flatMap(({ from, to }) => [from, to]).filter(name => moment.site.byName.has(name)))
  const people = new Set(messages.map(({ from }) => from).filter(from => isPerson(moment, from)))
  return { actors: [...people, ...moment.manifest.replicas, 'gateway', ...assets], messages: messages.slice(-max) }
}
const isPerson = ({ manifest }: Moment, name: string): boolean =>
  manifest.keys[name]?.roles.some(role => !['node', 'gateway'].includes(role)) ?? false

async function messagesOf(moment: Moment, sources: Sources): Promise<Message[]> {
  const { taken, position, stampMs } = moment
  if (taken.kind !== 'stepped') return []
  const { fact } = taken
  const line = (from: string, to: string, text: string, correlation: string, abnormal = false): Message => {
    return { position, stampMs, from, to, text, correlation, abnormal }
  }
  switch (fact.kind) {
    case 'FrameMeasured': {
      const cycle = cycleOf(fact)
      const decided = taken.candidate ? '' : ', not decided on'
      return [
        line('gateway', ALL, `frame ${cycle}${decided}`, cycle),
        ...(await candidatesOf(moment, cycle, sources, line)),
      ]
    }
    case 'ReceiptRecorded':
      return receiptLines(fact, line)
    case 'CommandRequested':
      return [line(fact.by, ALL, `${fact.target} ${fact.name}`, fact.id)]
    case 'AlarmAcknowledged':
      return [line(fact.by, ALL, `acknowledges ${fact.alarm}`, fact.id)]
    case 'AlarmObserved':
      return [line('gateway', ALL, `${fact.alarm} ${fact.state}: ${fact.text}`, fact.alarm, fact.state === 'raised')]
    case 'ManifestInstalled':
      return [
        line(fact.by, ALL, `manifest ${fact.manifest.manifest.version}`, `manifest ${fact.manifest.manifest.version}`),
      ]
    case 'GapRecorded':
      return [line('gateway', ALL, `gap in ${fact.stream}: ${fact.reason}`, 'gap', true)]
    default:
      return []
  }
}
type Line = (from: string, to: string, text: string, correlation: string, abnormal?: boolean) => Message

async function candidatesOf(moment: Moment, cycle: string, { recorded }: Sources, line: Line): Promise<Message[]> {
  if (moment.taken.kind !== 'stepped' || !moment.taken.candidate) return []
  const said = await recorded.at(moment.position, moment.manifest)
  return said.map(one => {
    const verdict = says(one, moment)
    const wrong = isWrong(verdict)
    const text = wrong ? `candidate ${cycle}: ${verdict}` : `candidate ${cycle}`
    return { ...line(one.by, 'gateway', text, cycle, wrong), stampMs: null }
  })
}
function receiptLines(fact: FactOf<'ReceiptRecorded'>, line: Line): Message[] {
  const cycle = cycleOf(fact)
  const writes = fact.writes.flatMap(({ asset, name, written, readBack, outcome, id }) => [
    line('gateway', asset, id === undefined ? `${name} := ${written}` : `pulse ${name}`, cycle),
    line(asset, 'gateway', `${readBack ?? 'nothing'} read back: ${outcome}`, cycle, outcome !== 'confirmed'),
  ])
  const ended = fact.commands.map(({ id, outcome, reason = '' }) =>
    line('gateway', ALL, `${outcome} ${reason}`.trim(), id, outcome !== 'confirmed'),
  )
  const signed = Object.keys(fact.certificate?.signatures ?? {}).length
  const dissent = fact.dissent.map(({ by }) => by).join(', ')
  const words = [`verdict: ${fact.source}`, signed > 0 && `${signed} signed`, dissent && `dissent of ${dissent}`]
  return [...writes, line('gateway', ALL, words.filter(Boolean).join(', '), cycle, dissent !== ''), ...ended]
}
