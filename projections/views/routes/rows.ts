/** The rows of a site: what was measured, decided, asked for and alarmed. Every list is asked and answered alike. */
import Type from 'typebox'
import { Refusal } from '../../../protocol/words/errors.ts'
import { VerdictSource } from '../../../protocol/words/facts.ts'
import { NAME, SLUG } from '../../../protocol/words/ids.ts'
import { type Route, siteOf } from '../../api/route.ts'
import { CommandState } from '../../api/view.ts'
import { cursorOf, type Key, keyOf } from '../cursor.ts'
import type { ViewsContext } from '../server.ts'
import { Moment, spanOf } from '../times.ts'
import {
  AlarmCondition,
  AlarmRow,
  type Asked,
  Checkpoint,
  CommandRow,
  type OfAlarm,
  type OfCommand,
  type OfPoint,
  type OfVerdict,
  type Page,
  PointRow,
  RollupRow,
  type SiteViews,
  VerdictRow,
} from '../view.ts'

/** A page of so many rows is some hundred kilobytes. */
const LIMIT_MAX = 2_000
const LIMIT = 200
const CURSOR_CHARS_MAX = 512

const closed = { additionalProperties: false } as const
const Name = Type.Optional(Type.String({ pattern: NAME }))
const Slug = Type.Optional(Type.String({ pattern: SLUG }))
const SiteParams = Type.Object({ site: Type.String({ pattern: SLUG }) })
const paging = {
  from: Type.Optional(Moment),
  to: Type.Optional(Moment),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMIT_MAX, default: LIMIT })),
  cursor: Type.Optional(Type.String({ maxLength: CURSOR_CHARS_MAX })),
}
const ROLLUPS = { raw: null, '1m': 1, '15m': 15 } as const

interface Query extends OfPoint, OfVerdict, OfCommand, OfAlarm {
  readonly from?: string
  readonly to?: string
  readonly limit?: number
  readonly cursor?: string
  readonly rollup?: keyof typeof ROLLUPS
}

/** A list as data: its key, and where its rows come from. */
interface List<Row, K extends Key> {
  readonly name: string
  /** A key of it. */
  readonly like: K
  readonly keyOf: (row: Row) => K
  readonly page: (site: SiteViews, query: Query, asked: Asked<K>) => Promise<Page<Row>>
}
const instant = 0
const text = ''
const raw: List<PointRow, readonly [number, number, number, string, string]> = {
  name: 'points',
  like: [instant, 0, 0, text, text],
  keyOf: row => [row.atMs, row.epoch, row.cycle, row.asset, row.point],
  page: (site, query, asked) => site.points(query, asked),
}
const rolled = (rollup: '1m' | '15m'): List<RollupRow, readonly [number, string, string, string]> => ({
  name: rollup,
  like: [instant, text, text, text],
  keyOf: row => [row.atMs, row.asset, row.point, row.unit],
  page: (site, query, asked) => site.rollup(ROLLUPS[rollup], query, asked),
})
const verdicts: List<VerdictRow, readonly [number, number]> = {
  name: 'decisions',
  like: [instant, 0],
  keyOf: row => [row.atMs, row.position],
  page: (site, query, asked) => site.verdicts(query, asked),
}
const commands: List<CommandRow, readonly [number, string]> = {
  name: 'commands',
  like: [instant, text],
  keyOf: row => [row.issuedAtMs, row.id],
  page: (site, query, asked) => site.commands(query, asked),
}
const alarms: List<AlarmRow, readonly [string]> = {
  name: 'alarms',
  like: [text],
  keyOf: row => [row.key],
  page: (site, query, asked) => site.alarms(query, asked),
}

async function answered<Row, K extends Key>(list: List<Row, K>, site: SiteViews, query: Query) {
  const { limit = LIMIT, cursor } = query
  const after = cursor === undefined ? null : keyOf(list.name, list.like, cursor)
  if (cursor !== undefined && after === null)
    throw new Refusal('BAD_REQUEST', `cursor='${cursor}' was not given for this list; begin without one`)
  const { rows, more, checkpoint } = await list.page(site, query, { ...spanOf(query), after, limit })
  const last = rows.at(-1)
  const next = last === undefined ? (cursor ?? null) : cursorOf(list.name, list.keyOf(last))
  return { items: rows, more, next, checkpoint }
}

function pageOf(row: Type.TSchema): Type.TSchema {
  const next = Type.Union([Type.String(), Type.Null()])
  return Type.Object({ items: Type.Array(row), more: Type.Boolean(), next, checkpoint: Checkpoint }, closed)
}
const NEXT = '`next` goes on after the last row that was given, now or later; null: there was none yet'

function route(
  of: Pick<Route, 'path' | 'id' | 'text'>,
  filters: Record<string, Type.TSchema>,
  schema: Type.TSchema,
  answer: (site: SiteViews, query: Query) => Promise<unknown>,
): Route<ViewsContext> {
  return {
    method: 'GET',
    ...of,
    path: `/api/v1/sites/:site/${of.path}`,
    text: `${of.text}. ${NEXT}`,
    params: SiteParams,
    query: Type.Object({ ...filters, ...paging }, closed),
    answers: { 200: { text: 'A page, and of which prefix of the log it is', schema } },
    refuses: ['NOT_FOUND', 'DATABASE'],
    async handle(asked, context) {
      return { status: 200, body: await answer(siteOf(asked, context), asked.query) }
    },
  }
}

export const listPoints = route(
  { path: 'points', id: 'listPoints', text: 'What was measured, oldest first; rolled up, of slots that are over' },
  { asset: Name, point: Name, rollup: Type.Optional(Type.Enum(['raw', '1m', '15m'])) },
  Type.Union([pageOf(PointRow), pageOf(RollupRow)]),
  (site, query) => {
    const { rollup = 'raw' } = query
    return rollup === 'raw' ? answered(raw, site, query) : answered(rolled(rollup), site, query)
  },
)
export const listVerdicts = route(
  { path: 'decisions', id: 'listVerdicts', text: 'What the gateway made of each cycle, oldest first' },
  { source: Type.Optional(VerdictSource), dissent: Type.Optional(Type.Boolean()) },
  pageOf(VerdictRow),
  (site, query) => answered(verdicts, site, query),
)
export const listCommands = route(
  {
    path: 'commands',
    id: 'listCommands',
    text: 'Commands, newest first; `from` and `to` are of their senders’ stamps',
  },
  { state: Type.Optional(CommandState), target: Name, by: Slug },
  pageOf(CommandRow),
  (site, query) => answered(commands, site, query),
)
export const listAlarms = route(
  {
    path: 'alarms',
    id: 'listAlarms',
    text: 'Alarms by their key, as they are now; `from` and `to` are of their last rise',
  },
  { condition: Type.Optional(AlarmCondition), asset: Name },
  pageOf(AlarmRow),
  (site, query) => answered(alarms, site, query),
)
