/** The embedded engine in a folder of its own, or the server that `QUORATE_CLICKHOUSE` names; and all that a reader sees. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Build } from '../../../projections/runner/database.ts'
import { connect, databaseOf, type Engine, prepareDatabase } from '../../../projections/timeseries/database.ts'
import { TimeseriesReader } from '../../../projections/timeseries/read.ts'
import { TimeseriesStore } from '../../../projections/timeseries/store.ts'

/** `http://user:password@host:8123` */
export const SERVER = process.env.QUORATE_CLICKHOUSE

export function serverOf(address: string): Engine {
  const { origin, username, password } = new URL(address)
  return { kind: 'server', url: origin, user: username, password }
}
const ALWAYS = { fromMs: 0, toMs: 4_000_000_000_000 }

export class ClickHouse {
  readonly dir: string
  client!: ClickHouseClient
  live!: Build

  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'quorate-clickhouse-'))
  }
  static async start(engine?: Engine): Promise<ClickHouse> {
    const clickhouse = new ClickHouse()
    clickhouse.client = await connect(engine ?? { kind: 'embedded', dir: join(clickhouse.dir, 'data') })
    clickhouse.live = await prepareDatabase(clickhouse.client)
    return clickhouse
  }
  async stop(): Promise<void> {
    await this.client.close()
    rmSync(this.dir, { recursive: true, force: true })
  }

  store(tenant: string, site = 'home', build = this.live.id): TimeseriesStore {
    return new TimeseriesStore(this.client, databaseOf(build), tenant, site)
  }
  reader(tenant: string, site = 'home', build = this.live.id): TimeseriesReader {
    return new TimeseriesReader(this.client, databaseOf(build), tenant, site)
  }
  async rows(tenant: string, site = 'home'): Promise<unknown[]> {
    const reader = this.reader(tenant, site)
    const all: unknown[] = []
    for (const rows of [
      await reader.points({}, ALWAYS),
      await reader.rollup(1, {}, ALWAYS),
      await reader.rollup(15, {}, ALWAYS),
      await reader.decisions(ALWAYS),
      await reader.setAside(),
    ])
      all.push(...rows)
    return all
  }
}
