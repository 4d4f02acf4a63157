/** The views of one site: the product's own projectors in a process of theirs, over databases that outlive it. */
import { operational } from '../../projections/operational/rows.ts'
import type { Change as Row } from '../../projections/operational/tables.ts'
import { Projector } from '../../projections/runner/projector.ts'
import type { Projection } from '../../projections/runner/seen.ts'
import { type Change as Sample, timeseries } from '../../projections/timeseries/rows.ts'
import type { Verifier } from '../../protocol/codec/sign.ts'
import type { Ports } from '../../protocol/ports.ts'
import { skipsIn } from '../../supervisors/records/skips.ts'
import type { Engine } from '../../supervisors/site/engine.ts'
import { logOf, type SimTopic } from '../world/log.ts'
import type { Incarnation, Process } from '../world/process.ts'
import { SimStore, storeOf } from '../world/store.ts'
import type { World } from '../world/world.ts'

/** Small, so that a start begins at a frozen fold, and who is behind catches up in several batches. */
const BOUNDS = { freezeEvery: 60, batchChanges: 400 } as const

export interface SimViewsOptions {
  readonly world: World
  readonly prefix: string
  readonly facts: SimTopic
  readonly partition: number
  readonly tenant: string
  readonly site: string
  readonly verifier: Verifier
  /** What a start begins with. */
  readonly engine: () => Engine
}
/** A projection and what it is written to. */
export interface Kept<Change> {
  readonly projection: Projection<Change>
  readonly store: SimStore<Change>
}

/** Names of the stores of a site. */
export const storesOf = (prefix: string): readonly string[] =>
  [operational, timeseries].map(({ name }) => prefix + name)

export class SimViews {
  readonly o: SimViewsOptions
  readonly process: Process
  readonly operational: Kept<Row>
  readonly timeseries: Kept<Sample>

  constructor(o: SimViewsOptions) {
    this.o = o
    const { world, prefix } = o
    this.operational = { projection: operational, store: new SimStore(world, prefix + operational.name) }
    this.timeseries = { projection: timeseries, store: new SimStore(world, prefix + timeseries.name) }
    this.process = world.process(`${prefix}views`, (ports, life) => this.#run(ports, life))
  }

  async #run({ clock, note, control }: Ports, life: Incarnation): Promise<void> {
    const { tenant, site, verifier, partition } = this.o
    const { definitions, hash: engine } = this.o.engine()
    const facts = logOf(life, this.o.facts)
    const of = { tenant, site, verifier }
    const skipsKnownTo = (await facts.ends(partition)).next - 1
    const { passed } = await skipsIn(facts, partition, of)
    const fold = { ...of, definitions, engine, passed }
    const fail = (error: unknown) => control.exit(error instanceof Error ? error.message : String(error))
    const follow = <Change>({ projection, store }: Kept<Change>) =>
      new Projector({
        ...{ facts, partition, fold, skipsKnownTo, projection, clock, note, fail, ...BOUNDS },
        shared: async () => null, // its log is never trimmed
        store: storeOf(life, store),
      }).start()
    await Promise.all([follow(this.operational), follow(this.timeseries)])
  }
}
