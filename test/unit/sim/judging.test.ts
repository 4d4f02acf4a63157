/** Expectations against a history made by hand: what holds, what does not, and what is said of it. */
import { expect, test } from 'vitest'
import type { Evidence } from '../../../sim/oracle/evidence.ts'
import { initialState, type PlantOptions, type PlantState } from '../../../sim/plant/state.ts'
import type { History, SlotClass } from '../../../sim/scenario/history.ts'
import { type Happened, judgeWant } from '../../../sim/scenario/judge.ts'
import type { Quantity } from '../../../sim/scenario/names.ts'
import { courseOf } from '../../../sim/scenario/plan.ts'

const plant: PlantOptions = { seed: 's', startMs: 0, assets: [{ name: 'grid', type: 'grid', unit: 1 }] }
const startMs = Date.UTC(2025, 5, 21, 12)
const span = { startMs, forMs: 60_000 }
const importing = (powerW: number): PlantState => {
  const state = initialState(plant)
  return { ...state, assets: { grid: { ...state.assets.grid!, powerW } as PlantState['assets'][string] } }
}
const quantity: Quantity = { unit: 'W', of: s => (s.assets.grid as { powerW: number }).powerW }
const none: readonly string[] = []
const names = {
  quantities: new Map([['import', quantity]]),
  states: new Map([['bat1', ['operating', 'operating.running', 'faulted']]]),
  alarms: ['bat1.signalsLost', 'gateway.dissent'],
  commands: new Map([['bat1', ['stop']]]),
  targets: {} as Happened['names']['targets'],
}
/** 500 W, and 2 kW from 20 s to 25 s. */
const looks = Array.from({ length: 61 }, (_, s) => ({
  atMs: s * 1_000,
  state: importing(s >= 20 && s < 25 ? 2_000 : 500),
}))
const slot = (s: number, kind: SlotClass) => ({ fromMs: s * 1_000, toMs: (s + 1) * 1_000, class: kind })
const history: History = {
  states: new Map([
    [
      'bat1',
      [
        { atMs: 0, is: ['faulted'] },
        { atMs: 10_000, is: ['operating.running'] },
      ],
    ],
  ]),
  alarms: [
    { key: 'bat1.signalsLost', priority: 'high', text: 'lost', fromMs: 0, toMs: 10_000 },
    { key: 'gateway.dissent.node-b', priority: 'medium', text: 'other', fromMs: 30_000, toMs: null },
  ],
  commands: [
    { id: 'a', target: 'bat1', name: 'stop', askedMs: 5_000, state: 'confirmed', reason: '', endedMs: 8_000 },
    { id: 'b', target: 'bat1', name: 'stop', askedMs: 40_000, state: 'unknown', reason: 'no word', endedMs: 50_000 },
  ],
  slots: [slot(1, 'onTime'), slot(2, 'held'), slot(3, 'uncovered'), slot(4, 'onTime')],
}
const evidence = { site: { field: { looks } }, verdicts: none } as unknown as Evidence
const happened: Happened = { evidence, history, names, ...span }

test.each([
  ['import below 1 kW', false, '2 kW at 12:00:20; outside in 5 of 61 samples, first at 12:00:20'],
  ['import below 1 kW from 25 s', true, 'at most 500 W at 12:00:25'],
  ['import over 20 s below 1 kW', true, 'at most 875 W at 12:00:20'],
  ['import over 20 s below 800 W', false, '875 W at 12:00:20'],
  ['import rises to 2 kW within 5 s after 15 s', true, '2 kW at 12:00:20, after 5 s'],
  ['import rises to 2 kW within 5 s after 14 s', false, 'at best 500 W at 12:00:14'],
  ['bat1 in operating', false, 'in faulted from 12:00:00 on'],
  ['bat1 in operating.running from 10 s', true, 'all along'],
  ['bat1 in faulted until 10 s', true, 'all along'],
  ['bat1 in operating.running within 10 s of start', true, 'in operating.running from 12:00:10 on, after 10 s'],
  ['bat1 in operating.running within 9 s of start', false, 'in faulted from 12:00:00 on'],
  ['no alarm', false, 'bat1.signalsLost (high) at 12:00:00: lost, and 1 more'],
  ['no alarm above medium from 10 s', true, 'none'],
  ['no alarm above low from 10 s', false, 'gateway.dissent.node-b (medium) at 12:00:30'],
  ['no alarm bat1.signalsLost from 10 s', true, 'none'],
  ['alarm gateway.dissent within 5 s after 28 s', true, 'raised at 12:00:30: other'],
  ['alarm gateway.dissent.node-b within 1 s after 28 s', false, 'raised at 12:00:30 only'],
  ['alarm gateway.dissent.node-c', false, 'never raised'],
  ['at most 1 uncovered slots', true, '1 of 4 slots uncovered'],
  ['at most 0 uncovered slots', false, '1 of 4 slots uncovered, first at 12:00:03'],
  ['at most 0 uncovered slots from 4 s', true, '0 of 1 slots uncovered'],
  ['every verdict by majority', false, 'no verdict in that time'],
  ['command stop of bat1 confirmed until 20 s', true, 'asked at 12:00:05: confirmed, after 3 s'],
  ['command stop of bat1 confirmed within 2 s after 5 s', false, 'confirmed, after 3 s'],
  ['command stop of bat1 confirmed', false, 'asked at 12:00:40: unknown (no word), after 10 s'],
  ['command stop of bat1 confirmed from 55 s', false, 'nobody asked for it in that time'],
])('%s: %s', (sentence, ok, seen) => {
  const { course, problems } = courseOf({ expect: [sentence] }, span, names, plant.assets, '.')
  expect(problems).toEqual([])
  const judged = judgeWant(course.wants[0]!, happened)
  expect([judged.ok, judged.seen]).toEqual([ok, expect.stringContaining(seen)])
})
