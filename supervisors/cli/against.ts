/** `quorate replay --against LOG`: what an upgrade would change of what was decided. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Refusal } from '../../protocol/words/errors.ts'
import { type Compared, type CycleDiffers, compare, type Reached, type Side } from '../records/against.ts'
import { casesOf, Differing, differingInWords, summaryInWords } from '../records/against-words.ts'
import { junit } from '../records/junit.ts'
import { type FoldCounts, FoldedSide, folded, noFacts, RecordedSide } from '../records/sides.ts'
import { lengthOf, type Range } from '../records/sweep.ts'
import { foldOptions, progressOn, wholeNumber } from './folder.ts'
import { type DecideLine, OtherEngine } from './other-engine.ts'
import { endWithReader, pour } from './pour.ts'
import { openRecorded, type RecordedLog } from './recorded-log.ts'
import type { Call } from './verb.ts'

/** Cycles that are shown to people; `--json` has all of them. */
const SHOWN = 20

export async function replayAgainst(call: Call, path: string): Promise<number> {
  endWithReader()
  const log = await openRecorded(call, path)
  try {
    return call.flag('decide') ? await decide(call, log) : await against(call, path, log)
  } finally {
    await log.close()
  }
}

/** 1 where anything that is acted on would be otherwise, 0 where nothing differs or words only. */
async function against(call: Call, path: string, log: RecordedLog): Promise<number> {
  const counts = noFacts()
  const checkout = call.text('engine')
  const other = checkout === undefined ? null : new OtherEngine(checkout, argumentsFor(call, path), counts)
  const own = other && log.decisions ? null : await ownFold(call, log)
  if (!other && !log.decisions)
    throw new Refusal(
      'NOT_FOUND',
      `${path} holds no decisions to compare with; add \`quorate log export --topic decisions\`, or name other code with --engine`,
    )
  const computed = other ? other.decisions() : own!.reached(counts)
  const { partition, site } = log.manifest
  const recorded: Side = log.decisions
    ? new RecordedSide(log.decisions, partition, site)
    : new FoldedSide(own!.reached(noFacts()))
  const differing = new Differing()
  let shown = 0
  const differs = async (cycle: CycleDiffers) => {
    differing.take(cycle)
    if (call.flag('json')) await pour(JSON.stringify({ kind: 'differs', ...cycle }))
    else if (shown++ < SHOWN) for (const line of differingInWords(cycle)) call.say(line)
  }
  const compared = await compare(computed, recorded, differs)
  tell(call, { site, engine: other?.hash ?? own!.engine, compared, counts, hidden: Math.max(0, shown - SHOWN) })
  const file = call.text('junit')
  if (file !== undefined)
    writeFileSync(file, junit([{ name: 'quorate replay', cases: casesOf(log.manifest, compared, counts, differing) }]))
  return compared.different + compared.undecided === 0 && compared.compared > 0 ? 0 : 1
}

interface Told {
  readonly site: string
  readonly engine: string
  readonly compared: Compared
  readonly counts: FoldCounts
  readonly hidden: number
}
function tell(call: Call, { site, engine, compared, counts, hidden }: Told): void {
  if (call.flag('json')) call.say(JSON.stringify({ kind: 'compared', site, engine, ...counts, ...compared }))
  else for (const line of summaryInWords(compared, counts, hidden)) call.say(line)
}

/** Each decision of this code, for another checkout that compares them. */
async function decide(call: Call, log: RecordedLog): Promise<number> {
  const counts = noFacts()
  const own = await ownFold(call, log)
  const say = (line: DecideLine) => pour(JSON.stringify(line))
  let last = -1
  for await (const { position, decisions } of own.reached(counts)) {
    last = position
    for (const decision of decisions) await say({ kind: 'decision', ...decision })
  }
  await say({ kind: 'decided', engine: own.engine, position: last, ...counts })
  return 0
}

interface OwnFold {
  readonly engine: string
  reached(counts: FoldCounts): AsyncIterable<Reached>
}
async function ownFold(call: Call, log: RecordedLog): Promise<OwnFold> {
  const { manifest, facts } = log
  const { fold, engine } = await foldOptions(log, call)
  const { partition } = manifest
  const to = wholeNumber(call, 'to')
  const range: Range = to === undefined ? {} : { to }
  const total = await lengthOf(facts, partition, range)
  const reached = (counts: FoldCounts) =>
    folded({ facts, partition, range, fold, progress: progressOn(total)('replay') }, counts)
  return { engine: engine.hash, reached }
}

function argumentsFor(call: Call, path: string): string[] {
  const own = (call.text('definition') ?? '').split(',').filter(file => file !== '')
  const to = call.text('to')
  return [
    ...['--against', resolve(path)],
    ...(own.length > 0 ? ['--definition', own.map(file => resolve(file)).join(',')] : []),
    ...(to === undefined ? [] : ['--to', to]),
  ]
}
