import { fileURLToPath } from 'node:url'

/** What the verb hands over; checked there. */
export interface SimCall {
  readonly from: number
  readonly to: number
  readonly hours: number
  readonly sites: number
  readonly profile: string
  /** Null: the simulator's own. */
  readonly site: string | null
  readonly jobs: number
  readonly json: boolean
  readonly shrink: boolean
  /** Where histories of violations are written; null: the working folder, or into the lines of JSON. */
  readonly out: string | null
  /** A planted bug; `all`: the whole catalogue. */
  readonly mutation: string | null
  readonly replay: string | null
  readonly list: boolean
  /** Files and folders of scenarios; none: trials. */
  readonly scenarios: readonly string[]
  readonly junit: string | null
  readonly html: string | null
}
/** A line on standard output. */
export type Say = (line: string) => void

export const HOUR_MS = 3_600_000
const SITE = fileURLToPath(new URL('../sites/trial.yaml', import.meta.url))

export const siteOf = ({ site }: SimCall): string => site ?? SITE
export const seedsOf = ({ from, to }: SimCall): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)
