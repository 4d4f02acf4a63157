/** The life of one command: asked, taken or refused, carried in candidates, voted, written, read back, ended. */

import { Refusal } from '../../../protocol/words/errors.ts'
import type { FactOf } from '../../../protocol/words/facts.ts'
import { commandView } from '../../api/site-json.ts'
import type { CommandView } from '../../api/view.ts'
import type { Moment } from '../moments.ts'
import { type CycleStory, cycleStory, receiptOf } from './cycle.ts'
import { type FactLine, lineOf } from './facts.ts'
import { param, type View } from './view.ts'

/** Moments before this one that are looked through for the request. */
const LOOKED_THROUGH = 3_000
/** Cycles that carried it, told one by one. */
const CYCLES_SHOWN = 6

export interface CommandPage {
  readonly command: CommandView
  readonly params: Readonly<Record<string, string | number>>
  /** What happened to it, oldest first. */
  readonly steps: readonly FactLine[]
  /** The first cycles that carried it. */
  readonly cycles: readonly CycleStory[]
  readonly carriedIn: number
}

export const command: View<CommandPage> = async (moment, params, sources) => {
  const id = param(params, 'id')
  const recent = await sources.moments.upTo(moment.position, LOOKED_THROUGH)
  const record = moment.state.commands[id] ?? recent.findLast(each => each.state.commands[id])?.state.commands[id]
  if (!record)
    throw new Refusal(
      'NOT_FOUND',
      `no command '${id}' at position ${moment.position}; ended ones are found where they ended`,
    )
  const asked = recent.find(each => requestOf(each)?.id === id)
  const steps = recent.filter((each, i) => concerns(each, recent[i - 1], id))
  const carrying = recent.filter(each => carries(each, id))
  const receipts = recent.flatMap(receiptOf)
  const cycles = await Promise.all(carrying.slice(0, CYCLES_SHOWN).map(each => cycleStory(each, receipts, sources)))
  return {
    command: commandView(record, moment.manifest.site, 'inspector', asked?.position ?? moment.position),
    params: (asked && requestOf(asked)?.params) ?? {},
    steps: steps.map(lineOf),
    cycles,
    carriedIn: carrying.length,
  }
}
const requestOf = ({ taken }: Moment): FactOf<'CommandRequested'> | null =>
  taken.kind === 'stepped' && taken.fact.kind === 'CommandRequested' ? taken.fact : null
const concerns = (each: Moment, before: Moment | undefined, id: string): boolean => {
  if (requestOf(each)?.id === id) return true
  if (receiptOf(each).some(({ receipt }) => receipt.commands.some(c => c.id === id))) return true
  return before !== undefined && each.state.commands[id]?.state !== before.state.commands[id]?.state
}
const carries = ({ taken }: Moment, id: string): boolean =>
  taken.kind === 'stepped' && (taken.candidate?.actions.commands.some(c => c.id === id) ?? false)
