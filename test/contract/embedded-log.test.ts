import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { type EmbeddedLogOptions, openEmbeddedLog } from '../../protocol/log/embedded/index.ts'
import { createSegment, listSegments, segmentFile } from '../../protocol/log/embedded/segment.ts'
import type { EventLog, LogError, LogRecord } from '../../protocol/log/event-log.ts'

const opened: EventLog[] = []
const folders: string[] = []
const children = new Set<ChildProcess>()

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const log of opened.splice(0)) await log.close()
  for (const dir of folders.splice(0)) fs.rmSync(dir, { recursive: true, force: true })
})

// Dozens of processes start here; on a busy machine that takes its time.
describe('kill -9 of writing processes', { timeout: 300_000 }, () => {
  test.each([
    { what: 'in the middle of appends', segmentBytes: 64 * 1024 * 1024, kills: 24 },
    { what: 'while segments roll', segmentBytes: 32 * 1024, kills: 24 },
  ])('$what: nothing acknowledged is missing, nothing torn is served', async ({ segmentBytes, kills }) => {
    const dir = folder()
    const log = await open({ dir: path.join(dir, 'facts') })
    const followed: LogRecord[] = []
    let failure: LogError | null = null
    const follow = log.follow(0, 0, {
      batch: records => void followed.push(...records),
      failed: error => {
        failure = error
      },
    })
    const steady = await writer(dir, 'steady', segmentBytes, 2, 3)
    steady.send('go')
    // Two victims at a time, each killed at some moment after its first acknowledgements.
    const victims = ['one', 'two'].map(async name => {
      for (let kill = 0; kill < kills / 2; kill++) {
        const before = sizeOf(dir, name)
        const victim = await writer(dir, name, segmentBytes, 4, 6)
        victim.send('go')
        while (sizeOf(dir, name) === before) {
          expect(victim.exitCode, `${name} ended by itself`).toBeNull()
          await sleep(1)
        }
        await sleep((kill * 7) % 19)
        victim.kill('SIGKILL')
        await once(victim, 'exit')
      }
    })
    await Promise.all(victims)
    steady.send('stop')
    expect(await once(steady, 'exit')).toEqual([0, null])

    const { next } = await log.ends(0)
    await until(() => failure !== null || (followed.at(-1)?.position ?? -1) === next - 1)
    expect(failure).toBeNull()
    follow.cancel()
    const stored = await all(log)
    expect(followed).toEqual(stored)
    expect(stored.map(record => record.position)).toEqual(Array.from({ length: next }, (_, i) => i))
    expect(stored.filter(record => !isWhole(record.body))).toEqual([])
    let acknowledged = 0
    for (const name of ['steady', 'one', 'two']) {
      for (const [position, body] of acknowledgedBy(dir, name)) {
        if (stored[position]?.body !== body)
          throw new Error(`${position} was acknowledged to ${name}, but is not there`)
        acknowledged++
      }
    }
    expect(acknowledged).toBeGreaterThan(kills)
    expect(acknowledged).toBeLessThanOrEqual(stored.length)
    if (segmentBytes < 1024 * 1024) expect(listSegments(path.join(dir, 'facts')).length).toBeGreaterThan(3)
  })
})

describe('several processes at once', { timeout: 300_000 }, () => {
  test('each writer gets its share, and a follower elsewhere sees one order', async () => {
    const dir = folder()
    const log = await open({ dir: path.join(dir, 'facts') })
    const names = ['a', 'b', 'c']
    const writers = await Promise.all(names.map(name => writer(dir, name, 1024 * 1024, 1, 1)))
    let followed = 0
    log.follow(0, 0, { batch: records => void (followed += records.length), failed: () => {} })
    for (const child of writers) child.send('go')
    await until(() => followed >= 6000)
    for (const child of writers) child.send('stop')
    await Promise.all(writers.map(child => once(child, 'exit')))
    const shares = names.map(name => acknowledgedBy(dir, name).length)
    expect(Math.min(...shares)).toBeGreaterThan(Math.max(...shares) / 4)
    const positions = names.flatMap(name => acknowledgedBy(dir, name).map(([position]) => position))
    expect(new Set(positions).size).toBe(positions.length)
    expect((await log.ends(0)).next).toBe(positions.length)
  })

  test('the bell is lost again and again: nothing else is', { timeout: 60_000 }, async () => {
    const dir = folder()
    const log = await open({ dir, slowPollMs: 20 })
    const other = await open({ dir })
    let followed = 0
    other.follow(0, 0, { batch: records => void (followed += records.length), failed: () => {} })
    for (let i = 0; i < 300; i++) {
      if (i % 10 === 0) fs.rmSync(path.join(dir, 'bell'), { force: true })
      await log.append([{ partition: 0, body: `${i}` }])
    }
    fs.rmSync(path.join(dir, 'bell'), { force: true })
    await until(() => followed === 300)
  })

  test('while another process keeps the lock, an append waits; then it is refused with LOG_BUSY and nothing is written', async () => {
    const dir = folder()
    const log = await open({ dir, busyMsMax: 100 })
    await log.append([{ partition: 0, body: 'before' }])
    const keeper = new DatabaseSync(segmentFile(dir, 0))
    keeper.exec('begin immediate')
    const refused = log.append([{ partition: 0, body: 'refused' }])
    await expect(refused).rejects.toMatchObject({ code: 'LOG_BUSY' })
    keeper.exec('rollback')
    keeper.close()
    await log.append([{ partition: 0, body: 'after' }])
    expect((await all(log)).map(record => record.body)).toEqual(['before', 'after'])
  })
})

describe('bounds', () => {
  test('more outstanding records than allowed are refused with LOG_BUSY and never written', async () => {
    const log = await open({ dir: folder(), outstandingRecordsMax: 10 })
    const appends = Array.from({ length: 12 }, (_, i) => log.append([{ partition: 0, body: `${i}` }]))
    const outcomes = await Promise.allSettled(appends)
    expect(outcomes.map(outcome => outcome.status).filter(status => status === 'rejected')).toHaveLength(2)
    await expect(appends[11]).rejects.toMatchObject({ code: 'LOG_BUSY' })
    expect(await all(log)).toHaveLength(10)
    await log.append(Array.from({ length: 50 }, () => ({ partition: 0, body: 'alone it may be larger' })))
    expect(await all(log)).toHaveLength(60)
  })

  test('a group of commits and an answer are bounded; nothing is lost between them', async () => {
    const log = await open({
      dir: folder(),
      groupRecordsMax: 3,
      readRecordsMax: 7,
      followAheadMax: 1,
      openSegmentsMax: 1,
    })
    await Promise.all(Array.from({ length: 100 }, (_, i) => log.append([{ partition: 0, body: `${i}` }])))
    expect(await log.read(0, 0, 1000)).toHaveLength(7)
    expect((await all(log)).map(record => record.body)).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`))
  })
})

describe('a full disk', () => {
  test('is LOG_FULL and loses nothing before it; the ballast is room for last words; with room it goes on', async () => {
    const dir = folder()
    const full = { dir, pageCountMax: 200, ballastBytes: 64 * 4096 }
    const log = await open(full)
    const bodies: string[] = []
    const fill = async (): Promise<LogError> => {
      for (;;) {
        const body = `${bodies.length} ${'f'.repeat(2000)}`
        try {
          await log.append([{ partition: 0, body }])
        } catch (error) {
          return error as LogError
        }
        bodies.push(body)
      }
    }
    expect((await fill()).code).toBe('LOG_FULL')
    expect((await all(log)).map(record => record.body)).toEqual(bodies)
    expect(fs.existsSync(path.join(dir, 'ballast'))).toBe(false)

    await log.append([{ partition: 0, body: 'the disk is full' }])
    bodies.push('the disk is full')
    expect((await fill()).code).toBe('LOG_FULL')
    expect((await fill()).code).toBe('LOG_FULL')
    await log.close()

    const roomier = await open({ dir })
    await roomier.append([{ partition: 0, body: 'there is room' }])
    expect((await all(roomier)).map(record => record.body)).toEqual([...bodies, 'there is room'])
  })
})

describe('damage', () => {
  const bodyOf = (i: number): string => `body-${String(i).padStart(4, '0')} ${'d'.repeat(400)}`

  async function written(dir: string): Promise<void> {
    const log = await open({ dir })
    for (let i = 0; i < 500; i++) await log.append([{ partition: 0, body: bodyOf(i) }])
    await log.close()
  }

  async function readable(log: EventLog): Promise<{ before: LogRecord[]; error: LogError }> {
    const before: LogRecord[] = []
    for (;;) {
      try {
        const some = await log.read(0, before.length, 50)
        if (some.length === 0) throw new Error('the damage was not seen')
        before.push(...some)
      } catch (error) {
        return { before, error: error as LogError }
      }
    }
  }

  test.each([
    {
      what: 'a flipped bit of a body',
      damage: (page: Buffer, at: number) => void (page[at + 20]! ^= 1),
      exactly: true,
    },
    { what: 'a zeroed page', damage: (page: Buffer) => void page.fill(0), exactly: false },
  ])(
    '$what is LOG_CORRUPT at its position; everything before is readable and followed',
    async ({ damage, exactly }) => {
      const dir = folder()
      await written(dir)
      const file = segmentFile(dir, 0)
      const bytes = fs.readFileSync(file)
      const at = bytes.indexOf('body-0300')
      const start = at - (at % 4096)
      damage(bytes.subarray(start, start + 4096), at - start)
      fs.writeFileSync(file, bytes)

      const log = await open({ dir })
      const { before, error } = await readable(log)
      expect(error).toMatchObject({ code: 'LOG_CORRUPT', detail: { position: before.length } })
      if (exactly) expect(before.length).toBe(300)
      expect(before.length).toBeLessThanOrEqual(300)
      expect(before.length).toBeGreaterThan(280)
      expect(before.map(record => record.body)).toEqual(before.map((_, i) => bodyOf(i)))

      const followed: string[] = []
      const failed = await new Promise<LogError>(resolve =>
        log.follow(0, 0, {
          batch: records => void followed.push(...records.map(record => record.body)),
          failed: resolve,
        }),
      )
      expect(failed).toMatchObject({ code: 'LOG_CORRUPT', detail: { position: before.length } })
      expect(followed).toEqual(before.map(record => record.body))
    },
  )

  test('a flipped byte of the write-ahead log after a kill: what follows is gone, and nobody appends over it', async () => {
    const dir = folder()
    const child = fork(processFile('log-leaver.ts'), [dir, '200'])
    children.add(child)
    await once(child, 'exit')
    const wal = `${segmentFile(dir, 0)}-wal`
    const bytes = fs.readFileSync(wal)
    bytes[bytes.length >> 1]! ^= 1
    fs.writeFileSync(wal, bytes)
    // The index beside it was the dead process's; without it SQLite reads the damaged log anew.
    fs.rmSync(`${segmentFile(dir, 0)}-shm`)

    const log = await open({ dir })
    const left = await all(log)
    expect(left.length).toBeGreaterThan(0)
    expect(left.length).toBeLessThan(200)
    await expect(log.append([{ partition: 0, body: 'over it' }])).rejects.toMatchObject({
      code: 'LOG_CORRUPT',
      detail: { position: left.length },
    })
    expect(await all(log)).toEqual(left)
    await log.close()

    // The way on that the message names.
    fs.rmSync(path.join(dir, 'acknowledged'))
    const accepted = await open({ dir })
    expect(await accepted.append([{ partition: 0, body: 'accepted' }])).toEqual([left.length])
  })

  test('a segment of another log is LOG_CORRUPT', async () => {
    const [dir, other] = [folder(), folder()]
    for (const where of [dir, other]) {
      const log = await open({ dir: where, segmentBytesMax: 32 * 1024 })
      for (let i = 0; i < 300; i++) await log.append([{ partition: 0, body: bodyOf(i) }])
      await log.close()
    }
    const base = listSegments(dir)[1]!
    expect(listSegments(other)).toContain(base)
    fs.copyFileSync(segmentFile(other, base), segmentFile(dir, base))
    const { before, error } = await readable(await open({ dir }))
    expect(error).toMatchObject({ code: 'LOG_CORRUPT', detail: { position: base } })
    expect(before).toHaveLength(base)
  })
})

describe('segments', () => {
  const body = 's'.repeat(500)
  const small = { segmentBytesMax: 32 * 1024 }

  async function fill(log: EventLog, partitions: readonly number[]): Promise<number> {
    let last = 0
    for (let i = 0; i < 300; i++) {
      last = (await log.append(partitions.map(partition => ({ partition, body })))).at(-1)!
    }
    return last
  }

  test('one that a process left when it died before the seal is no part of the log, and is cleared by the next roll', async () => {
    const dir = folder()
    const log = await open({ dir })
    for (let i = 0; i < 40; i++) await log.append([{ partition: 0, body: `${i}` }])
    const { topicId } = await log.describe()
    await log.close()
    createSegment(dir, 40, { topic: 'facts', topicId, partitions: [0], trims: new Map() })

    const again = await open({ dir, ...small })
    const followed: number[] = []
    again.follow(0, 38, {
      batch: records => void followed.push(...records.map(record => record.position)),
      failed: () => {},
    })
    expect(await again.ends(0)).toEqual({ earliest: 0, next: 40 })
    expect(await again.append([{ partition: 0, body: '40' }])).toEqual([40])
    expect((await again.read(0, 40, 10)).map(record => record.body)).toEqual(['40'])
    const last = await fill(again, [0])
    expect(listSegments(dir)).not.toContain(40)
    expect((await all(again)).map(record => record.position)).toEqual(Array.from({ length: last + 1 }, (_, i) => i))
    await until(() => followed.at(-1) === last)
    expect(followed).toHaveLength(last + 1 - 38)
  })

  test('trim gives up whole segments, once no partition needs them', async () => {
    const log = await open({ dir: folder(), ...small })
    const last = await fill(log, [0, 1])
    await log.trim(0, last)
    expect((await log.ends(0)).earliest).toBe(0)
    await log.trim(1, last >> 1)
    const { earliest } = await log.ends(1)
    expect(earliest).toBeGreaterThan(0)
    expect(earliest).toBeLessThanOrEqual(last >> 1)
    await log.trim(1, last)
    expect((await log.ends(0)).earliest).toBeGreaterThan(earliest)
    expect((await log.ends(0)).next).toBe(last + 1)
    expect(await log.describe()).toMatchObject({ partitions: [0, 1] })
  })

  test('a follower that falls behind the retention is told where the log begins', async () => {
    const dir = folder()
    const log = await open({ dir, ...small })
    const { promise, resolve } = Promise.withResolvers<LogError>()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    log.follow(0, 0, { batch: () => released, failed: resolve })
    await log.append([{ partition: 0, body }])
    const last = await fill(log, [0])
    await fill(log, [0])
    await log.trim(0, last)
    release()
    const { earliest } = await log.ends(0)
    expect(await promise).toMatchObject({ code: 'LOG_GONE', detail: { earliest } })
  })

  test.each([
    { what: 'by count', retention: { keepSegments: 3 }, left: 3 },
    { what: 'by age', retention: { keepMs: -60_000 }, left: 2 },
    { what: 'nothing', retention: {}, left: Number.POSITIVE_INFINITY },
  ])('retention $what', async ({ retention, left }) => {
    const dir = folder()
    const log = await open({ dir, ...small })
    await fill(log, [0])
    await log.close()
    const made = listSegments(dir)
    expect(made.length).toBeGreaterThan(4)
    const again = await open({ dir, ...small, retention })
    expect(listSegments(dir)).toEqual(made.slice(-Math.min(left, made.length)))
    expect((await again.ends(0)).next).toBe(300)
  })
})

describe('opening', () => {
  test('for reading only changes nothing', async () => {
    const dir = folder()
    await expect(
      openEmbeddedLog({ dir: path.join(dir, 'none'), topic: 'facts', readOnly: true }),
    ).rejects.toMatchObject({
      code: 'LOG_FAILED',
    })
    expect(fs.readdirSync(dir)).toEqual([])
    const log = await open({ dir })
    await log.append([{ partition: 0, body: 'a' }])
    const reader = await open({ dir, readOnly: true })
    expect(await reader.read(0, 0, 10)).toHaveLength(1)
    await expect(reader.append([{ partition: 0, body: 'b' }])).rejects.toMatchObject({ code: 'LOG_FAILED' })
    await expect(reader.trim(0, 1)).rejects.toMatchObject({ code: 'LOG_FAILED' })
  })

  test('a folder of another topic or of something else is refused', async () => {
    const dir = folder()
    await open({ dir })
    await expect(openEmbeddedLog({ dir, topic: 'decisions' })).rejects.toMatchObject({ code: 'LOG_FAILED' })
    const strange = folder()
    fs.writeFileSync(segmentFile(strange, 0), 'this is no database, whatever its name may say. '.repeat(200))
    await expect(openEmbeddedLog({ dir: strange, topic: 'facts' })).rejects.toMatchObject({ code: 'LOG_CORRUPT' })
    const file = path.join(folder(), 'file')
    fs.writeFileSync(file, '')
    await expect(openEmbeddedLog({ dir: file, topic: 'facts' })).rejects.toMatchObject({ code: 'LOG_FAILED' })
  })
})

function folder(): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'log-'))
  folders.push(dir)
  return dir
}

async function open(options: Omit<EmbeddedLogOptions, 'topic'>): Promise<EventLog> {
  const log = await openEmbeddedLog({ topic: 'facts', ...options })
  opened.push(log)
  return log
}

const processFile = (name: string): string => path.join(import.meta.dirname, 'processes', name)

async function writer(dir: string, name: string, segmentBytes: number, outstanding: number, batchMax: number) {
  const child = fork(processFile('log-writer.ts'), [dir, name, `${segmentBytes}`, `${outstanding}`, `${batchMax}`])
  children.add(child)
  child.once('exit', () => children.delete(child))
  const [message] = await once(child, 'message')
  expect(message).toBe('ready')
  return child
}

const acknowledgedFile = (dir: string, name: string): string => path.join(dir, `acknowledged-by-${name}`)

const sizeOf = (dir: string, name: string): number =>
  fs.statSync(acknowledgedFile(dir, name), { throwIfNoEntry: false })?.size ?? 0

function acknowledgedBy(dir: string, name: string): [number, string][] {
  const text = fs.readFileSync(acknowledgedFile(dir, name), 'utf8')
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => [Number(line.slice(0, line.indexOf(' '))), line.slice(line.indexOf(' ') + 1)])
}

function isWhole(body: string): boolean {
  const at = body.lastIndexOf(':')
  return `${crc32(body.slice(0, at))}` === body.slice(at + 1)
}

async function all(log: EventLog): Promise<LogRecord[]> {
  const found: LogRecord[] = []
  for (let from = (await log.ends(0)).earliest; ; from = found.at(-1)!.position + 1) {
    const some = await log.read(0, from, 1000)
    if (some.length === 0) return found
    found.push(...some)
  }
}

/** Until the test's own time is over. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2)
}
