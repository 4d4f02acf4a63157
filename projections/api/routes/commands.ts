/**
 * Commands: signed records in, life cycle out. This door authenticates and appends; whether the command is accepted is
 * decided in the step, at its position, by every replica.
 */
import Type from 'typebox'
import { Refusal } from '../../../protocol/words/errors.ts'
import { COMMAND, SLUG } from '../../../protocol/words/ids.ts'
import { type Answer, type Context, type Route, siteOf } from '../route.ts'
import { CommandView } from '../view.ts'
import { awaitEnd, WAITING_MAX, waitSeconds } from '../wait.ts'

/** A signed record as the log holds it: `<signature> <canonical JSON>`. */
export const FACT_TYPE = 'application/quorate-fact'

const Taken = Type.Object(
  { id: Type.String({ pattern: COMMAND }), position: Type.Integer(), command: Type.Union([CommandView, Type.Null()]) },
  { additionalProperties: false },
)

const where = (id: string) => `/api/v1/commands/${id}`
const PREFER = {
  Prefer: '`wait=N`: answer with the terminal state, or after N seconds (at most 60) with the present one',
}

/** Carries out `ask` with a place among those who wait; without one, as if nobody had asked to wait. */
async function waiting(
  prefer: string | readonly string[] | undefined,
  { waiting }: Context,
  ask: (waitMs: number) => Promise<Answer>,
): Promise<Answer> {
  const seconds = waitSeconds(prefer)
  if (seconds === 0 || waiting.count >= WAITING_MAX) return ask(0)
  waiting.count++
  try {
    const answer = await ask(seconds * 1_000)
    return { ...answer, headers: { ...answer.headers, 'Preference-Applied': `wait=${seconds}` } }
  } finally {
    waiting.count--
  }
}

export const sendCommand: Route = {
  method: 'POST',
  path: '/api/v1/sites/:site/commands',
  id: 'sendCommand',
  text: 'Appends what a person has signed: a command, or the acknowledgement or shelving of an alarm (AlarmAcknowledged). A 503 means that it may have been taken: send the same bytes again',
  params: Type.Object({ site: Type.String({ pattern: SLUG }) }),
  headers: PREFER,
  body: { contentType: FACT_TYPE, text: '`<signature> <canonical JSON of CommandRequested or AlarmAcknowledged>`' },
  answers: {
    200: { text: 'Its terminal state, as this node’s replica has it', schema: CommandView },
    202: { text: 'Taken into the log; `Location` tells its state', schema: Taken },
  },
  refuses: [
    'BAD_SHAPE',
    'BAD_SIGNATURE',
    'UNKNOWN_KEY',
    'UNKNOWN_VERSION',
    'FORBIDDEN',
    'WRONG_SITE',
    'DUPLICATE',
    'NOT_FOUND',
    'CONTENT_TYPE',
    'TOO_LARGE',
    'UNAVAILABLE',
  ],
  handle: (asked, context) => {
    const view = siteOf(asked, context)
    return waiting(asked.headers.prefer, context, async waitMs => {
      const end = waitMs > 0 ? awaitEnd(view, context.clock, waitMs) : null
      try {
        const submitted = await view.submit(asked.body)
        if (submitted.kind === 'refused') throw new Refusal(submitted.code, submitted.reason)
        const { id, position } = submitted
        end?.of(id)
        const ended = await end?.ended
        if (ended) return { status: 200, body: ended, headers: { Location: where(id) } }
        return { status: 202, body: { id, position, command: view.command(id) }, headers: { Location: where(id) } }
      } finally {
        end?.cancel()
      }
    })
  },
}

export const readCommand: Route = {
  method: 'GET',
  path: '/api/v1/commands/:id',
  id: 'readCommand',
  text: 'Where a command stands, as this node’s replica has it. Believe what two nodes say',
  params: Type.Object({ id: Type.String({ pattern: COMMAND }) }),
  headers: PREFER,
  answers: { 200: { text: 'The command', schema: CommandView } },
  refuses: ['NOT_FOUND'],
  handle: (asked, context) => {
    const id = asked.params.id!
    const view = context.sites.find(each => each.tenant === asked.tenant && each.command(id))
    if (!view) throw new Refusal('NOT_FOUND', `no command '${id}' here; it may not have been read yet, or be long over`)
    return waiting(asked.headers.prefer, context, async waitMs => {
      const end = waitMs > 0 ? awaitEnd(view, context.clock, waitMs) : null
      try {
        end?.of(id)
        const ended = await end?.ended
        return { status: 200, body: ended ?? view.command(id) }
      } finally {
        end?.cancel()
      }
    })
  },
}
