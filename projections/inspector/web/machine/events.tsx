/** What the machine can be sent: the events that its live states know, and any other as JSON. */
import { type Signal, useSignal } from '@preact/signals'
import type { KnownEvent, MachineEvent, Refused } from '../../machine/words.ts'

/** The event, or what is wrong with it. */
export function readEvent(text: string): MachineEvent | string {
  const trimmed = text.trim()
  if (/^[\w.:-]+$/.test(trimmed)) return { type: trimmed }
  try {
    const event = JSON.parse(trimmed)
    if (typeof event?.type === 'string' && event.type !== '') return event as MachineEvent
    return 'An event has a "type": {"type": "start"}'
  } catch (error) {
    return `This is no JSON: ${(error as Error).message}`
  }
}

export interface EventsProps {
  readonly events: readonly KnownEvent[]
  readonly send: (event: MachineEvent) => void
  /** The states that the event under the pointer would enter. */
  readonly ghost: Signal<readonly string[]>
}
export function Events({ events, send, ghost }: EventsProps) {
  const text = useSignal('')
  const wrong = useSignal('')
  const sendText = (event: Event): void => {
    event.preventDefault()
    const read = readEvent(text.value)
    wrong.value = typeof read === 'string' ? read : ''
    if (typeof read !== 'string') send(read)
  }
  return (
    <section aria-labelledby="events">
      <h2 id="events">Events</h2>
      <ul class="events">
        {events.map(({ type, can, leadsTo }) => (
          <li key={type}>
            <button
              type="button"
              class={can ? '' : 'refusing'}
              title={can ? `Leads to ${leadsTo.join(', ') || 'no other state'}` : 'Its guards say no'}
              onClick={() => send({ type })}
              onPointerEnter={() => (ghost.value = leadsTo)}
              onPointerLeave={() => (ghost.value = [])}
              onFocus={() => (ghost.value = leadsTo)}
              onBlur={() => (ghost.value = [])}
            >
              {type}
              {can ? '' : ' (guarded)'}
            </button>
          </li>
        ))}
      </ul>
      {events.length === 0 && <p class="none">No live state knows an event.</p>}
      <form onSubmit={sendText}>
        <label>
          Any event, as a name or JSON
          <textarea
            rows={2}
            spellcheck={false}
            placeholder='{"type": "start", "by": "me"}'
            value={text.value}
            onInput={event => (text.value = event.currentTarget.value)}
          />
        </label>
        <button type="submit">Send</button>
        {wrong.value && <p role="alert">{wrong.value}</p>}
      </form>
    </section>
  )
}

export function RefusedEvent({ refused }: { readonly refused: Refused }) {
  const { event, by } = refused
  return (
    <section class="refused" aria-labelledby="refused">
      <h2 id="refused">{event} was refused</h2>
      {by.length === 0 && <p>No live state knows it.</p>}
      <ul>
        {by.map(({ state, guard, edge }) => (
          <li key={edge}>
            <b>{guard}</b> said no in {state}
          </li>
        ))}
      </ul>
    </section>
  )
}
