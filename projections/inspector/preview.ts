/**
 * Select before operate: what a command would do, computed by the step on the state of now. What was selected names the
 * state that it was computed on; once that is another, it cannot be operated any more.
 */
import { commandState } from '../../actors/commands/life.ts'
import type { SiteState } from '../../actors/controller/state.ts'
import { step } from '../../actors/controller/step.ts'
import { type ActorState, freezeActor } from '../../actors/kit/host.ts'
import { canonical, sha256 } from '../../protocol/codec/canonical.ts'
import type { FactOf } from '../../protocol/words/facts.ts'
import { type Difference, differencesOf } from './delta.ts'
import type { Moment } from './moments.ts'

/** From selecting to operating. */
export const SELECTED_MS = 30_000
const CHANGES_SHOWN = 60

export interface Preview {
  readonly position: number
  /** Of the state that it was computed on. */
  readonly basis: string
  readonly operateWithinMs: number
  readonly accepted: boolean
  /** Of a refusal. */
  readonly reason: string
  /** Of the site's mode and its assets; `bat1.chart.value` and such. */
  readonly changes: readonly Difference[]
  /** Log time: what the command is to be stamped with where the browser's clock is another. */
  readonly nowMs: number
}
type Command = FactOf<'CommandRequested'>

/** As if it had been asked for at this very moment of log time, whatever the browser's clock says. */
export function preview({ position, state, site }: Moment, asked: Command): Preview {
  const command = { ...asked, issuedAtMs: state.now }
  const stepped = step(site, state, command, position + 1)
  const record = stepped.state.commands[command.id]
  const accepted = record !== undefined && commandState(record) !== 'rejected'
  return {
    position,
    basis: basisOf(state, command.target),
    operateWithinMs: SELECTED_MS,
    accepted,
    reason: accepted ? '' : (record?.reason ?? 'the step does not take it'),
    changes: differencesOf(actorsOf(state), actorsOf(stepped.state), CHANGES_SHOWN),
    nowMs: state.now,
  }
}
/** What a decision to operate rests on: the mode and the states of the target, not what each frame moves on. */
export function basisOf(state: SiteState, target: string): string {
  const of = (actor: ActorState | undefined) => {
    if (!actor) return null
    const { chart, lost, held = null, alarms } = freezeActor(actor)
    return { value: chart.value, lost, held, alarms: Object.keys(alarms) }
  }
  return sha256(canonical({ mode: of(state.mode), target: of(state.assets[target]) }))
}
const actorsOf = (state: SiteState): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries({ site: state.mode, ...state.assets }).map(([name, actor]) => {
      const { chart, wanted, out, timers } = freezeActor(actor)
      return [name, { state: chart.value, context: chart.context, wanted, out, timers: timers.map(t => t.id) }]
    }),
  )
