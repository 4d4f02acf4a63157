/** The operational database of one site: its builds behind the interface that both kinds share. */
import type pg from 'pg'
import type { Verifier } from '../../protocol/codec/sign.ts'
import type { FactsSoFar } from '../runner/beside.ts'
import type { Build, Database, Summed } from '../runner/database.ts'
import { Ballots } from './ballots.ts'
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
  readonly verifier: Verifier
  /** A connection is gone. */
  readonly lost: (error: Error) => void
  /** Ends what was started for it. */
  readonly stop: () => Promise<void>
}

interface Writing {
  readonly store: OperationalStore
  readonly writer: pg.Client
}

/** Throws Refusal DATABASE. */
export async function openOperational(o: OperationalOptions): Promise<OperationalDatabase> {
  const admin = await connect(o.access, 'admin', o.lost)
  await prepareDatabase(admin, o.access)
  return new OperationalDatabase(o, admin)
}

export class OperationalDatabase implements Database<Change> {
  readonly projection = operational
  readonly beside = 'decisions'
  readonly #o: OperationalOptions
  readonly #admin: pg.Client
  /** A store has a connection of its own: two transactions at a time need two. */
  readonly #stores = new Map<string, Writing>()

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
    for (const topic of ['facts', 'decisions'] as const) {
      await this.#stores.get(`${build} ${topic}`)?.writer.end()
      this.#stores.delete(`${build} ${topic}`)
    }
  }
  async store(build: number): Promise<OperationalStore> {
    return (await this.#writing(build, 'facts')).store
  }
  async besideStore(build: number): Promise<OperationalStore> {
    return (await this.#writing(build, 'decisions')).store
  }
  async besideJudge(build: number, facts: FactsSoFar): Promise<Ballots> {
    const { tenant, site, verifier } = this.#o
    const store = await this.besideStore(build)
    return new Ballots({ tenant, site, verifier, facts, electorate: hash => store.electorate(hash) })
  }
  async #writing(build: number, topic: 'facts' | 'decisions'): Promise<Writing> {
    const there = this.#stores.get(`${build} ${topic}`)
    if (there) return there
    const { access, lost, tenant, site } = this.#o
    const writer = await connect(access, 'writer', lost)
    const writing = { store: new OperationalStore(writer, schemaOf(build), tenant, site, topic), writer }
    this.#stores.set(`${build} ${topic}`, writing)
    return writing
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
