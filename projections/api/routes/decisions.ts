/** What each replica decided, from the log of decisions: a record for audit and for others to consume. */
import Type from 'typebox'
import { Refusal } from '../../../protocol/words/errors.ts'
import { SLUG } from '../../../protocol/words/ids.ts'
import { cursorOf, positionOf } from '../cursor.ts'
import { type Route, siteOf } from '../route.ts'
import { DecisionView } from '../view.ts'

/** A page of a large site's candidates is some megabytes at this count. */
const LIMIT_MAX = 500
const LIMIT = 100

export const listDecisions: Route = {
  method: 'GET',
  path: '/api/v1/sites/:site/decisions',
  id: 'listDecisions',
  text: 'Decisions of all replicas in the order of their log, oldest first. `next` is always there: ask with it again for what comes later',
  params: Type.Object({ site: Type.String({ pattern: SLUG }) }),
  query: Type.Object(
    {
      cursor: Type.Optional(Type.String({ maxLength: 128 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMIT_MAX, default: LIMIT })),
    },
    { additionalProperties: false },
  ),
  answers: {
    200: {
      text: 'A page',
      schema: Type.Object({ items: Type.Array(DecisionView), next: Type.String() }, { additionalProperties: false }),
    },
  },
  refuses: ['BAD_REQUEST', 'NOT_FOUND', 'CURSOR_GONE', 'UNAVAILABLE'],
  async handle(asked, context) {
    const view = siteOf(asked, context)
    const { cursor, limit = LIMIT } = asked.query as { cursor?: string; limit?: number }
    const from = cursor === undefined ? null : positionOf(cursor)
    if (cursor !== undefined && from === null)
      throw new Refusal('BAD_REQUEST', `cursor='${cursor}' was not given by this API; begin without one`)
    const { items, next } = await view.decisions(from, limit)
    return { status: 200, body: { items, next: cursorOf(next) } }
  },
}
