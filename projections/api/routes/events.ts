/** What happens at a site, live. */
import Type from 'typebox'
import { Refusal } from '../../../protocol/words/errors.ts'
import { SLUG } from '../../../protocol/words/ids.ts'
import { notYet, type Route, siteOf } from '../route.ts'
import { EventStream, type Sink, STREAMS_MAX } from '../stream.ts'

const EVENTS_TYPE = 'text/event-stream'

/** Of a node's `ServerResponse`, what is needed. */
interface Response {
  readonly writableLength: number
  write(text: string): unknown
  destroy(): unknown
}
export const serverSent = (response: Response): Sink => ({
  get unsentBytes() {
    return response.writableLength
  },
  tell(events) {
    const texts = events.map(({ event, id, data }) => {
      return `event: ${event}\ndata: ${data}\n${id === null ? '' : `id: ${id}\n`}\n`
    })
    response.write(texts.join(''))
  },
  beat: () => void response.write(': beat\n\n'),
  cut: () => void response.destroy(),
})

export const streamEvents: Route = {
  method: 'GET',
  path: '/api/v1/sites/:site/events',
  id: 'streamEvents',
  text: 'Server-sent events of this node’s replica: `snapshot` first, then `decision`, `command`, `alarm` and `state`. `id` is the log position; `Last-Event-ID` resumes where this node still has what came after it, at any node',
  params: Type.Object({ site: Type.String({ pattern: SLUG }) }),
  headers: { 'Last-Event-ID': 'The id of the last event that was read' },
  answers: { 200: { text: 'The stream', contentType: EVENTS_TYPE } },
  refuses: ['NOT_FOUND', 'TOO_MANY', 'UNAVAILABLE'],
  handle(asked, context) {
    const view = siteOf(asked, context)
    if (!view.detail()) throw notYet(view)
    const { streams, clock } = context
    if (streams.count >= STREAMS_MAX) throw new Refusal('TOO_MANY', `${STREAMS_MAX} streams are open at this node`)
    const last = Number(asked.headers['last-event-id'] ?? Number.NaN)
    return {
      stream(response) {
        response.writeHead(200, {
          'Content-Type': EVENTS_TYPE,
          'Cache-Control': 'no-store',
          'X-Content-Type-Options': 'nosniff',
          'X-Accel-Buffering': 'no',
        })
        const stream = new EventStream(view, clock, serverSent(response))
        streams.count++
        response.on('error', () => {}) // a reader that went away; `close` follows
        response.once('close', () => {
          streams.count--
          stream.close()
        })
        stream.open(Number.isSafeInteger(last) ? last : null)
      },
    }
  },
}
