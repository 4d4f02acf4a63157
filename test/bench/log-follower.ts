import { openEmbeddedLog } from '../../protocol/log/embedded/index.ts'

/** Follows a log and answers its parent: when it had the first N records, or what it costs while nothing happens. */
const log = await openEmbeddedLog({ dir: process.argv[2]!, topic: 'facts' })
const seen: number[] = []
let wanted = Number.POSITIVE_INFINITY
const answer = (): void => {
  if (seen.length < wanted) return
  process.send?.(seen.slice(0, wanted))
  wanted = Number.POSITIVE_INFINITY
}
log.follow(0, 0, {
  batch(records) {
    const nowMs = performance.timeOrigin + performance.now()
    for (const _ of records) seen.push(nowMs)
    answer()
  },
  failed(error) {
    throw error
  },
})
process.on('message', (question: { upTo?: number; idleMs?: number }) => {
  if (question.upTo !== undefined) {
    wanted = question.upTo
    answer()
  }
  if (question.idleMs !== undefined) {
    const before = process.cpuUsage()
    const idleMs = question.idleMs
    setTimeout(() => {
      const { user, system } = process.cpuUsage(before)
      process.send?.((user + system) / idleMs / 10)
    }, idleMs)
  }
})
process.on('disconnect', () => process.exit(0))
process.send?.('following')
