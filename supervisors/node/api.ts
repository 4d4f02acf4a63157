/**
 * A node's API beside its replica. A door that cannot open stops no vote: the node goes on, says so, and tries again.
 */
import { readFileSync } from 'node:fs'
import type { ApiMetrics } from '../../projections/api/metrics.ts'
import { type Api, serveApi } from '../../projections/api/server.ts'
import type { SiteView } from '../../projections/api/view.ts'
import type { Cancel, Ports } from '../../protocol/ports.ts'

/** A port that another process holds may be free again later. */
const RETRY_MS = 5_000

export interface HttpConfig {
  /** `host:port`; port 0 for any. */
  readonly address: string
  /** Path of the token file. */
  readonly token: string
}

export class NodeApi {
  readonly #ports: Ports
  readonly #config: HttpConfig
  readonly #view: SiteView
  readonly #metrics: ApiMetrics
  #api: Api | null = null
  #retry: Cancel | null = null
  #stopped = false

  constructor(ports: Ports, config: HttpConfig, view: SiteView, metrics: ApiMetrics) {
    this.#ports = ports
    this.#config = config
    this.#view = view
    this.#metrics = metrics
  }

  /** Null while it is not served. */
  get address(): string | null {
    return this.#api?.address ?? null
  }
  async start(): Promise<void> {
    const { host, note } = this.#ports
    try {
      const token = readFileSync(this.#config.token, 'utf8').trim()
      const api = await serveApi({
        address: this.#config.address,
        grants: [{ token, tenant: this.#view.tenant }],
        sites: [this.#view],
        metrics: this.#metrics,
        clock: host,
        note,
      })
      if (this.#stopped) await api.close()
      else this.#api = api
    } catch (error) {
      note('error', 'api not served', { address: this.#config.address, error: String(error) })
      if (!this.#stopped) this.#retry = host.after(RETRY_MS, () => void this.start())
    }
  }
  async stop(): Promise<void> {
    this.#stopped = true
    this.#retry?.cancel()
    await this.#api?.close()
  }
}
