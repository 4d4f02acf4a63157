/**
 * A node's API beside its replicas, one for all its sites. A door that cannot open stops no vote: the node goes on, says so, and tries again.
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
  /** Names under which it is asked, where it listens beyond loopback. */
  readonly hosts?: readonly string[]
  readonly grants: readonly GrantConfig[]
}
/** Whose token shows and moves what; in a file, or here where it came from the environment. */
interface GrantConfig {
  readonly tenant: string
  readonly token?: string
  readonly tokenFile?: string
}

export class NodeApi {
  readonly #ports: Ports
  readonly #config: HttpConfig
  readonly #sites: readonly SiteView[]
  readonly #metrics: ApiMetrics
  #api: Api | null = null
  #retry: Cancel | null = null
  #stopped = false

  constructor(ports: Ports, config: HttpConfig, sites: readonly SiteView[], metrics: ApiMetrics) {
    this.#ports = ports
    this.#config = config
    this.#sites = sites
    this.#metrics = metrics
  }

  /** Null while it is not served. */
  get address(): string | null {
    return this.#api?.address ?? null
  }
  async start(): Promise<void> {
    const { host, note } = this.#ports
    const { address, hosts, grants } = this.#config
    try {
      const api = await serveApi({
        address,
        ...(hosts && { hosts }),
        grants: grants.map(grantOf),
        sites: this.#sites,
        metrics: this.#metrics,
        clock: host,
        note,
      })
      if (this.#stopped) await api.close()
      else this.#api = api
    } catch (error) {
      note('error', 'api not served', { address, error: String(error) })
      if (!this.#stopped) this.#retry = host.after(RETRY_MS, () => void this.start())
    }
  }
  /** Not ready any more, so that whoever stands before it asks another node. */
  drain(): void {
    this.#api?.drain()
  }
  async stop(): Promise<void> {
    this.#stopped = true
    this.#retry?.cancel()
    await this.#api?.close()
  }
}

const grantOf = ({ tenant, token, tokenFile }: GrantConfig) => ({
  tenant,
  token: token ?? readFileSync(tokenFile!, 'utf8').trim(),
})
