/**
 * The page's one connection. What a page shows it asks for by name; the answer is whole once and then what changed. A cut
 * is seen at once or, where nothing says so, by silence; what is shown from then on is marked as old, and once the
 * connection is back everything is asked for anew: no gap, no duplicate.
 */
import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { type Change, patched } from '../delta.ts'
import type { VIEWS, ViewName } from '../views/index.ts'
import { address } from './address.ts'
import { signedIn } from './session.ts'

/** The feed says something every half second: three times that is silence. */
const SILENT_MS = 1_500
/** A busy machine takes its time to open one. */
const CONNECT_MS = 10_000
const RETRY_MS = [100, 250, 500]
const SIGN_IN = 4_401

export interface Problem {
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly fix: string
}
export type Shown<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'shown'; readonly position: number; readonly value: T }
  | { readonly kind: 'problem'; readonly problem: Problem }

type ValueOf<N extends ViewName> = Awaited<ReturnType<(typeof VIEWS)[N]>>
type Message =
  | { readonly id: number; readonly position: number; readonly whole: unknown }
  | { readonly id: number; readonly position: number; readonly changes: readonly Change[] }
  | { readonly id: number; readonly problem: Problem }

interface Asked {
  readonly question: object
  readonly shown: Signal<Shown<any>>
}

class Connection {
  readonly #asked = new Map<number, Asked>()
  readonly #state = signal<'connecting' | 'open' | 'cut'>('connecting')
  #socket: WebSocket | null = null
  #next = 1
  #failures = 0
  #heardMs = 0

  get state(): ReadonlySignal<'connecting' | 'open' | 'cut'> {
    return this.#state
  }
  open(): void {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/inspector/live`)
    this.#socket = socket
    this.#heardMs = performance.now()
    socket.onopen = () => {
      this.#failures = 0
      for (const [id, { question }] of this.#asked) this.#send({ ...question, do: 'show', id })
    }
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data))
    socket.onclose = ({ code }) => this.#closed(socket, code)
    this.#watch(socket)
  }
  ask(question: object, shown: Signal<Shown<any>>): () => void {
    const id = this.#next++
    this.#asked.set(id, { question, shown })
    this.#send({ ...question, do: 'show', id })
    return () => {
      this.#asked.delete(id)
      this.#send({ do: 'hide', id })
    }
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }
  #hear(messages: readonly Message[]): void {
    this.#heardMs = performance.now()
    this.#state.value = 'open'
    for (const message of messages) {
      const shown = this.#asked.get(message.id)?.shown
      if (!shown) continue
      if ('problem' in message) shown.value = { kind: 'problem', problem: message.problem }
      else if ('whole' in message) shown.value = { kind: 'shown', position: message.position, value: message.whole }
      else if (shown.value.kind === 'shown')
        shown.value = {
          kind: 'shown',
          position: message.position,
          value: patched(shown.value.value, message.changes),
        }
    }
  }
  #closed(socket: WebSocket, code: number): void {
    if (this.#socket !== socket) return
    this.#socket = null
    this.#state.value = 'cut'
    if (code === SIGN_IN) return void signedIn.check()
    const wait = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)]!
    if (this.#failures > RETRY_MS.length) void signedIn.check()
    setTimeout(() => this.open(), wait)
  }
  /** A connection that says nothing is no connection. */
  #watch(socket: WebSocket): void {
    setTimeout(() => {
      if (this.#socket !== socket) return
      const patienceMs = socket.readyState === WebSocket.CONNECTING ? CONNECT_MS : SILENT_MS
      if (performance.now() - this.#heardMs > patienceMs) {
        socket.close()
        this.#closed(socket, 0)
      } else this.#watch(socket)
    }, SILENT_MS / 3)
  }
}
export const connection = new Connection()

/** What a view shows at the address' position, kept up to date while the component stands. */
export function useView<N extends ViewName>(view: N, params: Readonly<Record<string, string>> = {}): Shown<ValueOf<N>> {
  const { tenant, site, at } = address.value!
  const key = JSON.stringify([tenant, site, view, params, at])
  const shown = useMemo(
    () => signal<Shown<ValueOf<N>>>({ kind: 'loading' }),
    [tenant, site, view, JSON.stringify(params)],
  )
  useEffect(() => connection.ask({ tenant, site, view, params, at }, shown), [key])
  return shown.value
}
