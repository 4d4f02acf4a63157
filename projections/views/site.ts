/** One site in both databases: whichever of them is away is said, and the other one answers. */
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Note } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { OperationalReader } from '../operational/pages.ts'
import { pointsPage, rollupPage, verdictsPage } from '../timeseries/pages.ts'
import type { TimeseriesReader } from '../timeseries/read.ts'
import type { DatabaseName, SiteViews, Standing } from './view.ts'

export interface SiteViewsOptions {
  readonly tenant: string
  readonly site: string
  readonly partition: number
  readonly facts: Pick<EventLog, 'ends' | 'read'>
  /** Of the build that is live. */
  readonly timeseries: () => TimeseriesReader
  /** Null: nobody has said yet where it is. */
  readonly operational: () => OperationalReader | null
  readonly note: Note
}

export function siteViews({
  tenant,
  site,
  partition,
  facts,
  timeseries,
  operational,
  note,
}: SiteViewsOptions): SiteViews {
  /** Why a database does not answer is for its operator, not for whoever asks. */
  async function asked<T>(database: DatabaseName, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof Refusal) throw error
      note('warn', 'a view does not answer', { database, error: String(error) })
      throw new Refusal('DATABASE', `${database} does not answer`)
    }
  }
  const ofTimeseries = <T>(ask: (reader: TimeseriesReader) => Promise<T>) =>
    asked('timeseries', () => ask(timeseries()))
  const ofOperational = <T>(ask: (reader: OperationalReader) => Promise<T>) =>
    asked('operational', () => {
      const reader = operational()
      if (!reader) throw new Refusal('DATABASE', 'operational is not there yet')
      return ask(reader)
    })
  const standings = {
    timeseries: () =>
      ofTimeseries(async reader => {
        const checkpoint = await reader.reached()
        return { checkpoint, setAside: await reader.setAsideCount(checkpoint) }
      }),
    operational: () => ofOperational(reader => reader.standing()),
  }
  return {
    tenant,
    site,
    points: (which, page) => ofTimeseries(reader => pointsPage(reader, which, page)),
    rollup: (minutes, which, page) => ofTimeseries(reader => rollupPage(reader, minutes, which, page)),
    verdicts: (which, page) => ofTimeseries(reader => verdictsPage(reader, which, page)),
    commands: (which, page) => ofOperational(reader => reader.commands(which, page)),
    alarms: (which, page) => ofOperational(reader => reader.alarms(which, page)),
    async standing(database): Promise<Standing> {
      const at = await standings[database]()
      return { ...at, ...(await behind(facts, partition, at.checkpoint.position)) }
    },
  }
}

async function behind(facts: Pick<EventLog, 'ends' | 'read'>, partition: number, position: number) {
  const { next } = await facts.ends(partition)
  const stampMs = async (at: number) => (await facts.read(partition, Math.max(0, at), 1))[0]?.stampMs ?? null
  const [newest, reached] = [await stampMs(next - 1), await stampMs(position)]
  const behindMs = newest === null || reached === null ? 0 : Math.max(0, newest - reached)
  return { behindRecords: Math.max(0, next - 1 - position), behindMs }
}
