import { findKafka, startKafka } from './kafka.ts'
import { findDocker, startRedpanda } from './redpanda.ts'

/** A cluster to test with, and what may be done to it. */
export interface Cluster {
  readonly brokers: readonly string[]
  /** Null where the cluster belongs to somebody else. */
  readonly hands: Hands | null
  /** Ends it and removes what it kept. */
  stop(): Promise<void>
}

/** Each resolves when it is done to the broker, not when the cluster has got over it. */
export interface Hands {
  readonly ids: readonly number[]
  /** kill -9. */
  kill(id: number): Promise<void>
  /** In order: leadership is handed over first. */
  terminate(id: number): Promise<void>
  /** SIGSTOP: its sockets stay open, nothing answers. */
  pause(id: number): Promise<void>
  resume(id: number): Promise<void>
  /** Again, with what it had on its disk. */
  start(id: number): Promise<void>
}

export type Source =
  | {
      readonly kind: 'cluster'
      /** Started for the test: what is done to it harms nobody. */
      readonly ours: boolean
      readonly open: () => Promise<Cluster>
    }
  | { readonly kind: 'none'; readonly reason: string }

/**
 * In order: `QUORATE_BROKERS`, Docker with Redpanda, Java 17 with Apache Kafka from the Maven repository. Where the
 * suites must run (CI, `QUORATE_REQUIRE_BROKER=1`) none of the three is an error.
 */
export async function findCluster(env: NodeJS.ProcessEnv = process.env): Promise<Source> {
  const given = env.QUORATE_BROKERS
  if (given) {
    const brokers = given.split(',').map(broker => broker.trim())
    const open = async (): Promise<Cluster> => ({ brokers, hands: null, stop: async () => {} })
    return { kind: 'cluster', ours: false, open }
  }
  const docker = await findDocker()
  if (docker.kind === 'found') return { kind: 'cluster', ours: true, open: startRedpanda }
  const kafka = await findKafka()
  if (kafka.kind === 'found') return { kind: 'cluster', ours: true, open: () => startKafka({ jars: kafka.jars }) }
  const reason = `QUORATE_BROKERS is not set; ${docker.reason}; ${kafka.reason}`
  if (env.CI || env.QUORATE_REQUIRE_BROKER === '1') throw new Error(`no broker to test with: ${reason}`)
  process.stderr.write(`broker suites are skipped: ${reason}\n`)
  return { kind: 'none', reason }
}

/** Whether something that a cluster needs is there. */
export type Missing = { readonly kind: 'missing'; readonly reason: string }
