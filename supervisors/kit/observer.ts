/**
 * Looks at the actors of a process from outside and tells what it sees, so that others can show it: never on the way of
 * what they do.
 *
 * O1  What is left and back within the second is not told (steady.ts).
 * O2  Told when something has changed, once a second at most; without a change once a minute, for whoever comes later
 *     and where a record was lost.
 * O3  One is under way at a time; what changes meanwhile the next one tells, as it is by then.
 * O4  Nothing of it reaches control: what fails is noted, and told with the next.
 */
import { nextOf } from '../../protocol/kept.ts'
import type { Cancel, Ports } from '../../protocol/ports.ts'
import type { Observation, SeenChart, Sight, TreeRow } from '../../protocol/words/observed.ts'
import { Steady } from './steady.ts'

/** Between the looks of one second: such that a cycle of a tenth of it, or of any longer part, keeps step with none. */
const LOOKS_MS = [225, 225, 325, 225]
const KEEP_MS = 60_000

export interface Observed {
  readonly process: string
  sight(): Sight
  /** Rejects where it is not known to have been told. */
  tell(observation: Observation): Promise<unknown>
}

export class Observer {
  readonly #ports: Pick<Ports, 'host' | 'disk' | 'note'>
  readonly #of: Observed
  readonly #charts = new Steady<SeenChart>()
  readonly #tree = new Steady<TreeRow>()
  #life = 0
  #seq = 0
  #changed = false
  #telling = false
  #toldMs = Number.NEGATIVE_INFINITY
  #timer: Cancel | null = null
  #stopped = false

  constructor(ports: Pick<Ports, 'host' | 'disk' | 'note'>, of: Observed) {
    this.#ports = ports
    this.#of = of
  }

  start(): void {
    const { host, disk } = this.#ports
    // above the lives of a folder that is gone: those are in the log, and would pass for newer ones
    nextOf(disk, 'observed-life', host.wallMs())
      .then(life => {
        this.#life = life
        if (!this.#stopped) this.#next(0, host.monotonicMs())
      })
      .catch(error => this.#failed(error))
  }
  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  #next(nth: number, beforeMs: number): void {
    const { host } = this.#ports
    const dueMs = beforeMs + LOOKS_MS[nth]!
    this.#timer = host.after(dueMs - host.monotonicMs(), () => {
      try {
        this.#look()
        if (nth === LOOKS_MS.length - 1) this.#settle()
      } catch (error) {
        this.#failed(error) // O4
      }
      this.#next((nth + 1) % LOOKS_MS.length, Math.max(dueMs, host.monotonicMs()))
    })
  }
  #look(): void {
    const { charts, tree } = this.#of.sight()
    const atMs = this.#ports.host.wallMs()
    this.#charts.look(
      charts.map(item => ({ path: item.path, text: JSON.stringify(item.value), item })),
      atMs,
    )
    this.#tree.look(
      tree.map(item => ({ path: item.path, text: JSON.stringify(item), item })),
      atMs,
    )
  }
  #settle(): void {
    const nowMs = this.#ports.host.monotonicMs()
    const changes = [this.#charts.settle(), this.#tree.settle()]
    this.#changed ||= changes.includes(true)
    if (this.#telling || (!this.#changed && nowMs - this.#toldMs < KEEP_MS)) return // O2, O3
    this.#changed = false
    this.#telling = true
    this.#toldMs = nowMs
    this.#of.tell(this.#observation()).then(
      () => {
        this.#telling = false
      },
      error => {
        this.#telling = false
        this.#changed = true
        this.#failed(error)
      },
    )
  }
  #observation(): Observation {
    return {
      process: this.#of.process,
      life: this.#life,
      seq: ++this.#seq,
      atMs: this.#ports.host.wallMs(),
      charts: this.#charts.held.map(({ item, sinceMs }) => ({ ...item, sinceMs })),
      tree: this.#tree.held.map(({ item }) => item),
    }
  }
  /** Not worth an operator's eye: what it tells of is. */
  #failed(error: unknown): void {
    this.#ports.note('debug', 'not observed', { process: this.#of.process, error: String(error) })
  }
}
