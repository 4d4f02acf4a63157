import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quantised, type Situation, targets } from '../../../edge/target.ts'
import {
  action,
  actionsOf,
  exportLaw,
  fcrLaw,
  grid,
  held,
  NOW_MS,
  situation,
  targetOf,
  withEnvelope,
} from './situation.ts'

/** bat1 alone: what was asked of it, and what came out. */
function bat1(asked: Parameters<typeof action>, change: Partial<Situation> = {}, laws: Situation['laws'] = []) {
  const s = situation({ actions: actionsOf({ bat1: action(...asked) }, laws), laws, ...change })
  const { value, boundBy, local } = targetOf(targets(s).targets, 'bat1')
  return [value, boundBy, local]
}
const applied = (value: number, local = 0, agoMs = 1_000) => ({ 'bat1.power': held(value, local, agoMs) })
const soc = (x: number | undefined) => ({ values: { grid, bat1: { soc: x, power: 0 } } })

describe('a setpoint passes its bounds in order, and the last that binds is named', () => {
  test.each([
    ['as decided', [1_500], {}, [1_500, undefined, 0]],
    ['voted bounds', [2_500, { max: 2_000 }], {}, [2_000, 'votedBounds', 0]],
    ['the voted bound by its name', [2_500, { max: 2_000, boundBy: 'derated' }], {}, [2_000, 'derated', 0]],
    [
      'the ramp from what was applied',
      [3_000],
      { assets: withEnvelope({ rise: 100 }), applied: applied(500) },
      [600, 'ramp', 0],
    ],
    ['the slower of two ramps', [3_000, { rise: 50 }], { assets: withEnvelope({ rise: 100 }) }, [50, 'ramp', 0]],
    [
      'at most two cycles of ramp after a stall',
      [3_000],
      { assets: withEnvelope({ rise: 100 }), applied: applied(0, 0, 60_000), evaluatedMs: NOW_MS - 50_000 },
      [200, 'ramp', 0],
    ],
    [
      'one cycle of ramp for a value that stood for long',
      [3_000],
      { assets: withEnvelope({ rise: 100 }), applied: applied(0, 0, 60_000) },
      [100, 'ramp', 0],
    ],
    ['the envelope, against votes', [9_000, { max: 9_000 }], {}, [3_000, 'envelope', 0]],
    [
      'the envelope, against a register beyond it',
      [3_000],
      { assets: withEnvelope({ max: 2_000, fall: 1 }), applied: applied(655_350) },
      [2_000, 'envelope', 0],
    ],
    [
      'a register that holds nobody’s setpoint: the ramp begins where the device is',
      [3_000],
      {
        assets: withEnvelope({ rise: 100 }),
        applied: applied(655_350),
        fresh: { grid, bat1: { soc: 500, power: 300 } },
      },
      [400, 'ramp', 0],
    ],
    ['empty', [1_500], soc(100), [0, 'soc', 0]],
    ['empty may charge', [-1_500], soc(100), [-1_500, undefined, 0]],
    ['full', [-1_500], soc(900), [0, 'soc', 0]],
    ['a lost state of charge', [1_500], soc(undefined), [0, 'socLost', 0]],
    [
      'a lost state of charge goes to zero by the ramp',
      [1_500],
      { ...soc(undefined), assets: withEnvelope({ fall: 100 }), applied: applied(1_500) },
      [1_400, 'ramp', 0],
    ],
    ['the register', [1_509], {}, [1_500, 'registerStep', 0]],
    ['a single replica: half of it', [3_000], { envelopePermille: 500 }, [1_500, 'envelope', 0]],
    [
      'a single replica: by the ramp',
      [3_000],
      { envelopePermille: 500, assets: withEnvelope({ fall: 100 }), applied: applied(3_000) },
      [2_900, 'ramp', 0],
    ],
    [
      'an absent verdict is no zero: the fallback',
      [3_000],
      { govern: { bat1: 'local' as const }, actions: null },
      [0, undefined, 0],
    ],
  ] as const)('%s', (_, asked, change, out) =>
    expect(bat1(asked as unknown as Parameters<typeof action>, change as Partial<Situation>)).toEqual(out),
  )
  test('a register that was never read is not written', () => {
    expect(targets(situation({ applied: {} })).targets).toEqual([])
  })
  test('who is not governed has no target', () => {
    expect(targets(situation({ govern: { bat1: 'none' } })).targets).toEqual([])
  })

  test('whatever is decided and measured, it stays in the envelope and within its ramp (S5, S29)', () => {
    const story = fc.record({
      decided: fc.integer({ min: -9_000, max: 9_000 }),
      soc: fc.option(fc.integer({ min: 150, max: 850 }), { nil: undefined }),
      share: fc.constantFrom(1_000, 500, 0),
      gridW: fc.option(fc.integer({ min: -20_000, max: 20_000 }), { nil: undefined }),
      govern: fc.constantFrom('verdict' as const, 'local' as const),
    })
    const rates = fc.integer({ min: 20, max: 900 })
    fc.assert(
      fc.property(fc.array(story, { maxLength: 12 }), rates, rates, (cycles, rise, fall) => {
        let from = 0
        for (const c of cycles) {
          const [value] = bat1([c.decided, { min: -9_000, max: 9_000 }], {
            assets: withEnvelope({ rise, fall, min: -2_005, max: 2_005 }),
            applied: applied(from),
            govern: { bat1: c.govern },
            envelopePermille: c.share,
            values: { grid: { power: c.gridW }, bat1: { soc: c.soc, power: from } },
          }) as [number]
          expect(Math.abs(value)).toBeLessThanOrEqual(2_000)
          expect(value % 10 || 0).toBe(0)
          expect(value - from).toBeLessThanOrEqual(rise)
          expect(from - value).toBeLessThanOrEqual(fall)
          from = value
        }
      }),
    )
  })
})

describe('quantising stays inside', () => {
  test.each([
    ['towards zero', 1_509, -3_000, 3_000, 0, 1_500],
    ['towards zero, charging', -1_509, -3_000, 3_000, 0, -1_500],
    ['away where zero is outside', 1_005, 1_001, 3_000, 0, 1_010],
    ['what is held where no step is inside', 1_004, 1_001, 1_009, 1_005, 1_005],
    ['towards zero where nothing fits', 1_004, 1_001, 1_009, 0, 1_000],
  ])('%s', (_, value, lo, hi, from, out) => expect(quantised(value, 10, lo, hi, from)).toBe(out))
})

describe('frequency containment', () => {
  const f = (frequency: number | undefined, voltage = 230_000) => ({
    values: { grid: { power: 0, frequency, voltage }, bat1: { soc: 500, power: 0 } },
  })
  test('is added in automatic, and told as the local part', () => {
    expect(bat1([500], f(49_900), [fcrLaw])).toEqual([1_000, 'fcr', 500])
    expect(bat1([500], f(50_100), [fcrLaw])).toEqual([0, 'fcr', -500])
  })
  test('tells only what the bounds leave of it', () => {
    expect(bat1([2_800, { max: 3_000 }], f(49_800), [fcrLaw])).toEqual([3_000, 'votedBounds', 200])
    expect(bat1([3_000, { max: 3_000 }], f(49_800), [fcrLaw])).toEqual([3_000, 'votedBounds', 0])
    const slow = { ...f(49_800), assets: withEnvelope({ rise: 300 }) }
    expect(bat1([0], slow, [fcrLaw])).toEqual([300, 'ramp', 300])
  })
  test('leaves by its ramp, and says how much is still there', () => {
    const slow = { ...f(50_000), assets: withEnvelope({ fall: 300 }), applied: applied(1_500, 1_000) }
    expect(bat1([500], slow, [fcrLaw])).toEqual([1_200, 'ramp', 700])
  })
  test.each(['manual', 'safe'] as const)('not in %s', mode => {
    const s = situation({ ...f(49_800), actions: actionsOf({ bat1: action(0) }, [fcrLaw], mode), laws: [fcrLaw] })
    expect(targetOf(targets(s).targets, 'bat1')).toMatchObject({ value: 0, local: 0 })
  })
  test('not without a verdict, and not where the verdict does not list it', () => {
    expect(bat1([500], { ...f(49_800), govern: { bat1: 'local' } }, [fcrLaw])).toEqual([0, undefined, 0])
    expect(bat1([500], { ...f(49_800), laws: [fcrLaw] })).toEqual([500, undefined, 0])
  })
  test.each([
    ['no frequency', f(undefined)],
    ['a dead bus', f(49_800, 20_000)],
    ['out of range', f(30_000)],
  ])('never against %s', (_, values) => expect(bat1([500], values, [fcrLaw])).toEqual([500, undefined, 0]))
  test('never on a jump, though it was not in force when it came', () => {
    const before = targets(situation({ ...f(50_000), laws: [fcrLaw], nowMs: NOW_MS - 1_000 })).frequency
    expect(bat1([500], { ...f(48_000), frequency: before }, [fcrLaw])).toEqual([500, undefined, 0])
  })
})

describe('export limit', () => {
  const pv1 = (change: Partial<Situation>) => {
    const { value, boundBy } = targetOf(targets(situation({ laws: [exportLaw], ...change })).targets, 'pv1')
    return [value, boundBy]
  }
  const measured = (power: number | undefined, pvW: number | undefined) => ({
    values: { grid: { power }, pv1: { power: pvW } },
  })
  test("curtails by the gateway's own measurement", () => {
    expect(pv1(measured(-7_000, 8_000))).toEqual([6_000, 'exportLimit'])
    expect(pv1(measured(-1_000, 8_000))).toEqual([8_000, undefined])
  })
  test("fails safe without its meter, or without the PV's own", () => {
    expect(pv1(measured(undefined, 8_000))).toEqual([500, 'meterLost'])
    expect(pv1(measured(-7_000, undefined))).toEqual([500, 'meterLost'])
  })
  test.each(['manual', 'safe', 'automatic'] as const)('holds in %s', mode => {
    const actions = actionsOf({ pv1: action(8_000, { min: 0, max: 8_000 }) }, [], mode)
    expect(pv1({ ...measured(-7_000, 8_000), actions })).toEqual([6_000, 'exportLimit'])
  })
  test('holds without any verdict: the fallback does not free PV', () => {
    expect(pv1({ ...measured(-7_000, 8_000), actions: null, govern: { pv1: 'local' } })).toEqual([6_000, 'exportLimit'])
    expect(pv1({ ...measured(undefined, 8_000), actions: null, govern: { pv1: 'local' } })).toEqual([500, 'meterLost'])
  })
})
