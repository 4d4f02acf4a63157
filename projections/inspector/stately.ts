/**
 * One actor of the log for other people's tools: the three messages of Stately's inspection protocol (`@statelyai/inspect`,
 * src/types.ts), a line of JSON each. First the actor with its definition, then, whenever a fact moves it, the event and
 * the snapshot after it. Ids are of the log, so that they say the same on every node: `site/actor`, `position.n`.
 */
import type { ServerResponse } from 'node:http'
import type { ActorState, Placed } from '../../actors/kit/host.ts'
import { edgesOf } from '../../actors/kit/host.ts'
import type { Moment } from './moments.ts'
import type { SiteViews } from './site.ts'

const PROTOCOL = '0.4.0'
/** Unsent bytes of a reader that does not read: it is cut, and begins anew. */
const UNSENT_BYTES_MAX = 1_000_000

interface Base {
  readonly rootId: string
  readonly sessionId: string
  readonly createdAt: string
  readonly id: string
  readonly _version: string
}
export type StatelyMessage = Base &
  (
    | {
        readonly type: '@xstate.actor'
        readonly snapshot: unknown
        readonly definition: string
        readonly parentId: undefined
        readonly name: string
      }
    | { readonly type: '@xstate.event'; readonly event: { readonly type: string }; readonly sourceId: undefined }
    | { readonly type: '@xstate.snapshot'; readonly event: { readonly type: string }; readonly snapshot: unknown }
  )

export function actorMessage(placed: Placed, own: ActorState, moment: Moment): StatelyMessage {
  const { machine } = placed.asset.program
  const definition = JSON.stringify((machine as unknown as { config: unknown }).config)
  const named = { definition, parentId: undefined, name: placed.name }
  return { type: '@xstate.actor', ...base(placed.name, moment, 0), snapshot: snapshotOf(own), ...named }
}
/** Of what the fact of this moment moved; empty where it moved nothing of the actor. */
export function moveMessages(placed: Placed, own: ActorState, moment: Moment): StatelyMessage[] {
  const { taken } = moment
  if (taken.kind !== 'stepped') return []
  const moved = taken.moved.filter(({ asset }) => asset === placed.name)
  const types = [...new Set(moved.flatMap(({ moves }) => edgesOf(moves).map(({ event }) => event)))]
  return types.flatMap((type, i): StatelyMessage[] => {
    const event = { type: type === '' ? 'always' : type }
    const of = (n: number) => base(placed.name, moment, 1 + 2 * i + n)
    return [
      { type: '@xstate.event', ...of(0), event, sourceId: undefined },
      { type: '@xstate.snapshot', ...of(1), event, snapshot: snapshotOf(own) },
    ]
  })
}
function base(actor: string, { position, stampMs, manifest }: Moment, n: number): Base {
  const root = `${manifest.tenant}/${manifest.site}`
  const createdAt = String(stampMs)
  return { rootId: root, sessionId: `${root}/${actor}`, createdAt, id: `${position}.${n}`, _version: PROTOCOL }
}
const snapshotOf = ({ chart }: ActorState) => {
  const { status, value, context, tags } = chart
  return { status, value, context, tags: [...tags], children: {} }
}

/** Until the reader goes away. */
export function streamStately(
  views: SiteViews,
  of: (moment: Moment) => [Placed, ActorState] | null,
  response: ServerResponse,
): void {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' })
  const tell = (messages: readonly StatelyMessage[]): void => {
    for (const message of messages) response.write(`${JSON.stringify(message)}\n`)
    if (response.writableLength > UNSENT_BYTES_MAX) response.destroy()
  }
  const { now } = views.of.moments
  const first = now && of(now)
  if (now && first) tell([actorMessage(...first, now)])
  const listening = views.of.moments.listen(moment => {
    const found = of(moment)
    if (found) tell(moveMessages(...found, moment))
  })
  response.on('error', () => {}) // `close` follows
  response.on('close', () => listening.cancel())
}
