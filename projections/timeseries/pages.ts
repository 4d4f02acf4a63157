/**
 * Pages of one site's time series, each of one prefix of the log (S22).
 *
 * W1  A page is looked for in spans of log time, one after the other, each larger than the one before: what is asked of
 *     the engine at once is about a page, however long the series is. Rows stand in the order of log time, so that the
 *     spans' rows follow one another.
 * W2  Of roll-ups only slots that are over are shown: nothing enters them any more but frames that came too late, which
 *     stand where they were measured, also before a reader's cursor.
 */
import type {
  Asked,
  OfPoint,
  OfVerdict,
  Page,
  PointKey,
  PointRow,
  RollupKey,
  RollupRow,
  VerdictKey,
  VerdictRow,
} from '../views/view.ts'
import type * as Stored from './read.ts'
import { ROLLUPS, type RollupMinutes } from './schema.ts'

type Reader = Pick<Stored.TimeseriesReader, 'points' | 'rollup' | 'decisions' | 'reached' | 'beginsAtMs'>
/** The first span of a page: some thousand rows of a site of a cycle a second. */
const SPAN_MS = { points: 60_000, decisions: 1_800_000, 1: 3_600_000, 15: 43_200_000 }
const WIDER = 4

export async function pointsPage(reader: Reader, which: OfPoint, asked: Asked<PointKey>): Promise<Page<PointRow>> {
  const checkpoint = await reader.reached()
  const [atMs = 0, epoch = 0, cycle = 0, asset = '', point = ''] = asked.after ?? []
  const span = await spanOf(reader, 'points', asked, checkpoint.atMs + 1)
  const after = { atMs, epoch, cycle, asset, point }
  const found = await inSpans(span, SPAN_MS.points, asked.limit, (within, max) =>
    reader.points(which, { ...within, max, upTo: checkpoint }, after),
  )
  return { rows: found.rows.map(pointRow), more: found.more, checkpoint }
}
export async function rollupPage(
  reader: Reader,
  minutes: RollupMinutes,
  which: OfPoint,
  asked: Asked<RollupKey>,
): Promise<Page<RollupRow>> {
  const checkpoint = await reader.reached()
  const [atMs = 0, asset = '', point = '', unit = ''] = asked.after ?? []
  const slotMs = minutes * 60_000
  const over = Math.floor(checkpoint.atMs / slotMs) * slotMs // W2
  const span = await spanOf(reader, ROLLUPS[minutes], asked, over)
  const after = { atMs, asset, point, unit }
  const found = await inSpans(span, SPAN_MS[minutes], asked.limit, (within, max) =>
    reader.rollup(minutes, which, { ...within, max, upTo: checkpoint }, after),
  )
  return { ...found, checkpoint }
}
export async function verdictsPage(
  reader: Reader,
  which: OfVerdict,
  asked: Asked<VerdictKey>,
): Promise<Page<VerdictRow>> {
  const checkpoint = await reader.reached()
  const [, afterPosition = -1] = asked.after ?? []
  const span = await spanOf(reader, 'decisions', asked, checkpoint.atMs + 1)
  const found = await inSpans(span, SPAN_MS.decisions, asked.limit, (within, max) =>
    reader.decisions({ ...within, max, upTo: checkpoint }, { ...which, afterPosition }),
  )
  return { rows: found.rows.map(verdictRow), more: found.more, checkpoint }
}

interface Within {
  readonly fromMs: number
  readonly toMs: number
}
/** What of the asked span can hold rows that the reader does not have. */
async function spanOf(
  reader: Reader,
  table: Parameters<Reader['beginsAtMs']>[0],
  { fromMs, toMs, after }: Asked<readonly [atMs: number, ...unknown[]] & readonly (string | number)[]>,
  endMs: number,
): Promise<Within> {
  const begins = after ? after[0] : await reader.beginsAtMs(table)
  return { fromMs: Math.max(fromMs, begins), toMs: Math.min(toMs, endMs) }
}
/** W1 */
async function inSpans<Row>(
  { fromMs, toMs }: Within,
  firstMs: number,
  limit: number,
  ask: (within: Within, max: number) => Promise<readonly Row[]>,
): Promise<{ readonly rows: readonly Row[]; readonly more: boolean }> {
  const rows: Row[] = []
  const wanted = limit + 1 // the one too many says that there are more
  for (let from = fromMs, ms = firstMs; from < toMs && rows.length < wanted; from += ms, ms *= WIDER)
    rows.push(...(await ask({ fromMs: from, toMs: Math.min(toMs, from + ms) }, wanted - rows.length)))
  return { rows: rows.slice(0, limit), more: rows.length > limit }
}

/** S24: nothing measured is nothing, and no empty word. */
const pointRow = ({ position, atMs, epoch, cycle, asset, point, ...row }: Stored.PointRow): PointRow => ({
  ...{ position, atMs, epoch, cycle, asset, point },
  value: row.value ?? (row.word === '' ? null : row.word),
  unit: row.unit === '' ? null : row.unit,
  quality: row.quality,
  ageMs: row.ageMs,
  late: row.late,
})
const verdictRow = (row: Stored.DecisionRow): VerdictRow => ({
  ...row,
  source: row.source as VerdictRow['source'],
  digest: row.digest === '' ? null : row.digest,
  signers: [...row.signers],
  dissenters: [...row.dissenters],
})
