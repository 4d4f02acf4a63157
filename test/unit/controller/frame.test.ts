import { describe, expect, test } from 'vitest'
import { recordAt } from '../../../actors/kit/keyed.ts'
import { assetsOf, BAD, Bench, batteryPoints, conditionOf, good, START_MS } from './household.ts'

describe('which frames control', () => {
  const ROWS: readonly [what: string, epoch: number, cycle: number, controls: boolean][] = [
    ['the next cycle', 2, 11, true],
    ['a later cycle: gaps are allowed', 2, 50, true],
    ['a repeat', 2, 10, false],
    ['an older cycle', 2, 9, false],
    ['a higher cycle of an earlier life of the gateway', 1, 900, false],
    ['the first cycle of its next life', 3, 1, true],
  ]
  test.each(ROWS)('%s', (_, epoch, cycle, controls) => {
    const bench = new Bench().time(START_MS).frame({}, { epoch: 2, cycle: 10 })
    const before = bench.state
    bench.frame({}, { epoch, cycle })
    expect(bench.last.actions !== null).toBe(controls)
    if (!controls) expect({ ...bench.state, position: 0 }).toEqual({ ...before, position: 0 })
  })
})

test('only a frame yields actions', () => {
  const bench = Bench.running()
  for (const other of [bench.time(START_MS + 9_000), bench.command('site', 'observe'), bench.receipt()])
    expect(other.last.actions).toBeNull()
})

test('a battery does not discharge into a peak before it runs, and does once it does', () => {
  const peak = { grid: { ...assetsOf().grid!, points: { ...assetsOf().grid!.points, power: good(3_000, 'W') } } }
  const idle = Bench.started().frame(peak).last.actions!
  expect(idle.assets.bat1!.setpoints.power).toMatchObject({ value: 0, min: 0, max: 0 })
  const { bat1, bat2 } = Bench.running().frame(peak).last.actions!.assets
  expect(bat1!.setpoints.power!.value + bat2!.setpoints.power!.value).toBe(2_000) // S31: 3 kW seen, 1 kW may be
  expect(bat1!.setpoints.power!.why).toBe('peakShaving: above peak')
})

describe('S24: what is not measured does not pass for fresh', () => {
  test('a bad point is lost to its asset', () => {
    const bench = Bench.running().frame({ bat1: { points: batteryPoints({ soc: BAD }) } })
    expect([bench.where('bat1'), conditionOf(bench.state, 'bat1.signalsLost')]).toEqual([
      'faulted',
      'activeUnacknowledged',
    ])
  })
  test('a stale point is lost to its asset', () => {
    const old = { ...good(220, '°C'), ageMs: 10_001 }
    expect(
      Bench.running()
        .frame({ bat1: { points: batteryPoints({ temperature: old }) } })
        .where('bat1'),
    ).toBe('faulted')
  })
  test('an asset that the frame no longer carries is lost, and the others go on', () => {
    const { bat1: _, ...others } = assetsOf()
    const bench = Bench.running().frame({}, { assets: others })
    expect(bench.where('bat1')).toBe('faulted')
    expect(bench.where('bat2')).toContain('operating.running')
  })
  test('an asset that was never measured waits', () => {
    const { bat1: _, ...others } = assetsOf()
    expect(new Bench().time(START_MS).frame({}, { assets: others }).where('bat1')).toBe('operating.disconnected')
  })
  test('an asset that the manifest does not know changes nothing', () => {
    const stranger = { ...assetsOf(), stranger: assetsOf().bat1! }
    expect(Bench.running().frame({}, { assets: stranger }).state.frames.stranger).toBeUndefined()
  })
})

describe('modes', () => {
  const peak = { grid: { ...assetsOf().grid!, points: { ...assetsOf().grid!.points, power: good(3_000, 'W') } } }
  test('automatic follows the strategies; safe goes to the safe values; both say so', () => {
    const bench = Bench.running().frame(peak)
    expect(bench.command('site', 'safe').frame(peak).last.actions).toMatchObject({
      mode: 'safe',
      assets: { bat1: { setpoints: { power: { value: 0, why: 'safe mode' } } } },
    })
  })
  test('safe is an alarm, and returns as it is left', () => {
    const bench = Bench.running().command('site', 'safe')
    expect(recordAt(bench.state.alarms, 'site.safeMode')!.text).toBe('The site is held at its safe values')
    expect(conditionOf(bench.state, 'site.safeMode')).toBe('activeUnacknowledged')
    expect(conditionOf(bench.command('site', 'automatic').state, 'site.safeMode')).toBe('returnedUnacknowledged')
  })
  test('observe decides as automatic does', () => {
    const automatic = Bench.running().frame(peak).last.actions!
    const observe = Bench.running('observe').frame(peak).last.actions!
    expect(observe).toMatchObject({ mode: 'observe', assets: automatic.assets })
  })
  test('manual keeps what was last applied, without the local part, never what was proposed', () => {
    const running = {
      points: batteryPoints({ linkVoltage: good(369_000, 'V') }),
      applied: { power: 700 },
      local: { power: 200 },
    }
    const bench = Bench.running('observe').frame({ ...peak, bat1: running })
    const { bat1 } = bench.command('site', 'manual').frame(peak).last.actions!.assets
    expect(bat1!.setpoints.power!.value).toBe(500)
  })
  test('a mode is asked for once', () => {
    expect(Bench.started('automatic').command('site', 'automatic').record).toMatchObject({
      state: 'rejected',
      reason: 'NOT_NOW: the site is automatic already',
    })
  })
})
