/** A replica over logs in memory; what it fails with is told. */
import type { FoldOptions } from '../../../actors/controller/fold.ts'
import { TOPICS } from '../../../protocol/log/event-log.ts'
import { openMemoryLog } from '../../../protocol/log/memory.ts'
import type { Logs } from '../../../protocol/ports.ts'
import { Replica } from '../../../supervisors/node/replica.ts'
import { manifestOf, signerOf } from '../controller/household.ts'
import { type World, worldOf } from '../edge/world.ts'

export const memoryLogs = (): Logs =>
  Object.fromEntries(TOPICS.map(topic => [topic, openMemoryLog({ topic })])) as unknown as Logs

/** Positions between two snapshots here. */
export const SNAPSHOT_EVERY = 20

/** A node's disk and the log outlive each of its replicas. */
export class ReplicaBench {
  readonly world: World = worldOf()
  readonly logs: Logs
  failed = ''
  /** What it has said to be in the step of. */
  readonly stepping: (number | null)[] = []
  replica!: Replica

  readonly node: string

  constructor(logs = memoryLogs(), node = 'node-a') {
    this.logs = logs
    this.node = node
  }
  async append(bodies: readonly string[]): Promise<void> {
    await this.logs.facts.append(bodies.map(body => ({ partition: 0, body })))
    await this.settle()
  }
  async start(fold: FoldOptions, manifest = manifestOf()): Promise<Replica> {
    this.failed = ''
    this.replica = new Replica({
      ports: this.world,
      logs: this.logs,
      fold,
      manifest,
      signer: signerOf(this.node),
      snapshotEvery: SNAPSHOT_EVERY,
      fail: error => {
        this.failed = String(error)
      },
      candidate: () => {},
      installed: () => {},
      seen: () => {},
      accepted: () => {},
      stepping: position => this.stepping.push(position),
      stepped: () => {},
    })
    await this.replica.start()
    await this.settle()
    return this.replica
  }
  async settle(): Promise<void> {
    for (let i = 0; i < 50; i++) await this.world.clock.pass(10)
  }
}
