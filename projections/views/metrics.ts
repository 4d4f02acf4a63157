/** What Prometheus is told of the projections: read from the databases themselves at each scrape. */

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Clock } from '../../protocol/ports.ts'
import { DATABASES, type DatabaseName, type SiteViews, type Standing } from './view.ts'

export class ViewsMetrics {
  readonly #registry = new Registry()
  readonly #up = this.#gauge('quorate_projection_up', '1 where the database answers')
  readonly #position = this.#gauge('quorate_projection_position', 'Position up to which it is built')
  readonly #from = this.#gauge('quorate_projection_from', 'Position at which it begins: what was before is gone')
  readonly #records = this.#gauge('quorate_projection_behind_records', 'Records of the log that are not in it yet')
  readonly #seconds = this.#gauge('quorate_projection_behind_seconds', 'The same, by the stamps of the log')
  readonly #lagging = this.#gauge('quorate_projection_lagging', '1 where it is too far behind, or away for as long')
  readonly #setAside = this.#gauge('quorate_projection_set_aside', 'Records that are in no row, each with its reason')
  readonly #requests = new Counter({
    name: 'quorate_http_requests_total',
    help: 'Requests answered',
    labelNames: ['route', 'status'],
    registers: [this.#registry],
  })

  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #lagMsMax: number
  /** When it last answered, by database. */
  readonly #answeredMs = new Map<string, number>()

  constructor(clock: Pick<Clock, 'monotonicMs'>, lagMsMax: number) {
    this.#clock = clock
    this.#lagMsMax = lagMsMax
    collectDefaultMetrics({ register: this.#registry })
  }
  answered(route: string, status: number): void {
    this.#requests.inc({ route, status: String(status) })
  }
  async scrape(sites: readonly SiteViews[]): Promise<{ readonly contentType: string; readonly text: string }> {
    const all = sites.flatMap(views => DATABASES.map(database => ({ views, database })))
    const found = await Promise.all(
      all.map(async ({ views, database }) => {
        const standing = await views.standing(database).catch(() => null) // it is down, and shown so
        return { site: views.site, database, standing }
      }),
    )
    for (const gauge of [
      this.#up,
      this.#from,
      this.#position,
      this.#records,
      this.#seconds,
      this.#lagging,
      this.#setAside,
    ])
      gauge.reset()
    for (const { site, database, standing } of found) this.#show(site, database, standing)
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() }
  }

  #show(site: string, projection: DatabaseName, standing: Standing | null): void {
    const of = { site, projection }
    this.#up.set(of, standing ? 1 : 0)
    this.#lagging.set(of, this.#behindMs(`${site} ${projection}`, standing) > this.#lagMsMax ? 1 : 0)
    if (!standing) return
    this.#from.set(of, standing.checkpoint.from)
    this.#position.set(of, standing.checkpoint.position)
    this.#records.set(of, standing.behindRecords)
    this.#seconds.set(of, standing.behindMs / 1_000)
    this.#setAside.set(of, standing.setAside)
  }
  /** Of one that does not answer: since when it has not. */
  #behindMs(database: string, standing: Standing | null): number {
    const nowMs = this.#clock.monotonicMs()
    const answeredMs = this.#answeredMs.get(database)
    if (standing || answeredMs === undefined) this.#answeredMs.set(database, nowMs)
    return standing?.behindMs ?? nowMs - (answeredMs ?? nowMs)
  }
  #gauge(name: string, help: string): Gauge<string> {
    return new Gauge({ name, help, labelNames: ['site', 'projection'], registers: [this.#registry] })
  }
}
