/** `quorate replay`: the log folded anew, each candidate held against what was recorded. */
import { Refusal } from '../../protocol/words/errors.ts'
import { replay as replayLog } from '../records/replay.ts'
import { lengthOf } from '../records/sweep.ts'
import { replayAgainst } from './against.ts'
import { definitionOption, Folder, foldOptions, progressOn, wholeNumber } from './folder.ts'
import { dataOption, jsonOption, junitOption } from './options.ts'
import { endWithReader } from './pour.ts'
import type { Call, Verb } from './verb.ts'

export const replay: Verb = {
  name: 'replay',
  text: 'Folds the log anew and compares every decision with what was recorded: byte for byte, or what other code would change',
  options: {
    data: dataOption,
    to: { type: 'string', value: 'POSITION', text: 'Up to this position of the facts' },
    definition: definitionOption,
    against: {
      type: 'string',
      value: 'DIR|EXPORT',
      text: 'Compares what would be commanded with this log, of any engine',
    },
    engine: { type: 'string', value: 'PATH', text: 'With --against: folds with the code of this other checkout' },
    decide: { type: 'boolean', text: 'With --against and --json: tells each decision, compares nothing' },
    junit: junitOption,
    json: jsonOption,
  },
  async run(call) {
    const log = againstOf(call)
    if (log !== undefined) return replayAgainst(call, log)
    const folder = new Folder(call)
    endWithReader()
    try {
      const to = wholeNumber(call, 'to')
      const range = to === undefined ? {} : { to }
      const facts = await folder.log('facts')
      const { fold, engine } = await foldOptions({ manifest: folder.manifest, facts }, call)
      const decisions = folder.has('decisions') ? await folder.log('decisions') : null
      const total = await lengthOf(facts, folder.partition, range)
      const result = await replayLog({
        facts,
        decisions,
        partition: folder.partition,
        ...range,
        fold,
        snapshots: await folder.snapshots(),
        progress: progressOn(total),
      })
      if (call.flag('json'))
        call.say(JSON.stringify({ kind: 'replayed', site: fold.site, engine: engine.hash, ...result }))
      else for (const line of inWords(result)) call.say(line)
      return result.different === 0 ? 0 : 1
    } finally {
      await folder.close()
    }
  },
}

function againstOf(call: Call): string | undefined {
  const log = call.text('against')
  for (const option of ['engine', 'junit'])
    if (log === undefined && call.text(option) !== undefined)
      throw new Refusal('USAGE', `--${option}: only with --against`)
  if (call.flag('decide') && (log === undefined || !call.flag('json') || call.text('engine') !== undefined))
    throw new Refusal('USAGE', '--decide: only with --against and --json, and not with --engine')
  return log
}

function inWords(r: Awaited<ReturnType<typeof replayLog>>): string[] {
  const lines = [
    `${r.facts} facts folded, ${r.refused} refused; ${r.computed} candidates, ${r.candidates} recorded ones compared, ${r.perSecond} records/s`,
  ]
  if (r.otherEngine > 0)
    lines.push(
      `${r.otherEngine} recorded by another engine; this one would have decided ${r.otherEngineChanged} of them otherwise`,
    )
  if (r.unreadable > 0) lines.push(`${r.unreadable} records of 'decisions' cannot be read`)
  for (const [replica, { position, stateHash, snapshot }] of Object.entries(r.replicas)) {
    const own = snapshot ? `; its own snapshot at ${snapshot.position}: ${snapshot.equal ? 'equal' : 'DIFFERENT'}` : ''
    lines.push(`replica ${replica}: position ${position}, state ${stateHash.slice(0, 16)}${own}`)
  }
  const { firstDifference: first } = r
  if (first)
    lines.push(
      `${r.different} DIFFERENT; the first at position ${first.position} (cycle ${first.cycle}, ${first.by}): ${first.path || 'bytes'}`,
      `  recorded ${JSON.stringify(first.recorded)}`,
      `  computed ${JSON.stringify(first.computed)}`,
    )
  else lines.push(`no difference among ${r.candidates - r.otherEngine} of this engine`)
  return lines
}
