import type { Ends, LogDescription, Topic } from '../event-log.ts'
import type { Fault } from './faults.ts'
import type { Limits, Retention } from './limits.ts'

/** What the worker is started with. */
export interface WorkerOrders {
  readonly dir: string
  readonly topic: Topic
  readonly retention: Retention
  readonly limits: Limits
  readonly readOnly: boolean
}

/** To the worker. Parallel arrays of plain values: the cheapest thing that crosses threads. */
export type Order =
  | {
      readonly kind: 'append'
      readonly ids: readonly number[]
      readonly counts: readonly number[]
      readonly partitions: readonly number[]
      readonly bodies: readonly string[]
    }
  | {
      readonly kind: 'read'
      readonly id: number
      readonly partition: number
      readonly from: number
      readonly max: number
    }
  | { readonly kind: 'ends'; readonly id: number }
  | { readonly kind: 'trim'; readonly id: number; readonly partition: number; readonly before: number }
  | { readonly kind: 'describe'; readonly id: number }
  | { readonly kind: 'follow'; readonly id: number; readonly partition: number; readonly from: number }
  | { readonly kind: 'taken'; readonly id: number }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'close'; readonly id: number }

export interface Columns {
  readonly positions: readonly number[]
  readonly stamps: readonly number[]
  readonly bodies: readonly string[]
}

export type Answer = Columns | Ends | LogDescription | null

/** From the worker. */
export type Report =
  | { readonly kind: 'opened' }
  | { readonly kind: 'unopened'; readonly fault: Fault }
  /** Each append of a commit got consecutive positions from its first. */
  | { readonly kind: 'appended'; readonly ids: readonly number[]; readonly firsts: readonly number[] }
  | { readonly kind: 'refused'; readonly ids: readonly number[]; readonly fault: Fault }
  | { readonly kind: 'answered'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'faulted'; readonly id: number; readonly fault: Fault }
  /** `taken` is asked for where no more is sent until it comes. */
  | ({ readonly kind: 'batch'; readonly id: number; readonly waits: boolean } & Columns)
  | { readonly kind: 'failed'; readonly id: number; readonly fault: Fault }
