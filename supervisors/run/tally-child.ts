/** The parent's side of the tally: one child under a supervisor of its own, so that its falls are nobody else's. */
import type { Ports } from '../../protocol/ports.ts'
import { Supervisor } from '../kit/supervisor.ts'
import { processChild } from '../process/process-child.ts'
import type { Spawned } from '../process/spawn.ts'
import { logOf } from '../real/logs.ts'
import type { Prepared } from './prepare.ts'
import type { ScreenInputs } from './screen.ts'
import type { Summary, Uncounted } from './summary.ts'
import type { TallyConfig } from './tally-process.ts'

const SCRIPT = new URL('./tally-process.ts', import.meta.url)
/** It hangs on what the nodes hang on, and is killed as they are. */
const INTENSITY = 20
const PERIOD_MS = 60_000
/** A picture that is not there by then is not worth waiting for. */
const DRAW_MS_MAX = 1_000

export class TallyChild {
  readonly #prepared: Prepared
  readonly #tree: Supervisor
  #spawned: Spawned | null = null
  #countFrom: number | null = null
  #saying = false

  constructor(prepared: Prepared, ports: Ports) {
    this.#prepared = prepared
    const child = processChild(
      'tally',
      SCRIPT,
      s => this.#begin(s),
      () => {},
    )
    this.#tree = new Supervisor(
      { id: 'tally', strategy: 'oneForOne', intensity: INTENSITY, periodMs: PERIOD_MS, children: [child] },
      ports,
      reason => ports.note('error', 'the tally gives up; the run goes on', { reason }),
    )
  }
  get supervisor(): Supervisor {
    return this.#tree
  }
  start(): Promise<void> {
    return this.#tree.start()
  }
  stop(): Promise<void> {
    return this.#tree.stop()
  }

  /** From now on each fact is a line on standard output; of one that is down or hangs, once it is there again. */
  async say(): Promise<void> {
    this.#saying = true
    await this.#spawned?.ask('say').catch(() => {})
  }
  /** Null while it does not answer. */
  draw(inputs: Omit<ScreenInputs, 'tally'>): Promise<string | null> {
    return this.#spawned?.ask<string>('draw', inputs, DRAW_MS_MAX).catch(() => null) ?? Promise.resolve(null)
  }
  /** Null where it does not answer. */
  sum(inputs: Uncounted, end: number): Promise<Summary | null> {
    return this.#spawned?.ask<Summary>('sum', { ...inputs, end }).catch(() => null) ?? Promise.resolve(null)
  }

  async #begin(spawned: Spawned): Promise<void> {
    this.#spawned = spawned
    const { dir, site, signed } = this.#prepared
    const { tenant, site: name, partition } = signed.manifest
    const log = logOf(dir)
    const [countFrom, saying] = [this.#countFrom, this.#saying]
    const config = { log, partition, tenant, site: name, definitions: site.definitions, countFrom, saying }
    this.#countFrom = await spawned.ask<number>('start', config satisfies TallyConfig)
    if (this.#saying && !saying) await spawned.ask('say') // asked for while it began
  }
}
