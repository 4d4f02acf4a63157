/** The embedded Postgres in a folder of its own, with a live build: for suites that need a real one. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { type Access, connect, prepareDatabase } from '../../../projections/operational/database.ts'
import { type EmbeddedPostgres, startPostgres } from '../../../projections/operational/embedded.ts'
import type { Build } from '../../../projections/runner/database.ts'
import type { Random } from '../../../protocol/ports.ts'

const random = { id: () => randomBytes(16).toString('hex') } as Random

export class Postgres {
  readonly dir: string
  readonly notes: string[] = []
  readonly #clients: pg.Client[] = []
  server!: EmbeddedPostgres
  live!: Build

  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'quorate-postgres-'))
  }
  static async start(): Promise<Postgres> {
    const postgres = new Postgres()
    await postgres.up()
    postgres.live = await prepareDatabase(await postgres.client('admin'), postgres.server.access)
    return postgres
  }
  async up(): Promise<void> {
    const note = (_: string, event: string) => void this.notes.push(event)
    this.server = await startPostgres({ dir: this.dir, random, note })
  }
  async client(as: keyof Access['passwords']): Promise<pg.Client> {
    const client = await connect(this.server.access, as, () => {})
    this.#clients.push(client)
    return client
  }
  /** To the server and all that it has started. */
  signal(name: NodeJS.Signals): void {
    const pid = this.pid
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
    for (const each of [pid, ...children]) process.kill(each, name)
  }
  get pid(): number {
    return Number(readFileSync(join(this.server.folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
  }
  async stop(): Promise<void> {
    await Promise.all(this.#clients.map(client => client.end().catch(() => {})))
    await this.server.stop()
    rmSync(this.server.folder, { recursive: true, force: true })
    rmSync(this.dir, { recursive: true, force: true })
  }
}
