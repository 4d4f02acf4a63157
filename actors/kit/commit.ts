/**
 * Taking over what a step gave: the chart, and its effects in order.
 *
 * H4  An alarm is raised once and returns once; its life as an alarm is not the asset's business.
 */
import type { ActorState, Output, Placed } from './actor.ts'
import type { Numbers } from './frame.ts'
import type { Stepped } from './kernel.ts'

export function commit(
  placed: Placed,
  actor: ActorState,
  { snapshot, effects }: Stepped,
  now: number,
  outputs: Output[],
): ActorState {
  if (effects.length === 0) return snapshot === actor.chart ? actor : { ...actor, chart: snapshot }
  let { timers, seq, out, alarms } = actor
  const asset = placed.name
  for (const effect of effects) {
    if (effect.kind === 'timer') {
      const { id, delayMs, event } = effect
      timers = [...timers.filter(t => t.id !== id), { id, due: now + delayMs, seq: seq++, event }]
    } else if (effect.kind === 'cancel') {
      if (timers.length > 0) timers = timers.filter(t => t.id !== effect.id)
    } else if (effect.kind === 'do') {
      switch (effect.name) {
        case 'set': {
          const values = effect.params as Numbers
          out = { ...out, ...values }
          outputs.push({ asset, kind: 'set', values })
          break
        }
        case 'pulse':
          outputs.push({ asset, kind: 'pulse', pulse: effect.params as string })
          break
        case 'alarm': {
          const { alarm, state } = effect.params as { alarm: string; state: string }
          if (!Object.hasOwn(alarms, alarm)) outputs.push({ asset, kind: 'alarm', alarm, state }) // H4
          if (alarms[alarm] !== state) alarms = { ...alarms, [alarm]: state }
          break
        }
        case 'clear':
          alarms = lower(asset, alarms, (alarm: string) => alarm === effect.params, outputs)
          break
        case 'left':
          alarms = lower(asset, alarms, (_, state) => state === effect.params, outputs)
      }
    }
  }
  return { ...actor, chart: snapshot, timers, seq, out, alarms }
}

/** H4: alarms that return. */
function lower(
  asset: string,
  alarms: ActorState['alarms'],
  returns: (alarm: string, state: string) => boolean,
  outputs: Output[],
): ActorState['alarms'] {
  let left = alarms
  for (const [alarm, state] of Object.entries(alarms)) {
    if (!returns(alarm, state)) continue
    const { [alarm]: _, ...others } = left
    left = others
    outputs.push({ asset, kind: 'clear', alarm, state })
  }
  return left
}
