/**
 * A simulated operating-system process: its files outlive its lives. Each life is an incarnation; its death never
 * resolves what it awaited, so that nothing of it runs again, no `catch`, no `finally`.
 */
import type { Ports } from '../../protocol/ports.ts'
import { SimFile } from './disk.ts'
import type { SimLink } from './net.ts'
import { portsOf } from './ports.ts'
import { running } from './running.ts'
import type { World } from './world.ts'

export class Process {
  readonly world: World
  readonly name: string
  readonly files = new Map<string, SimFile>()
  readonly main: (ports: Ports, life: Incarnation) => Promise<unknown>
  current: Incarnation | null = null
  pausedUntilUs = 0
  boots = 0
  /** How its wall clock is off. */
  wallOffsetMs = 0
  /** Where its wall clock stands still, ms; null: it goes. */
  wallStandsAtMs: number | null = null
  #rate = 1
  #sinceUs = 0
  #baseUs = 0
  /** Who is to start it anew, as its parent would; null: nobody. */
  restartAfterMs: ((reason: string) => number | null) | null = null

  constructor(world: World, name: string, main: Process['main']) {
    this.world = world
    this.name = name
    this.main = main
  }

  /** Of its machine: it runs on over the lives of the process. */
  get monotonicUs(): number {
    return Math.floor(this.#baseUs + (this.world.nowUs - this.#sinceUs) * this.#rate)
  }
  get rate(): number {
    return this.#rate
  }
  /** From now on its clocks are fast or slow by so many parts per million. */
  drift(ppm: number): void {
    this.#baseUs = this.monotonicUs
    this.#sinceUs = this.world.nowUs
    this.#rate = 1 + ppm / 1e6
  }
  file(name: string): SimFile {
    let file = this.files.get(name)
    if (!file) this.files.set(name, (file = new SimFile(`${this.name}/${name}`)))
    return file
  }
  boot(): void {
    if (this.current) return
    const life = new Incarnation(this, ++this.boots)
    this.current = life
    this.pausedUntilUs = 0
    this.world.trace('boot', this.name, String(this.boots))
    this.world.at(this.world.nowUs, life, () => {
      this.main(life.ports, life).catch(error => life.die(`threw ${error instanceof Error ? error.stack : error}`))
    })
  }
  kill(reason: string): void {
    this.current?.die(reason)
  }
  pause(forMs: number): void {
    if (this.current) this.pausedUntilUs = this.world.nowUs + forMs * 1_000
  }
}

export class Incarnation {
  readonly process: Process
  readonly number: number
  readonly ports: Ports
  readonly links = new Set<SimLink>()
  readonly follows = new Set<{ cancel(): void }>()
  readonly bornMs: number
  dead = false

  constructor(process: Process, number: number) {
    this.process = process
    this.number = number
    this.bornMs = process.world.nowMs
    this.ports = portsOf(this)
  }

  /** Runs its code; what it throws is its death. */
  enter(run: () => void): void {
    try {
      running.run(this, run)
    } catch (error) {
      this.die(`uncaught: ${error instanceof Error ? error.stack : error}`)
    }
  }
  /** At once, also in the middle of its own code. */
  die(reason: string): void {
    if (this.dead) return
    const { process } = this
    const { world } = process
    this.dead = true
    process.current = null
    world.lived?.(process.name, this.bornMs, world.nowMs)
    world.trace('die', process.name, reason.split('\n')[0]!)
    const silent = world.strikes('halfOpen', process.name) !== null
    for (const file of process.files.values()) file.crash(world)
    for (const link of [...this.links]) link.cut('the peer ended', silent)
    for (const follow of [...this.follows]) follow.cancel()
    world.drop(this)
    const afterMs = process.restartAfterMs?.(reason) ?? null
    if (afterMs !== null) world.at(world.nowUs + afterMs * 1_000, null, () => process.boot())
  }
}
