/**
 * The inspector beside a run or a node: one process for all its sites, under a supervisor of its own, so that its falls
 * are nobody else's. It begins once control runs, and ends after it.
 */
import { readFileSync } from 'node:fs'
import { signInCode } from '../../projections/inspector/sessions.ts'
import type { Ports } from '../../protocol/ports.ts'
import type { InspectorConfig } from '../inspector/process.ts'
import { Supervisor } from '../kit/supervisor.ts'
import { processChild } from '../process/process-child.ts'
import type { Spawned } from '../process/spawn.ts'

const SCRIPT = new URL('../inspector/process.ts', import.meta.url)
const INTENSITY = 100
const PERIOD_MS = 60_000
const BACKOFF_MS = { first: 500, most: 20_000 }
/** One that does not answer by then is not up. */
const STATUS_MS_MAX = 1_000

export class Inspector {
  readonly #tree: Supervisor
  readonly #opened: (address: string) => void
  #spawned: Spawned | null = null
  #address: string | null = null

  constructor(config: InspectorConfig, ports: Ports, opened: (address: string) => void) {
    this.#opened = opened
    const begin = async (spawned: Spawned) => {
      this.#spawned = spawned
      const address = this.#address ?? config.http.address // whoever starts anew is found where it was
      const http = { ...config.http, address }
      this.#servedAt(await spawned.ask<Served>('start', { ...config, http } satisfies InspectorConfig))
    }
    const refused = ({ message }: Error) => ports.note('error', 'the inspector cannot begin', { reason: message })
    const spec = { id: 'inspector', strategy: 'oneForOne', intensity: INTENSITY, periodMs: PERIOD_MS } as const
    const children = [processChild('inspector', SCRIPT, begin, refused)]
    this.#tree = new Supervisor({ ...spec, backoffMs: BACKOFF_MS, children }, ports, reason => {
      ports.note('error', 'the inspector gives up; control goes on', { reason })
    })
  }
  start(): Promise<void> {
    return this.#tree.start()
  }
  stop(): Promise<void> {
    return this.#tree.stop()
  }
  /** Null: not served yet. */
  get address(): string | null {
    return this.#address
  }
  /** By its own word: it answers, and its door is open. */
  async up(): Promise<boolean> {
    const served = await this.#spawned?.ask<Served>('status', null, STATUS_MS_MAX).catch(() => null)
    this.#servedAt(served ?? { address: null })
    return (served?.address ?? null) !== null
  }
  /** A door that could not open at first may have since. */
  #servedAt({ address }: Served): void {
    if (address === null || address === this.#address) return
    this.#address = address
    this.#opened(address)
  }
}
interface Served {
  /** Null: not yet. */
  readonly address: string | null
}

/** A code is good for ten minutes: a terminal that is looked at shows one that still is. */
const RENEW_MS = 300_000

/** A link for a terminal that is drawn again and again. */
export class StandingLink {
  readonly #tokenFile: string
  readonly #wallMs: () => number
  #made: { readonly address: string; readonly atMs: number; readonly link: string } | null = null

  constructor(tokenFile: string, wallMs: () => number) {
    this.#tokenFile = tokenFile
    this.#wallMs = wallMs
  }
  /** Null: nothing is served yet. */
  of(address: string | null): string | null {
    if (address === null) return null
    const atMs = this.#wallMs()
    if (this.#made?.address !== address || atMs - this.#made.atMs > RENEW_MS)
      this.#made = {
        address,
        atMs,
        link: signInLink(`http://${address}`, readFileSync(this.#tokenFile, 'utf8').trim(), atMs),
      }
    return this.#made.link
  }
}

/** Good once, for ten minutes; what is behind the `#` no server sees. `origin`: as its page is asked for. */
export const signInLink = (origin: string, token: string, wallMs: number): string =>
  `${origin}/sign-in#${signInCode(token, wallMs)}`
