import { AsyncLocalStorage } from 'node:async_hooks'
import type { Incarnation } from './process.ts'

/** The process whose code runs now: the culprit of an escape or of an unhandled rejection. */
export const running = new AsyncLocalStorage<Incarnation>()
