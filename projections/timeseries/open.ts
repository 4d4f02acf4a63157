/** The time series of one site: its builds behind the interface that both kinds share. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { Verifier } from '../../protocol/codec/sign.ts'
import type { FactsSoFar } from '../runner/beside.ts'
import type { Build, Database, Summed } from '../runner/database.ts'
import {
  addBuild,
  buildsOf,
  connect,
  databaseOf,
  dropBuild,
  type Engine,
  prepareDatabase,
  switchTo,
} from './database.ts'
import { LateFrames } from './late.ts'
import { TimeseriesReader } from './read.ts'
import { type Change, timeseries } from './rows.ts'
import { TimeseriesStore } from './store.ts'

export interface TimeseriesOptions {
  readonly engine: Engine
  readonly tenant: string
  readonly site: string
  readonly verifier: Verifier
}

/** Throws Refusal DATABASE. */
export async function openTimeseries(o: TimeseriesOptions): Promise<TimeseriesDatabase> {
  const client = await connect(o.engine)
  await prepareDatabase(client)
  return new TimeseriesDatabase(o, client)
}

export class TimeseriesDatabase implements Database<Change> {
  readonly projection = timeseries
  readonly beside = 'history'
  readonly client: ClickHouseClient
  readonly #o: TimeseriesOptions

  constructor(options: TimeseriesOptions, client: ClickHouseClient) {
    this.#o = options
    this.client = client
  }

  get address(): string {
    const { engine } = this.#o
    return engine.kind === 'server' ? engine.url : `chdb:${engine.dir}`
  }
  live(): Promise<Build> {
    return prepareDatabase(this.client)
  }
  builds(): Promise<readonly Build[]> {
    return buildsOf(this.client)
  }
  add(): Promise<Build> {
    return addBuild(this.client)
  }
  switchTo(build: number): Promise<void> {
    return switchTo(this.client, build)
  }
  drop(build: number): Promise<void> {
    return dropBuild(this.client, build)
  }
  async store(build: number): Promise<TimeseriesStore> {
    return new TimeseriesStore(this.client, databaseOf(build), this.#o.tenant, this.#o.site)
  }
  async besideStore(build: number): Promise<TimeseriesStore> {
    return new TimeseriesStore(this.client, databaseOf(build), this.#o.tenant, this.#o.site, 'history')
  }
  async besideJudge(build: number, facts: FactsSoFar): Promise<LateFrames> {
    const { tenant, site, verifier } = this.#o
    return new LateFrames({ tenant, site, verifier, facts, rows: this.reader(build) })
  }
  reader(build: number): TimeseriesReader {
    return new TimeseriesReader(this.client, databaseOf(build), this.#o.tenant, this.#o.site)
  }
  async sums(build: number, like: number): Promise<Summed> {
    const reader = this.reader(build)
    return reader.sums(await reader.reached(), await this.reader(like).hotFromMs())
  }
  async close(): Promise<void> {
    await this.client.close()
  }
}
