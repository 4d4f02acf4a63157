/** The inspector of a run, beside it: its falls are nobody else's. It begins once control runs, and ends after it. */
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

export class Inspector {
  readonly #tree: Supervisor
  #address: string | null = null

  constructor(config: InspectorConfig, ports: Ports, opened: (address: string) => void) {
    const begin = async (spawned: Spawned) => {
      const address = this.#address ?? config.http.address // whoever starts anew is found where it was
      const begun = await spawned.ask<{ address: string | null }>('start', {
        ...config,
        http: { ...config.http, address },
      })
      if (begun.address === null || begun.address === this.#address) return
      this.#address = begun.address
      opened(begun.address)
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
  get address(): string | null {
    return this.#address
  }
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
      this.#made = { address, atMs, link: signInLink(address, this.#tokenFile, atMs) }
    return this.#made.link
  }
}

/** Good once, for ten minutes; what is behind the `#` no server sees. */
export const signInLink = (address: string, tokenFile: string, wallMs: number): string =>
  `http://${address}/sign-in#${signInCode(readFileSync(tokenFile, 'utf8').trim(), wallMs)}`
