/** A door over HTTP beside a process's own work. One that cannot open stops nothing: it is said, and tried again. */
import { readFileSync } from 'node:fs'
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
interface Open {
  readonly address: string
  close(): Promise<void>
}

export class DoorBeside<D extends Open> {
  readonly #ports: Pick<Ports, 'host' | 'note'>
  /** What is served behind it, in words. */
  readonly #what: string
  readonly #asked: string
  readonly #open: () => Promise<D>
  #retry: Cancel | null = null
  #stopped = false
  protected door: D | null = null

  constructor(ports: Pick<Ports, 'host' | 'note'>, what: string, asked: string, open: () => Promise<D>) {
    this.#ports = ports
    this.#what = what
    this.#asked = asked
    this.#open = open
  }

  /** Null while it is not served. */
  get address(): string | null {
    return this.door?.address ?? null
  }
  async start(): Promise<void> {
    const { host, note } = this.#ports
    try {
      const door = await this.#open()
      if (this.#stopped) await door.close()
      else this.door = door
    } catch (error) {
      note('error', `${this.#what} not served`, { address: this.#asked, error: String(error) })
      if (!this.#stopped) this.#retry = host.after(RETRY_MS, () => void this.start())
    }
  }
  async stop(): Promise<void> {
    this.#stopped = true
    this.#retry?.cancel()
    await this.door?.close()
  }
}

export const admissionOf = ({ hosts, grants }: Pick<HttpConfig, 'hosts' | 'grants'>) => ({
  ...(hosts && { hosts }),
  grants: grants.map(({ tenant, token, tokenFile }) => ({
    tenant,
    token: token ?? readFileSync(tokenFile!, 'utf8').trim(),
  })),
})
