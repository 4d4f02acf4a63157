/** A site's rows in memory, and the door over them without a socket. */

import type { OperationalReader } from '../../../projections/operational/pages.ts'
import type * as Stored from '../../../projections/timeseries/read.ts'
import { buildViews } from '../../../projections/views/server.ts'
import { siteViews } from '../../../projections/views/site.ts'
import type { Asked, CommandRow, Page, SiteViews } from '../../../projections/views/view.ts'
import { OwnedClock } from '../../../supervisors/real/clock.ts'
import { OTHER_TOKEN, TOKEN } from '../api/fake-site.ts'

type Reader = Stored.TimeseriesReader
type Span = Stored.Span

/** Rows of the time series, answered as the engine does: in order, of a span, after a key, so many. */
export class FakeSeries {
  measured: Stored.PointRow[] = []
  verdicts: Stored.DecisionRow[] = []
  rollups: Stored.RollupRow[] = []
  at: Stored.Reached = { from: 0, position: -1, beside: -1, atMs: 0 }
  /** How long each span was that was asked for. */
  readonly asked: number[] = []
  fails: Error | null = null

  point(position: number, atMs: number, asset: string, point: string): this {
    const own = { epoch: 1, cycle: position, value: position, word: '', unit: 'W', quality: 'good', ageMs: 4 } as const
    this.measured.push({ position, atMs, asset, point, ...own, late: false })
    this.at = { from: 0, position, beside: -1, atMs }
    return this
  }
  verdict(position: number, atMs: number, dissenters: string[] = []): this {
    const own = { epoch: 1, cycle: position, seq: position, source: 'majority', digest: '', signers: ['node-a'] }
    this.verdicts.push({ position, atMs, ...own, dissenters, latencyUs: null, writes: 0, unconfirmed: 0 })
    this.at = { from: 0, position, beside: -1, atMs }
    return this
  }
  rollup(atMs: number, asset: string): this {
    this.rollups.push({ atMs, asset, point: 'power', unit: 'W', count: 1, total: 1, least: 1, most: 1, latest: 1 })
    return this
  }

  get reader(): Reader {
    return {
      reached: async () => {
        if (this.fails) throw this.fails
        return this.at
      },
      setAsideCount: async () => 2,
      beginsAtMs: async () => this.measured[0]?.atMs ?? this.verdicts[0]?.atMs ?? this.rollups[0]?.atMs ?? 0,
      points: async ({ asset = '', point = '' }: Stored.Which, span: Span, after: any) =>
        this.#within(this.measured, span, keyOf)
          .filter(r => (asset === '' || r.asset === asset) && (point === '' || r.point === point))
          .filter(r => compare(keyOf(r), keyOf(after)) > 0)
          .slice(0, span.max),
      rollup: async (_minutes: number, _which: unknown, span: Span, after: any) =>
        this.#within(this.rollups, span, row => [row.atMs, row.asset, row.point, row.unit])
          .filter(
            r => compare([r.atMs, r.asset, r.point, r.unit], [after.atMs, after.asset, after.point, after.unit]) > 0,
          )
          .slice(0, span.max),
      decisions: async (span: Span, { dissent, afterPosition }: any) =>
        this.#within(this.verdicts, span, row => [row.position])
          .filter(r => dissent === undefined || r.dissenters.length > 0 === dissent)
          .filter(r => r.position > afterPosition)
          .slice(0, span.max),
    } as unknown as Reader
  }
  #within<Row extends { readonly atMs: number }>(
    rows: readonly Row[],
    { fromMs, toMs, upTo }: Span,
    key: (row: Row) => (number | string)[],
  ): Row[] {
    this.asked.push(toMs - fromMs)
    const there = rows.filter(
      r => r.atMs >= fromMs && r.atMs < toMs && ((r as any).position ?? 0) <= (upTo?.position ?? 0),
    )
    return there.sort((a, b) => compare(key(a), key(b)))
  }
}
const keyOf = (r: any) => [r.atMs, r.epoch, r.cycle, r.asset, r.point]
function compare(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (const [i, left] of a.entries()) if (left !== b[i]) return left < b[i]! ? -1 : 1
  return 0
}

const command = (n: number): CommandRow => ({
  ...{ id: `command-${n}`, by: 'operator', target: 'bat1', name: 'start', state: 'confirmed', reason: '' },
  ...{ epoch: 1, issuedAtMs: n, expiresAtMs: n + 1, endedAtMs: n, position: n, atMs: n },
})
/** Three commands, and no alarm. */
const reader = {
  standing: async () => ({ checkpoint: { from: 0, position: 9, beside: -1, atMs: 9_000 }, setAside: 0 }),
  async commands(_: unknown, { after, limit }: Asked<any>): Promise<Page<CommandRow>> {
    const rows = [3, 2, 1].map(command).filter(row => after === null || row.issuedAtMs < after[0])
    return {
      rows: rows.slice(0, limit),
      more: rows.length > limit,
      checkpoint: { from: 0, position: 9, beside: -1, atMs: 9_000 },
    }
  },
  alarms: async () => ({ rows: [], more: false, checkpoint: { from: 0, position: 9, beside: -1, atMs: 9_000 } }),
} as unknown as OperationalReader

export function viewsOf(series: FakeSeries, operational: () => OperationalReader | null = () => reader, next = 13) {
  const notes: unknown[] = []
  const note = (level: string, event: string, detail?: object) => void notes.push({ level, event, ...detail })
  const record = (position: number) => [{ position, body: '', stampMs: position * 1_000 }] as never
  const facts = { ends: async () => ({ earliest: 0, next }), read: async (_: number, at: number) => record(at) }
  const of = { tenant: 'demo', site: 'home', partition: 0, facts: facts as never, note }
  const site: SiteViews = siteViews({ ...of, timeseries: () => series.reader, operational })
  const grants = [
    { token: TOKEN, tenant: 'demo' },
    { token: OTHER_TOKEN, tenant: 'rival' },
  ]
  const clock = new OwnedClock(0)
  const app = buildViews({
    grants,
    sites: [site],
    clock,
    lagMsMax: 60_000,
    note,
    rate: { perSecond: 1, burst: 10_000 },
  })
  const get = (url: string, token = TOKEN) => app.inject({ url, headers: { authorization: `Bearer ${token}` } })
  const list = (path: string, token?: string) => get(`/api/v1/sites/home/${path}`, token)
  /** Page after page until there are no more. */
  async function all(path: string, between: () => void = () => {}): Promise<any[]> {
    const items: any[] = []
    for (let cursor = ''; ; between()) {
      const page = (await list(`${path}${cursor}`)).json()
      items.push(...page.items)
      if (!page.more) return items
      cursor = `&cursor=${page.next}`
    }
  }
  return { app, get, list, all, notes, clock }
}
