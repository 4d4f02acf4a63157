import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { balancing } from '../../../actors/laws/balancing.ts'
import { exportLimit } from '../../../actors/laws/export-limit.ts'
import { peakShaving } from '../../../actors/laws/peak-shaving.ts'

const watts = fc.integer({ min: -1e6, max: 1e6 })
const gain = fc.integer({ min: 1, max: 1000 })

describe('laws 3 and 4', () => {
  test('a gain goes towards the target and never past it', () => {
    fc.assert(
      fc.property(watts, watts, watts, gain, (gridW, storageW, targetW, gainPermille) => {
        const exact = storageW + gridW - targetW
        const { totalW } = balancing({ gridW, storageW, targetW, deadbandW: 0, gainPermille })
        expect(totalW).toBeGreaterThanOrEqual(Math.min(storageW, exact))
        expect(totalW).toBeLessThanOrEqual(Math.max(storageW, exact))
      }),
    )
  })
  test('more import never asks for less', () => {
    fc.assert(
      fc.property(watts, watts, fc.nat(1e6), gain, (gridW, storageW, more, gainPermille) => {
        const peak = (g: number) => peakShaving({ gridW: g, storageW, peakW: 5000, rechargeW: 0, gainPermille }).totalW
        const own = (g: number) => balancing({ gridW: g, storageW, targetW: 0, deadbandW: 50, gainPermille }).totalW
        expect(peak(gridW + more)).toBeGreaterThanOrEqual(peak(gridW))
        expect(own(gridW + more)).toBeGreaterThanOrEqual(own(gridW))
      }),
    )
  })
  test('undamped, peak shaving leaves the grid between recharge level and peak', () => {
    fc.assert(
      fc.property(watts, watts, (gridW, storageW) => {
        const { totalW } = peakShaving({ gridW, storageW, peakW: 5000, rechargeW: -1000 })
        const afterW = gridW + storageW - totalW
        expect(afterW).toBeGreaterThanOrEqual(-1000)
        expect(afterW).toBeLessThanOrEqual(5000)
      }),
    )
  })
})

describe('law 14, export limit', () => {
  test.each([
    ['room is left', -1_000, 3_000, 7_000, 'exportLimit'],
    ['at the limit', -5_000, 3_000, 3_000, 'exportLimit'],
    ['beyond it', -8_000, 8_000, 5_000, 'exportLimit'],
    ['batteries alone export more: PV off', -9_000, 1_000, 0, 'exportLimit'],
    ['no meter', null, 8_000, 100, 'meterLost'],
    ['no PV power', -1_000, null, 100, 'meterLost'],
    ['no number', Number.NaN, 8_000, 100, 'meterLost'],
  ])('%s', (_, gridW, pvW, pvMaxW, why) =>
    expect(exportLimit({ gridW, pvW, limitW: 5_000, blindW: 100 })).toEqual({ pvMaxW, why }),
  )
  test('a gain holds back the way up and never the way down', () => {
    const at = (gridW: number) => exportLimit({ gridW, pvW: 8_000, limitW: 5_000, blindW: 0, gainPermille: 300 }).pvMaxW
    expect([at(-8_000), at(-5_000), at(-4_000)]).toEqual([5_000, 8_000, 8_300])
  })
  test('PV at its maximum exports the limit at most, and no lost measurement frees it (S24)', () => {
    fc.assert(
      fc.property(watts, fc.nat(1e6), gain, (gridW, pvW, gainPermille) => {
        const p = { limitW: 5_000, blindW: 0, gainPermille }
        const { pvMaxW } = exportLimit({ ...p, gridW, pvW })
        const afterW = gridW + pvW - pvMaxW
        expect(pvMaxW === 0 || afterW >= -5_000).toBe(true)
        expect(exportLimit({ ...p, gridW: null, pvW }).pvMaxW).toBe(0)
      }),
    )
  })
})
