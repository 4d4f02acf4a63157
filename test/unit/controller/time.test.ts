import { expect, test } from 'vitest'
import { recordsOf } from '../../../actors/kit/keyed.ts'
import { Bench, manifestOf, START_MS } from './household.ts'

const HOUR = 3_600_000

/** S27: `now` is the second-largest of the newest claims. */
const CLAIMS: readonly [what: string, claims: readonly [string, number][], now: number][] = [
  ['one claim agrees with nobody', [['node-a', 5_000]], 0],
  [
    'two: the lower one',
    [
      ['node-a', 5_000],
      ['node-b', 4_000],
    ],
    4_000,
  ],
  [
    'three: the middle one',
    [
      ['node-a', 5_000],
      ['node-b', 4_000],
      ['node-c', 3_000],
    ],
    4_000,
  ],
  [
    'a clock an hour ahead pushes nothing',
    [
      ['node-a', 5_000],
      ['node-b', 4_000],
      ['node-c', 5_000 + HOUR],
    ],
    5_000,
  ],
  [
    'a clock an hour behind holds nothing',
    [
      ['node-a', HOUR],
      ['node-b', HOUR + 1],
      ['node-c', 1],
    ],
    HOUR,
  ],
  [
    'a newer claim replaces the same node’s older one',
    [
      ['node-a', 5_000],
      ['node-b', 4_000],
      ['node-a', 4_500],
    ],
    4_000,
  ],
  [
    'a node that sets its clock back does not take time back',
    [
      ['node-a', 9_000],
      ['node-b', 8_000],
      ['node-b', 100],
    ],
    8_000,
  ],
]
test.each(CLAIMS)('%s', (_, claims, now) => {
  const bench = new Bench()
  for (const [by, atMs] of claims) bench.claim(by, atMs)
  expect(bench.state.now).toBe(now)
})

test('repeats and older claims of a node change nothing', () => {
  const bench = new Bench().claim('node-a', 5_000, { epoch: 2, seq: 7 }).claim('node-b', 5_000)
  const { claims, now } = bench.state
  for (const old of [
    { epoch: 2, seq: 7 },
    { epoch: 2, seq: 6 },
    { epoch: 1, seq: 900 },
  ])
    expect(bench.claim('node-a', 9_999, old).state).toMatchObject({ claims, now })
})

test('a restarted node is heard again by its higher epoch', () => {
  const bench = new Bench().claim('node-a', 5_000, { epoch: 1, seq: 900 }).claim('node-b', 9_000)
  expect(bench.claim('node-a', 6_000, { epoch: 2, seq: 1 }).state.now).toBe(6_000)
})

test('time begins with the first agreement: waits from before it count from there', () => {
  const bench = new Bench()
  const timer = { id: 't', due: 5_000, seq: 0, event: { type: 'xstate.after.5000.battery' } }
  const waiting = { ...bench.state.assets.bat1!, timers: [timer] }
  bench.state = { ...bench.state, assets: { ...bench.state.assets, bat1: waiting } }
  bench.time(START_MS)
  expect(bench.state.assets.bat1!.timers).toMatchObject([{ due: START_MS + 5_000 }])
})

test('timers of all assets fire in due order, each at its own due time', () => {
  const bench = Bench.started()
    .command('bat1', 'start')
    .time(START_MS + 500)
    .command('bat2', 'start')
  bench.frame()
  expect([bench.where('bat1'), bench.where('bat2')]).toEqual(Array(2).fill('operating.precharging.charging'))
  const raised = bench.time(START_MS + 20_000).state.alarms
  expect(recordsOf(raised).map(([key]) => key)).toEqual(['bat1.prechargeFailed', 'bat2.prechargeFailed'])
  expect([bench.where('bat1'), bench.where('bat2')]).toEqual(['faulted', 'faulted'])
})

test('the timer of a household waits at least three cycles for its measurement', () => {
  const { assets, timing } = manifestOf()
  for (const { settings } of assets.filter(a => a.type === 'battery'))
    expect(settings.prechargeTimeout).toBeGreaterThanOrEqual(3 * timing.cycleMs)
})
