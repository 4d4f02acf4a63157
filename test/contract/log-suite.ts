import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type EventLog, LogError, type LogRecord } from '../../protocol/log/event-log.ts'
import { BODY_CHARS_MAX, FOLLOW_BATCH_RECORDS_MAX } from '../../protocol/log/limits.ts'

/** What every driver does. A driver joins by a row. */
export interface Driver {
  readonly name: string
  /** A folder of its own names the log: what is opened with the same one is the same log. */
  readonly open: (dir: string) => Promise<EventLog>
  /** Trims this finely: the rest of a segment stays. */
  readonly trims: 'records' | 'segments' | 'nothing of so few records'
}

const opened: EventLog[] = []
const folders: string[] = []

function folder(): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'log-'))
  folders.push(dir)
  return dir
}

async function openIn(driver: Driver, dir: string): Promise<EventLog> {
  const log = await driver.open(path.join(dir, 'facts'))
  opened.push(log)
  return log
}

afterEach(async () => {
  for (const log of opened.splice(0)) await log.close()
  for (const dir of folders.splice(0)) fs.rmSync(dir, { recursive: true, force: true })
})

/** Of a log, however long it lives. */
export const logSuite = (drivers: readonly Driver[]) =>
  describe.each(drivers)('$name log', driver => {
    const start = (): Promise<EventLog> => openIn(driver, folder())

    test('a new log is empty', async () => {
      const log = await start()
      expect(await log.read(0, 0, 10)).toEqual([])
      expect(await log.ends(0)).toEqual({ earliest: 0, next: 0 })
      expect((await log.describe()).partitions).toEqual([])
    })

    test('an append resolves to the positions of the batch, strictly increasing', async () => {
      const log = await start()
      const first = await log.append(records(0, 'a', 'b', 'c'))
      const second = await log.append(records(0, 'd'))
      const positions = [...first, ...second]
      expect(positions).toHaveLength(4)
      assertRising(positions)
      const read = await log.read(0, 0, 10)
      expect(read.map(record => record.body)).toEqual(['a', 'b', 'c', 'd'])
      expect(read.map(record => record.position)).toEqual(positions)
    })

    test('an empty batch resolves to no positions', async () => {
      const log = await start()
      expect(await log.append([])).toEqual([])
      expect(await log.ends(0)).toEqual({ earliest: 0, next: 0 })
    })

    test('each partition has its own records, in one order', async () => {
      const log = await start()
      const positions = await log.append([
        { partition: 7, body: 'a' },
        { partition: 0, body: 'b' },
        { partition: 7, body: 'c' },
      ])
      expect(await bodies(log, 7)).toEqual(['a', 'c'])
      expect(await bodies(log, 0)).toEqual(['b'])
      expect((await log.read(7, 0, 9)).map(record => record.position)).toEqual([positions[0], positions[2]])
      expect((await log.describe()).partitions).toEqual([0, 7])
    })

    test('a read starts at or above its position and gives at most what it was asked for', async () => {
      const log = await start()
      const positions = await log.append(records(0, ...numbered(100)))
      expect((await log.read(0, positions[40]!, 7)).map(record => record.position)).toEqual(positions.slice(40, 47))
      expect((await log.read(0, positions[40]! + 1, 1)).map(record => record.position)).toEqual([positions[41]])
      const { next } = await log.ends(0)
      expect(next).toBeGreaterThan(positions.at(-1)!)
      expect(await log.read(0, next, 7)).toEqual([])
      expect(await log.read(0, next + 1000, 7)).toEqual([])
      const [later] = await log.append(records(0, 'later'))
      expect((await log.read(0, next, 7)).map(record => record.position)).toEqual([later])
    })

    test('reading on from the last position gives everything once', async () => {
      const log = await start()
      for (let i = 0; i < 20; i++) {
        await log.append([...records(0, ...numbered(37, `${i}-`)), ...records(1, ...numbered(11, `other ${i}-`))])
      }
      const expected = Array.from({ length: 20 }, (_, i) => numbered(37, `${i}-`)).flat()
      expect(await bodies(log, 0)).toEqual(expected)
      expect(await bodies(log, 1)).toHaveLength(20 * 11)
    })

    test('bodies come back as they went in', async () => {
      const log = await start()
      const odd = ['', 'é ü 漢字 🙂', 'a\u0000b', '"\\\n\r\t', '\u2028\ufeff', 'x'.repeat(1024 * 1024)]
      await log.append(records(3, ...odd))
      expect(await bodies(log, 3)).toEqual(odd)
    })

    test('a record that no log may hold is a mistake of the caller, and nothing of the batch is there', async () => {
      const log = await start()
      const bad = [
        { partition: -1, body: '' },
        { partition: 0.5, body: '' },
        { partition: 2 ** 31, body: '' },
        { partition: 0, body: '\ud800' },
        { partition: 0, body: 'x'.repeat(BODY_CHARS_MAX + 1) },
        { partition: 0, body: 5 as unknown as string },
      ]
      for (const record of bad) {
        await expect(log.append([{ partition: 0, body: 'good' }, record])).rejects.toThrow(RangeError)
      }
      expect(await bodies(log, 0)).toEqual([])
      await expect(log.read(0, -1, 1)).rejects.toThrow(RangeError)
      await expect(log.read(0, 0, 0)).rejects.toThrow(RangeError)
      expect(() => log.follow(0, 0.5, { batch() {}, failed() {} })).toThrow(RangeError)
    })

    test('records cannot be changed', async () => {
      const log = await start()
      await log.append(records(0, 'a'))
      const [record] = await log.read(0, 0, 1)
      expect(Object.isFrozen(record)).toBe(true)
    })

    test('concurrent appenders get positions of their own, in their own order', async () => {
      const log = await start()
      const positionsOf = await Promise.all(
        [0, 1, 2, 3].map(async appender => {
          const positions: number[] = []
          for (let i = 0; i < 50; i++) positions.push(...(await log.append(records(0, `${appender}:${i}`))))
          return positions
        }),
      )
      for (const positions of positionsOf) assertRising(positions)
      expect(new Set(positionsOf.flat()).size).toBe(200)
      const read = await all(log, 0)
      assertRising(read.map(record => record.position))
      for (const appender of [0, 1, 2, 3]) {
        const own = read.filter(record => record.body.startsWith(`${appender}:`))
        expect(own.map(record => record.body)).toEqual(numbered(50, `${appender}:`))
        expect(own.map(record => record.position)).toEqual(positionsOf[appender])
      }
    })

    test('appends that are called in one turn are in the order of the calls', async () => {
      const log = await start()
      await Promise.all(numbered(300).map(body => log.append(records(0, body))))
      expect(await bodies(log, 0)).toEqual(numbered(300))
    })

    test('a follower from the beginning, one from the middle and one from the end get each record once, in order', async () => {
      const log = await start()
      const before = await log.append(records(0, ...numbered(600)))
      const { next } = await log.ends(0)
      const beginning = follower(log, 0, 0)
      const middle = follower(log, 0, before[300]!)
      const end = follower(log, 0, next)
      for (let i = 600; i < 1200; i += 3) {
        await log.append([...records(1, 'foreign'), ...records(0, `${i}`, `${i + 1}`, `${i + 2}`)])
      }
      expect(await beginning.until(1200)).toEqual(numbered(1200))
      expect(await middle.until(900)).toEqual(numbered(1200).slice(300))
      expect(await end.until(600)).toEqual(numbered(1200).slice(600))
      assertRising(beginning.records.map(record => record.position))
      for (const one of [beginning, middle, end]) one.follow.cancel()
    })

    test('a batch is bounded, and the next waits until it was taken', async () => {
      const log = await start()
      let open = 0
      let seen = 0
      const sizes: number[] = []
      const { promise, resolve } = Promise.withResolvers<void>()
      await log.append(records(0, ...numbered(1000)))
      const follow = log.follow(0, 0, {
        async batch(batch) {
          expect(++open).toBe(1)
          sizes.push(batch.length)
          await new Promise(done => setImmediate(done))
          open--
          seen += batch.length
          if (seen === 1000) resolve()
        },
        failed(error) {
          throw error
        },
      })
      await promise
      expect(Math.max(...sizes)).toBeLessThanOrEqual(FOLLOW_BATCH_RECORDS_MAX)
      follow.cancel()
    })

    test('after cancel returns nothing is delivered, also from within a batch', async () => {
      const log = await start()
      let batches = 0
      const within = log.follow(0, 0, {
        batch() {
          batches++
          within.cancel()
        },
        failed() {},
      })
      let never = 0
      log
        .follow(0, 0, {
          batch() {
            never++
          },
          failed() {},
        })
        .cancel()
      const other = follower(log, 0, 0)
      for (let i = 0; i < 10; i++) await log.append(records(0, `${i}`))
      await other.until(10)
      expect(batches).toBe(1)
      expect(never).toBe(0)
      other.follow.cancel()
    })

    test.each(['throws', 'rejects'])('a batch that %s ends its own follow only', async how => {
      const log = await start()
      const { promise, resolve } = Promise.withResolvers<LogError>()
      let calls = 0
      log.follow(0, 0, {
        batch() {
          calls++
          if (how === 'throws') throw new Error('cannot apply this')
          return Promise.reject(new Error('cannot apply this'))
        },
        failed: resolve,
      })
      const other = follower(log, 0, 0)
      await log.append(records(0, 'a'))
      const error = await promise
      expect(error.code).toBe('LOG_FAILED')
      expect(error.message).toContain('cannot apply this')
      await log.append(records(0, 'b'))
      await other.until(2)
      expect(calls).toBe(1)
      other.follow.cancel()
    })

    test('below the trimmed beginning there is LOG_GONE with the earliest position; nothing above is given up', async () => {
      const log = await start()
      const positions: number[] = []
      for (let i = 0; i < 40; i++) positions.push(...(await log.append(records(0, ...numbered(20, 'x'.repeat(500))))))
      const kept = positions[500]!
      await log.trim(0, kept)
      const { earliest } = await log.ends(0)
      expect(earliest).toBeLessThanOrEqual(kept)
      if (driver.trims === 'records') expect(earliest).toBe(kept)
      if (driver.trims === 'segments') expect(earliest).toBeGreaterThan(0)
      expect((await log.read(0, kept, 1000)).map(record => record.position)[0]).toBe(kept)
      expect(await log.read(0, earliest, 1)).toHaveLength(1)
      if (earliest > 0) {
        const gone = { code: 'LOG_GONE', detail: { earliest } }
        await expect(log.read(0, earliest - 1, 1)).rejects.toMatchObject(gone)
        const { promise, resolve, reject } = Promise.withResolvers<LogError>()
        log.follow(0, 0, { batch: () => reject(new Error('a batch of what is gone')), failed: resolve })
        expect(await promise).toMatchObject(gone)
      }
      const { next } = await log.ends(0)
      const [after] = await log.append(records(0, 'after'))
      expect(after).toBeGreaterThanOrEqual(next)
    })

    test('after close: appends that were called are done, everything else is LOG_CLOSED, followers are silent', async () => {
      const log = await start()
      let deliveries = 0
      await log.append(records(0, 'before'))
      const before = follower(log, 0, 0)
      await before.until(1)
      log.follow(0, 1_000_000, {
        batch() {
          deliveries++
        },
        failed() {
          deliveries++
        },
      })
      const called = [log.append(records(0, 'a')), log.append(records(0, 'b'))]
      await Promise.all([log.close(), log.close()])
      expect((await Promise.all(called)).flat()).toHaveLength(2)
      const closed = { code: 'LOG_CLOSED' }
      await expect(log.append(records(0, 'c'))).rejects.toMatchObject(closed)
      await expect(log.append([])).rejects.toMatchObject(closed)
      await expect(log.read(0, 0, 1)).rejects.toMatchObject(closed)
      await expect(log.ends(0)).rejects.toMatchObject(closed)
      await expect(log.trim(0, 0)).rejects.toMatchObject(closed)
      await expect(log.describe()).rejects.toMatchObject(closed)
      const error = await new Promise<LogError>(failed => log.follow(0, 0, { batch() {}, failed }))
      expect(error).toBeInstanceOf(LogError)
      expect(error.code).toBe('LOG_CLOSED')
      expect(deliveries).toBe(0)
    })
  })

/** Of a log that outlives its process. */
export const durableLogSuite = (drivers: readonly Driver[]) =>
  describe.each(drivers)('$name log, opened again', driver => {
    test('a log that is opened again has the same id, records and next position', async () => {
      const dir = folder()
      const first = await openIn(driver, dir)
      const positions = await first.append([...records(0, ...numbered(400, 'x'.repeat(300))), ...records(5, 'five')])
      const described = await first.describe()
      const ends = await first.ends(0)
      await first.close()

      const again = await openIn(driver, dir)
      expect(await again.describe()).toEqual(described)
      expect(await again.ends(0)).toEqual(ends)
      const [next] = await again.append(records(0, 'next'))
      expect(next).toBeGreaterThan(positions.at(-1)!)
      expect((await all(again, 0)).map(record => record.position)).toEqual([...positions.slice(0, 400), next])
    })

    test('a log that is made anew has another id', async () => {
      const [one, other] = [await openIn(driver, folder()), await openIn(driver, folder())]
      expect((await one.describe()).topicId).not.toBe((await other.describe()).topicId)
    })

    test('two opened logs of one folder are one log', async () => {
      const dir = folder()
      const [one, other] = await Promise.all([openIn(driver, dir), openIn(driver, dir)])
      expect((await one.describe()).topicId).toBe((await other.describe()).topicId)
      const following = follower(other, 0, 0)
      await Promise.all(numbered(200).map(body => (Number(body) % 2 ? one : other).append(records(0, body))))
      const seen = await following.until(200)
      expect(new Set(seen).size).toBe(200)
      assertRising(following.records.map(record => record.position))
      following.follow.cancel()
    })
  })

const records = (partition: number, ...texts: string[]) => texts.map(body => ({ partition, body }))

const numbered = (count: number, prefix = ''): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

async function all(log: EventLog, partition: number): Promise<LogRecord[]> {
  const found: LogRecord[] = []
  for (let from = (await log.ends(partition)).earliest; ; from = found.at(-1)!.position + 1) {
    const some = await log.read(partition, from, 100)
    if (some.length === 0) return found
    found.push(...some)
  }
}

const bodies = async (log: EventLog, partition: number) => (await all(log, partition)).map(record => record.body)

function assertRising(positions: readonly number[]): void {
  for (let i = 1; i < positions.length; i++) expect(positions[i]).toBeGreaterThan(positions[i - 1]!)
}

function follower(log: EventLog, partition: number, from: number) {
  const found: LogRecord[] = []
  let wanted = Number.POSITIVE_INFINITY
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const check = (): void => {
    if (found.length >= wanted) resolve()
  }
  const follow = log.follow(partition, from, {
    batch(batch) {
      found.push(...batch)
      check()
    },
    failed: reject,
  })
  const until = async (count: number): Promise<string[]> => {
    wanted = count
    check()
    await promise
    return found.map(record => record.body)
  }
  return { follow, records: found, until }
}
