import { afterEach, expect, test } from 'vitest'
import type { Cluster } from '../../../../protocol/log/redpanda/cluster.ts'
import { Leaders } from '../../../../protocol/log/redpanda/leaders.ts'
import { LIMITS } from '../../../../protocol/log/redpanda/limits.ts'
import type { Metadata } from '../../../../protocol/log/redpanda/metadata.ts'

/** Answers that no broker gives when asked to: of one that was cut off, and of one that hangs. */
const brokers = new Map([1, 2].map(id => [id, { host: `broker-${id}`, port: 9092 }]))
const metadata = (leader: number | null, epoch: number, id = 'one'): Metadata => ({
  brokers,
  topic: { kind: 'there', id, partitions: [{ partition: 0, leader, epoch, replicas: 3 }] },
})

const made: Leaders[] = []
afterEach(() => {
  for (const leaders of made.splice(0)) leaders.close()
})

function leadersOf(...answers: Metadata[]) {
  const anew: string[] = []
  const notes: string[] = []
  const asked = async () => {
    const answer = answers.shift()
    return answer
      ? ({ kind: 'answered', answer } as const)
      : ({ kind: 'unreached', reason: 'nobody answers', silent: true } as const)
  }
  const leaders = new Leaders({
    cluster: { metadata: asked } as unknown as Cluster,
    topic: 'facts',
    id: 'one',
    limits: { ...LIMITS, refreshMs: 3_600_000 },
    note: (level, event) => notes.push(`${level} ${event}`),
    anew: id => anew.push(id),
  })
  made.push(leaders)
  return { leaders, anew, notes }
}

test('the word of a broker that was cut off does not bring a former leader back (E1)', async () => {
  const { leaders } = leadersOf(metadata(1, 4), metadata(2, 5), metadata(1, 4), metadata(null, 5))
  const seen: (string | undefined)[] = []
  for (let i = 0; i < 4; i++) {
    await leaders.refresh()
    seen.push(leaders.of(0)?.address.host)
  }
  expect(seen).toEqual(['broker-1', 'broker-2', 'broker-2', 'broker-2'])
})

test('whoever waits for a former leader is told once it leads no longer (E2)', async () => {
  const { leaders } = leadersOf(metadata(1, 4), metadata(1, 5), metadata(2, 6))
  let moved = 0
  const asking = { partition: 0, moved: () => void moved++ }
  leaders.watch(asking)
  leaders.watch({ partition: 1, moved: () => expect.unreachable() })
  await leaders.refresh()
  await leaders.refresh()
  expect(moved).toBe(0)
  await leaders.refresh()
  expect(moved).toBe(1)
})

test('another id is another topic: its leaders are not taken over (E3)', async () => {
  const { leaders, anew } = leadersOf(metadata(1, 4), metadata(2, 9, 'two'))
  await leaders.refresh()
  await leaders.refresh()
  expect(anew).toEqual(['two'])
  expect(leaders.of(0)?.address.host).toBe('broker-1')
})

test('a loss is told once, and its end', async () => {
  const { leaders, notes } = leadersOf()
  await leaders.refresh()
  await leaders.refresh()
  leaders.take(metadata(1, 4))
  expect(notes).toEqual(['warn log cluster lost', 'info log cluster found again'])
})
