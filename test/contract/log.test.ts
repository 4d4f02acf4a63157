import { openEmbeddedLog } from '../../protocol/log/embedded/index.ts'
import { openMemoryLog } from '../../protocol/log/memory.ts'
import { type Driver, durableLogSuite, logSuite } from './log-suite.ts'

const inMemory: readonly Driver[] = [
  { name: 'memory', open: async () => openMemoryLog({ topic: 'facts' }), trims: 'records' },
  { name: 'memory, sparse', open: async () => openMemoryLog({ topic: 'facts', sparse: true }), trims: 'records' },
]
const durable: readonly Driver[] = [
  {
    name: 'embedded',
    open: dir => openEmbeddedLog({ dir, topic: 'facts' }),
    trims: 'nothing of so few records',
  },
  {
    name: 'embedded, small segments',
    open: dir => openEmbeddedLog({ dir, topic: 'facts', segmentBytesMax: 64 * 1024 }),
    trims: 'segments',
  },
]

logSuite([...inMemory, ...durable])
durableLogSuite(durable)
