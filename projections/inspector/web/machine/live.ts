/** The page's line to the server: what it shows, and what it asks for. */
import { type ReadonlySignal, signal } from '@preact/signals'
import type { FrameInput, MachineEvent, MachineView } from '../../machine/words.ts'
import type { ChartViewProps, Drawn } from '../chart/chart-view.tsx'

export interface Live {
  readonly view: ReadonlySignal<MachineView | null>
  /** The line is cut: what is shown is old. */
  readonly stale: ReadonlySignal<boolean>
  readonly load: ChartViewProps['load']
  send(event: MachineEvent): Promise<void>
  write(input: Omit<FrameInput, 'unit'>): Promise<void>
  reset(): Promise<void>
}

export function connect(): Live {
  const view = signal<MachineView | null>(null)
  const stale = signal(false)
  // the browser connects again by itself
  const source = new EventSource('/live')
  source.onmessage = ({ data }) => {
    view.value = JSON.parse(data) as MachineView
    stale.value = false
  }
  source.onerror = () => {
    stale.value = true
  }
  return {
    view,
    stale,
    load: async (fold, sight) => (await (await ask('/chart', { ...fold, ...sight })).json()) as Drawn,
    send: async event => void (await ask('/send', { event })),
    write: async ({ group, name, text }) => void (await ask('/write', { group, name, text })),
    reset: async () => void (await ask('/reset', {})),
  }
}

/** Rejects with words for people. */
async function ask(path: string, body: unknown): Promise<Response> {
  const headers = { 'Content-Type': 'application/json' }
  const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
  if (response.ok) return response
  const { code, detail } = (await response.json()) as { code?: string; detail?: string }
  throw new Error(`${code ?? response.status}: ${detail ?? response.statusText}`)
}
