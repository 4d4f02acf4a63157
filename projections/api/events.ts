/** The live events of a site: each with what it carries. */
import type Type from 'typebox'
import { AlarmView, CommandView, LiveDecision, SiteDetail } from './view.ts'

export const EVENTS = {
  snapshot: { text: 'The site as it is when the stream begins; what follows is after its id', data: SiteDetail },
  state: { text: 'The site as it is now, at most five times a second', data: SiteDetail },
  decision: { text: 'What this node’s replica decided for a cycle', data: LiveDecision },
  command: { text: 'A command has another state', data: CommandView },
  alarm: { text: 'An alarm has another state', data: AlarmView },
} as const satisfies Record<string, { readonly text: string; readonly data: Type.TSchema }>
export type EventName = keyof typeof EVENTS
