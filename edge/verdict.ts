import type { Actions } from '../protocol/words/candidate.ts'
import type { Certificate, VerdictSource } from '../protocol/words/facts.ts'

/** What the voter made of a cycle: what should hold, why it may, and until when. */
export interface Verdict {
  readonly source: Extract<VerdictSource, 'majority' | 'single'>
  readonly epoch: number
  readonly cycle: number
  readonly certificate: Certificate
  readonly actions: Actions
  readonly dissent: readonly { readonly by: string; readonly digest: string }[]
  /** The gateway's own emission of the cycle's frame, and validity counted from it; monotonic ms of this boot. */
  readonly emittedAtMs: number
  readonly validUntilMs: number
}
