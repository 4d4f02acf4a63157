import { expect, test } from 'vitest'
import { pvInverter } from '../../../actors/assets/pv-inverter.ts'
import { bounds, measure, place, startActor } from '../../../actors/kit/host.ts'
import { table } from '../../../actors/kit/index.ts'

const given = {
  settings: { rated: '50 kW' },
  frame: { power: '0 W', mode: 'remote', temperature: '30 °C' },
} as const
const off = { pulse: 'disconnect' } as const
const free = { set: { powerMax: '50 kW' } } as const
const producing = [
  [{ start: {} }, 'operating.starting', { pulse: 'connect' }],
  [{ wait: '5 s' }, 'operating.producing.free', free],
] as const

test('starts, is curtailed, and is free again', () => {
  expect(
    table(pvInverter, given, [
      ...producing,
      [{ wanted: { powerMax: '20 kW' } }, 'operating.producing.curtailed', { set: { powerMax: '20 kW' } }],
      [{ wanted: { powerMax: '10 kW' } }, 'operating.producing.curtailed', { set: { powerMax: '10 kW' } }],
      [{ wanted: { powerMax: '50 kW' } }, 'operating.producing.free', free],
      [{ stop: {} }, 'operating.disconnected', off],
    ]),
  ).toEqual([])
})

test('an inverter that does not say what is available is not lost', () => {
  expect(
    table(pvInverter, given, [...producing, [{ frame: { available: 'bad' } }, 'operating.producing.free']]),
  ).toEqual([])
})

test('trips when too hot or blind, and comes back on reset when cool', () => {
  expect(
    table(pvInverter, given, [
      ...producing,
      [{ frame: { temperature: '85 °C' } }, 'faulted', { alarm: 'overTemperature' }, off],
      [{ frame: { temperature: '70 °C' } }, 'faulted'],
      [{ reset: {} }, 'faulted'],
      [{ frame: { temperature: '69.9 °C' } }, 'faulted'],
      [{ reset: {} }, 'operating.disconnected', { clear: 'overTemperature' }, off],
      [{ frame: { power: 'bad' } }, 'faulted', { alarm: 'signalsLost' }, off],
    ]),
  ).toEqual([])
})

test('local mode at the device wins', () => {
  expect(
    table(pvInverter, given, [
      ...producing,
      [{ frame: { mode: 'local' } }, 'local'],
      [{ start: {} }, 'local'],
      [{ frame: { mode: 'remote' } }, 'operating.disconnected', off],
    ]),
  ).toEqual([])
})

test('its bounds are the rating while it produces, and nothing before', () => {
  const placed = place(pvInverter, 'pv1', { rated: 50_000, startDelay: 5_000 })
  const values = { power: 0, mode: 'remote', temperature: 300 }
  const actor = measure(placed, startActor(placed, 0, []), values, 0, []).actor
  expect(actor.wanted).toEqual({ powerMax: 50_000 })
  expect(bounds(placed, actor, values)).toEqual({
    powerMax: { min: 0, max: 0, minBy: 'rating', maxBy: 'notProducing' },
  })
})
