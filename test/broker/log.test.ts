import path from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { openRedpandaLog } from '../../protocol/log/redpanda/index.ts'
import { type Driver, durableLogSuite, logSuite } from '../contract/log-suite.ts'
import { type Cluster, findCluster } from './cluster.ts'

const source = await findCluster()
let cluster: Cluster

/** A topic of its own for each folder. */
const redpanda: Driver = {
  name: 'redpanda',
  open: dir =>
    openRedpandaLog({ brokers: cluster.brokers, topic: 'facts', prefix: `${path.basename(path.dirname(dir))}.` }),
  trims: 'records',
}

describe.skipIf(source.kind === 'none')('on a real cluster', () => {
  beforeAll(async () => {
    if (source.kind === 'cluster') cluster = await source.open()
  })
  afterAll(() => cluster?.stop())

  logSuite([redpanda])
  durableLogSuite([redpanda])
})
