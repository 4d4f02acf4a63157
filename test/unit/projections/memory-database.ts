import { operational } from '../../../projections/operational/rows.ts'
import type { Change } from '../../../projections/operational/tables.ts'
import type { FactsSoFar, Judge, Judged } from '../../../projections/runner/beside.ts'
import type { Build, Database, Summed } from '../../../projections/runner/database.ts'
import { sha256 } from '../../../protocol/codec/canonical.ts'
import type { LogRecord } from '../../../protocol/log/event-log.ts'
import { MemoryStore } from './memory-store.ts'

/** Builds whose rows are slices; what is beside them are records that name a position to wait for. */
export class MemoryDatabase implements Database<Change> {
  readonly projection = operational
  readonly beside = 'decisions'
  readonly besides = new Map<number, MemoryStore<Change>>()
  readonly address = 'memory'
  readonly stores = new Map<number, MemoryStore<Change>>([[1, new MemoryStore<Change>()]])
  list: Build[] = [{ id: 1, version: 1, state: 'live' }]
  async live() {
    return this.list.find(b => b.state === 'live')!
  }
  async builds() {
    return this.list
  }
  async add() {
    const build = { id: this.list.at(-1)!.id + 1, version: 1, state: 'building' } as const
    this.list = [...this.list, build]
    this.stores.set(build.id, new MemoryStore<Change>())
    this.besides.delete(build.id)
    return build
  }
  async switchTo(id: number) {
    this.list = this.list.map(b => ({ ...b, state: b.id === id ? 'live' : b.state === 'live' ? 'former' : b.state }))
  }
  async drop(id: number) {
    this.list = this.list.filter(b => b.id !== id)
  }
  async store(id: number) {
    return this.stores.get(id)!
  }
  async sums(id: number): Promise<Summed> {
    const { slices, now } = this.stores.get(id)!
    const beside = this.#beside(id)
    return {
      facts: { checkpoint: now.checkpoint, sums: { all: sha256(JSON.stringify(slices)) } },
      beside: { checkpoint: beside.now.checkpoint, sums: { beside: sha256(JSON.stringify(beside.slices)) } },
    }
  }
  async besideStore(id: number) {
    return this.#beside(id)
  }
  /** Each record is a row, once the facts have been met. */
  async besideJudge(_: number, facts: FactsSoFar): Promise<Judge<Change>> {
    const judge = async ({ body }: LogRecord): Promise<Judged<Change>> => {
      await facts.when(at => at.position >= Number(body))
      return { kind: 'rows', changes: [{ table: 'ballots', key: [body], row: null }] }
    }
    return { judge }
  }
  #beside(id: number) {
    const there = this.besides.get(id) ?? new MemoryStore<Change>()
    this.besides.set(id, there)
    return there
  }
  async close() {}
  get states() {
    return this.list.map(({ id, state }) => `${id} ${state}`)
  }
}
