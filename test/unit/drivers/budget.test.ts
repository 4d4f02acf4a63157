import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BudgetCounts, NO_WRITES, spend, WriteBudgets } from '../../../edge/drivers/budget.ts'
import { MemoryDisk } from '../edge/world.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('write budget (S30)', () => {
  it('is never exceeded in any 24 hours, whatever the times of the attempts', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 5 * HOUR }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(waits, fc.integer({ min: 1, max: 10 }), (list, perDay) => {
        let counts: BudgetCounts = NO_WRITES
        let nowMs = 1_800_000_000_000
        const writes: number[] = []
        for (const wait of list) {
          nowMs += wait
          const next = spend(counts, 'r', perDay, nowMs)
          if (!next) continue
          counts = next
          writes.push(nowMs)
        }
        for (const from of writes)
          expect(writes.filter(w => w >= from && w < from + DAY).length).toBeLessThanOrEqual(perDay)
        expect(Object.keys(counts.spent.r ?? {}).length).toBeLessThanOrEqual(25)
      }),
    )
  })

  it('gives writes back after a day and an hour at most', () => {
    const spent = spend(NO_WRITES, 'r', 1, 0)!
    expect(spend(spent, 'r', 1, DAY)).toBeUndefined()
    expect(spend(spent, 'r', 1, DAY + HOUR)).toBeDefined()
  })

  it('gives nothing back when the clock is set back, and nothing to another register', () => {
    const spent = spend(NO_WRITES, 'r', 1, 10 * DAY)!
    expect(spend(spent, 'r', 1, 0)).toBeUndefined()
    expect(spend(spent, 'other', 1, 0)).toBeDefined()
  })
})

describe('the journal of write budgets (S30)', () => {
  const never = (error: unknown) => {
    throw error
  }
  const opened = (disk: MemoryDisk, compactEvery?: number) => WriteBudgets.open(disk, never, compactEvery)

  it('forgets no write over a restart, of any driver', async () => {
    const disk = new MemoryDisk()
    const before = await opened(disk)
    // two drivers at once: none of them takes the other's count back
    await Promise.all(['a.power', 'b.power', 'a.power'].map(register => before.spend(register, 2, 0)))
    const after = await opened(disk.crash())
    expect(await after.spend('a.power', 2, 0)).toBe(false)
    expect(await after.spend('b.power', 2, 0)).toBe(true)
    expect(await after.spend('b.power', 2, 0)).toBe(false)
  })

  it('counts nothing that was not durable, and everything before a torn tail', async () => {
    const disk = new MemoryDisk()
    const before = await opened(disk)
    await before.spend('a.power', 2, 0)
    disk.slow = new Promise(() => {})
    let promised = false
    void before.spend('a.power', 2, 0).then(() => {
      promised = true
    })
    await new Promise(resolve => setImmediate(resolve))
    expect(promised).toBe(false)
    disk.slow = null
    const after = await opened(disk.crash(11)) // half of a record reached the disk
    expect(await after.spend('a.power', 2, 0)).toBe(true)
    expect(await after.spend('a.power', 2, 0)).toBe(false)
  })

  it('is compacted to the hours that still count, and loses none of them', async () => {
    const disk = new MemoryDisk()
    const before = await opened(disk, 8)
    for (let hour = 0; hour < 40; hour++) await before.spend(hour < 20 ? 'a.power' : 'b.power', 100, hour * HOUR)
    expect(disk.replaced.get('budgets')).toBeGreaterThan(1)
    const after = await opened(disk.crash())
    const lastMs = 39 * HOUR
    // of the last 25 hours, 5 writes were of a and 20 of b
    expect(await after.spend('a.power', 5, lastMs)).toBe(false)
    expect(await after.spend('a.power', 6, lastMs)).toBe(true)
    expect(await after.spend('b.power', 20, lastMs)).toBe(false)
    expect(await after.spend('b.power', 21, lastMs)).toBe(true)
  })

  it('fails its owner when the disk fails: what was counted is in doubt', async () => {
    const disk = new MemoryDisk()
    const failed: unknown[] = []
    const budgets = await WriteBudgets.open(disk, error => void failed.push(error))
    disk.broken = true
    await expect(budgets.spend('a.power', 2, 0)).rejects.toThrow('EIO')
    expect(failed).toEqual([new Error('EIO')])
  })
})
