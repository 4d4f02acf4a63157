/** The AsyncAPI document, made from the live events as they are told: what is not in one is not in the other. */
import Type from 'typebox'
import { Components } from './components.ts'
import { EVENTS, type EventName } from './events.ts'
import { LIVE_PATH, SUBPROTOCOL, TOKEN_PROTOCOL } from './live.ts'
import { streamEvents } from './routes/events.ts'

type Json = Record<string, unknown>

/** A message of the WebSocket. Of several events of one position only the last one has the id. */
export const messageOf = (event: EventName): Type.TSchema =>
  Type.Object(
    { event: Type.Literal(event), id: Type.Union([Type.Integer(), Type.Null()]), data: EVENTS[event].data },
    { additionalProperties: false },
  )

/** How each channel tells an event, and what a reader must know. */
const CHANNELS = {
  events: {
    path: streamEvents.path,
    text: 'Server-sent events: `event` is the name, `data` the payload, `id` the log position, `Last-Event-ID` resumes',
    payload: (event: EventName): Type.TSchema => EVENTS[event].data,
    bindings: {},
  },
  live: {
    path: LIVE_PATH,
    text: `The same over a WebSocket; a browser offers the subprotocols \`${SUBPROTOCOL}\` and \`${TOKEN_PROTOCOL}TOKEN\``,
    payload: messageOf,
    bindings: { ws: { method: 'GET', query: { type: 'object', properties: { after: afterSchema() } } } },
  },
} as const
type ChannelName = keyof typeof CHANNELS
const names = Object.keys(EVENTS) as EventName[]
const channelNames = Object.keys(CHANNELS) as ChannelName[]

export function asyncApi(title: string, version: string, schemas: Readonly<Record<string, Type.TSchema>>): Json {
  const components = new Components(schemas)
  const messages = channelNames.flatMap(channel =>
    names.map(event => [messageName(channel, event), message(channel, event, components)] as const),
  )
  return {
    asyncapi: '3.0.0',
    info: { title, version, license: { name: 'Apache-2.0' } },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(channelNames.map(name => [name, channel(name)])),
    operations: Object.fromEntries(channelNames.map(name => [`tell_${name}`, operation(name)])),
    components: {
      schemas: components.schemas,
      messages: Object.fromEntries(messages),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  }
}

function channel(name: ChannelName): Json {
  const { path, text, bindings } = CHANNELS[name]
  const messages = names.map(event => [event, { $ref: `#/components/messages/${messageName(name, event)}` }])
  return {
    address: path.replace(/:(\w+)/g, '{$1}'),
    description: text,
    parameters: { site: { description: 'A site of the token’s tenant' } },
    messages: Object.fromEntries(messages),
    bindings,
  }
}
/** The node sends, whoever listens receives. */
const operation = (name: ChannelName): Json => ({
  action: 'send',
  channel: { $ref: `#/channels/${name}` },
  security: [{ $ref: '#/components/securitySchemes/token' }],
  messages: names.map(event => ({ $ref: `#/channels/${name}/messages/${event}` })),
})
const message = (name: ChannelName, event: EventName, components: Components): Json => ({
  name: event,
  summary: EVENTS[event].text,
  contentType: 'application/json',
  payload: components.reference(CHANNELS[name].payload(event)),
})
const messageName = (channel: ChannelName, event: EventName): string => `${channel}_${event}`
function afterSchema(): Json {
  return { type: 'integer', minimum: 0, description: 'The last id that was read: goes on after it' }
}
