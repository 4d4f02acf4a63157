/**
 * The database of one projection. It outlives the process that writes it: a batch that has left its process is applied,
 * whole, whoever dies meanwhile; whether its answer comes is another matter.
 */
import type { Applied, Batch, Slice, Standing, Store } from '../../projections/runner/store.ts'
import { NOTHING } from '../../projections/runner/store.ts'
import { draw, textHash } from './draw.ts'
import type { Incarnation } from './process.ts'
import type { World } from './world.ts'

const CALL_US = 800
const ANSWER_US = 200
/** Why a slice that is refused for its content is refused. */
export const REFUSED = 'a value is out of its range'

/** All that is in it at one moment. */
export interface Held<Change> extends Omit<Standing, 'fold'> {
  readonly slices: readonly Slice<Change>[]
  /** As its text: nothing of it is shared with whoever froze it. */
  readonly fold: string | null
}
const EMPTY: Held<never> = { ...NOTHING, slices: [], fold: null }

export class SimStore<Change> {
  readonly name: string
  readonly world: World
  held: Held<Change> = EMPTY
  /** Ends of slices that do not go in, now or ever. */
  readonly refused = new Set<number>()
  readonly #key: number
  #calls = 0
  #newest = -1

  constructor(world: World, name: string) {
    this.world = world
    this.name = name
    this.#key = textHash(name)
    world.stores.set(name, this)
  }

  /** It is gone; where a log is named, another one's database stands in its place, at this checkpoint. */
  lose(topicId = '', checkpoint = -1): void {
    this.held = { ...EMPTY, topicId, checkpoint }
  }
  standing(): Standing {
    const { checkpoint, from, topicId, passed, fold } = this.held
    return { checkpoint, from, topicId, passed, fold: fold === null ? null : JSON.parse(fold) }
  }
  clear(topicId: string, from = 0): void {
    this.held = { ...EMPTY, topicId, from, checkpoint: from - 1 }
  }
  apply({ expected, to, slices, passed, fold }: Batch<Change>): Applied {
    const { held } = this
    if (held.topicId === '' || held.checkpoint !== expected) return { kind: 'fenced', found: held.checkpoint }
    if (slices.some(slice => this.#refuses(slice))) return { kind: 'refused', reason: REFUSED }
    this.held = {
      topicId: held.topicId,
      from: held.from,
      checkpoint: to,
      passed,
      fold: fold ? JSON.stringify(fold) : held.fold,
      slices: [...held.slices, ...slices],
    }
    this.world.trace('applied', this.name, `${expected} ${to}`)
    return { kind: 'applied' }
  }
  /** Settled when it comes for the first time: made once more, the same slice is refused again. */
  #refuses({ to, changes }: Slice<Change>): boolean {
    if (changes.length === 0) return false
    if (to > this.#newest && this.world.strikes('storeRefuses', this.name)) this.refused.add(to)
    this.#newest = Math.max(this.#newest, to)
    return this.refused.has(to)
  }

  /** Asked by a life, carried out whether or not that life goes on. */
  ask<T>(life: Incarnation, writes: boolean, carryOut: () => T): Promise<T> {
    const { world, name } = this
    world.called(life)
    const lateMs = world.strikes('storeSlow', name)?.ms ?? 0
    const takesUs = CALL_US + (draw(world.seed, this.#key, this.#calls++) % CALL_US) + lateMs * 1_000
    return new Promise((resolve, reject) => {
      const answer = (run: () => void) => world.at(world.nowUs + ANSWER_US, life, run)
      world.at(world.nowUs + takesUs, null, () => {
        if (world.strikes('storeDown', name)) return answer(() => reject(new Error('no database answers')))
        const result = carryOut()
        const lost = writes && world.strikes('storeAckLost', name) !== null
        answer(() => (lost ? reject(new Error('the connection is lost')) : resolve(result)))
      })
    })
  }
}

/** The database as one life of a process sees it. */
export const storeOf = <Change>(life: Incarnation, store: SimStore<Change>): Store<Change> => ({
  standing: () => store.ask(life, false, () => store.standing()),
  clear: (topicId, from) => store.ask(life, true, () => store.clear(topicId, from)),
  apply: batch => store.ask(life, true, () => store.apply(batch)),
})
