/** A household's log in memory, looked at: its moments and what was recorded beside them. */
import { type FrozenFold, SiteFold } from '../../../actors/controller/fold.ts'
import { MemoryCheckpoints } from '../../../projections/inspector/checkpoints.ts'
import { type Moment, Moments } from '../../../projections/inspector/moments.ts'
import { Recorded } from '../../../projections/inspector/recorded.ts'
import type { EventLog } from '../../../protocol/log/event-log.ts'
import { hostClock } from '../../../supervisors/real/clock.ts'
import { OPTIONS, until } from '../projections/story.ts'

export interface LookedAtOptions {
  readonly checkpoints?: MemoryCheckpoints
  /** That two nodes have signed. */
  readonly sharedState?: FrozenFold | null
  readonly freezeEvery?: number
  readonly live?: number
}
export const fail = (error: unknown): never => {
  throw error
}

export async function momentsOf(
  facts: EventLog,
  { checkpoints, sharedState = null, ...bounds }: LookedAtOptions = {},
): Promise<Moments> {
  const note = () => {}
  const kept = checkpoints ?? new MemoryCheckpoints()
  const shared = async () => sharedState
  const options = {
    facts,
    shared,
    partition: 0,
    fold: OPTIONS,
    checkpoints: kept,
    clock: hostClock,
    note,
    fail,
    ...bounds,
  }
  const moments = new Moments(options)
  await moments.start()
  const { next } = await facts.ends(0)
  await until(() => (moments.now?.position ?? -1) >= next - 1)
  return moments
}
export async function recordedOf(decisions: EventLog): Promise<Recorded> {
  const { tenant, site, verifier } = OPTIONS
  const recorded = new Recorded({ decisions, partition: 0, tenant, site, verifier, fail })
  await recorded.start()
  return recorded
}

/** The same without a time machine: from the beginning to the position. */
export async function straight(facts: EventLog, position: number): Promise<SiteFold> {
  const fold = new SiteFold(OPTIONS)
  const { earliest } = await facts.ends(0)
  for (const record of await facts.read(0, earliest, 10_000))
    if (record.position <= position) fold.take(record.position, record.body)
  return fold
}
export const chartsOf = ({ state }: Pick<Moment, 'state'>): unknown => ({
  position: state.position,
  now: state.now,
  cycle: state.cycle,
  mode: state.mode.chart.value,
  assets: Object.fromEntries(Object.entries(state.assets).map(([name, { chart, out }]) => [name, [chart.value, out]])),
  commands: state.commands,
})
