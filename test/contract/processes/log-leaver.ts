import { openEmbeddedLog } from '../../../protocol/log/embedded/index.ts'

/** Appends, one by one, what it is told to and dies with everything still in the write-ahead log. argv: folder, records. */
const [dir, count] = process.argv.slice(2) as [string, string]
const log = await openEmbeddedLog({ dir, topic: 'facts' })
for (let i = 0; i < Number(count); i++) await log.append([{ partition: 0, body: `${i} ${'z'.repeat(600)}` }])
process.kill(process.pid, 'SIGKILL')
