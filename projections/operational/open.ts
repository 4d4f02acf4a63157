/** The operational database of one site: its builds behind the interface that both kinds share. */
import type pg from 'pg'
import type { Build, Database, Summed } from '../runner/database.ts'
import { type Access, addBuild, buildsOf, connect, dropBuild, prepareDatabase, schemaOf, switchTo } from './database.ts'
import { type ReaderAccess, readerOf } from './pages.ts'
import { sumsOf } from './read.ts'
import { operational } from './rows.ts'
import { OperationalStore } from './store.ts'
import type { Change } from './tables.ts'

export interface OperationalOptions {
  readonly access: Access
  readonly tenant: string
  readonly site: string
  /** A connection is gone. */
  readonly lost: (error: Error) => void
  /** Ends what was started for it. */
  readonly stop: () => Promise<void>
}

/** Throws Refusal DATABASE. */
export async function openOperational(o: OperationalOptions): Promise<OperationalDatabase> {
  const admin = await connect(o.access, 'admin', o.lost)
  await prepareDatabase(admin, o.access)
  return new OperationalDatabase(o, admin)
}

export class OperationalDatabase implements Database<Change> {
  readonly projection = operational
  readonly #o: OperationalOptions
  readonly #admin: pg.Client
  /** A store has a connection of its own: two transactions at a time need two. */
  readonly #stores = new Map<number, { readonly store: OperationalStore; readonly writer: pg.Client }>()

  constructor(options: OperationalOptions, admin: pg.Client) {
    this.#o = options
    this.#admin = admin
  }

  get address(): string {
    const { host, port, database } = this.#o.access
    return `postgres://${host}:${port}/${database}`
  }
  /** Where readers of the rows enter. */
  get readers(): ReaderAccess {
    return readerOf(this.#o.access)
  }
  live(): Promise<Build> {
    return prepareDatabase(this.#admin, this.#o.access)
  }
  builds(): Promise<readonly Build[]> {
    return buildsOf(this.#admin)
  }
  add(): Promise<Build> {
    return addBuild(this.#admin)
  }
  switchTo(build: number): Promise<void> {
    return switchTo(this.#admin, build)
  }
  async drop(build: number): Promise<void> {
    await dropBuild(this.#admin, build)
    await this.#stores.get(build)?.writer.end()
    this.#stores.delete(build)
  }
  async store(build: number): Promise<OperationalStore> {
    const there = this.#stores.get(build)
    if (there) return there.store
    const { access, lost, tenant, site } = this.#o
    const writer = await connect(access, 'writer', lost)
    const store = new OperationalStore(writer, schemaOf(build), tenant, site)
    this.#stores.set(build, { store, writer })
    return store
  }
  async sums(build: number): Promise<Summed> {
    const { access, lost, tenant, site } = this.#o
    const reader = await connect(access, 'writer', lost)
    try {
      return await sumsOf(reader, schemaOf(build), tenant, site)
    } finally {
      await reader.end()
    }
  }
  async close(): Promise<void> {
    const clients = [this.#admin, ...[...this.#stores.values()].map(({ writer }) => writer)]
    await Promise.all(clients.map(client => client.end().catch(() => {}))) // gone already
    await this.#o.stop()
  }
}
