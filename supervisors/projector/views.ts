/**
 * The door to the rows of both databases, in the process that holds the time series: nobody else can open those where the
 * engine is embedded. The operational rows are read over their own connections, at whatever address they have by now.
 */
import type pg from 'pg'
import type { Door } from '../../projections/api/door.ts'
import { OperationalReader, openReaders, type ReaderAccess } from '../../projections/operational/pages.ts'
import type { TimeseriesReader } from '../../projections/timeseries/read.ts'
import { serveViews } from '../../projections/views/server.ts'
import { siteViews } from '../../projections/views/site.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Ports } from '../../protocol/ports.ts'
import { admissionOf, DoorBeside, type HttpConfig } from '../process/door.ts'

export interface ViewedSite {
  readonly tenant: string
  readonly site: string
  readonly partition: number
  readonly facts: EventLog
  readonly timeseries: () => TimeseriesReader
}

export class ViewsDoor extends DoorBeside<Door> {
  readonly #note: Ports['note']
  #readers: pg.Pool | null = null

  constructor({ host, note }: Ports, http: HttpConfig & { readonly lagMsMax: number }, viewed: readonly ViewedSite[]) {
    const { address, lagMsMax } = http
    const sites = viewed.map(one => {
      const operational = () => this.#readers && new OperationalReader(this.#readers, one.tenant, one.site)
      return siteViews({ ...one, operational, note })
    })
    super({ host, note }, 'views', address, () =>
      serveViews({ address, lagMsMax, ...admissionOf(http), sites, clock: host, note }),
    )
    this.#note = note
  }
  /** The operational rows are here from now on. */
  readAt(access: ReaderAccess): void {
    this.#leave()
    const lost = (error: Error) =>
      this.#note('info', 'a connection to the operational rows is gone', { error: error.message })
    this.#readers = openReaders(access, lost)
  }
  override async stop(): Promise<void> {
    await super.stop()
    this.#leave()
  }
  #leave(): void {
    void this.#readers?.end().catch(() => {}) // gone already
    this.#readers = null
  }
}
