import { expect, test } from 'vitest'
import { battery } from '../../../actors/assets/battery.ts'
import { table } from '../../../actors/kit/index.ts'

const given = {
  settings: { chargeMax: '100 kW', dischargeMax: '100 kW', deratedMax: '50 kW' },
  frame: {
    soc: '50 %',
    voltage: '800 V',
    linkVoltage: '0 V',
    current: '0 A',
    power: '0 W',
    temperature: '25 °C',
    mode: 'remote',
  },
} as const
const open = { pulse: 'openContactors' } as const
const rest = { set: { power: '0 W' } } as const
/** To `running`, charging. */
const started = [
  [{ start: {} }, 'operating.precharging.charging', { pulse: 'closePrecharge' }],
  [{ frame: { linkVoltage: '780 V' } }, 'operating.precharging.closing', { pulse: 'closeMain' }],
  [{ wait: '500 ms' }, 'operating.standby'],
  [{ wanted: { power: '-3 kW' } }, 'operating.running.flow.idle', rest],
  [{ wanted: { power: '-3 kW' } }, 'operating.running.flow.charging', { set: { power: '-3 kW' } }],
] as const

test('closes its contactors in order, then follows what is wanted', () => {
  expect(
    table(battery, given, [
      ...started,
      [{ wanted: { power: '2 kW' } }, 'operating.running.flow.discharging', { set: { power: '2 kW' } }],
      [{ wanted: { power: '0 W' } }, 'operating.running.flow.idle', rest],
    ]),
  ).toEqual([])
})

test('does not start hot, or with current', () => {
  expect(
    table(battery, given, [
      [{ frame: { temperature: '55 °C' } }, 'operating.disconnected'],
      [{ start: {} }, 'operating.disconnected'],
      [{ frame: { temperature: '54.9 °C', current: '5 A' } }, 'operating.disconnected'],
      [{ start: {} }, 'operating.disconnected'],
      [{ frame: { current: '4.999 A' } }, 'operating.disconnected'],
      [{ start: {} }, 'operating.precharging.charging', { pulse: 'closePrecharge' }],
    ]),
  ).toEqual([])
})

test('gives up when the link does not charge in time', () => {
  expect(
    table(battery, given, [
      [{ start: {} }, 'operating.precharging.charging', { pulse: 'closePrecharge' }],
      [{ frame: { linkVoltage: '759 V' } }, 'operating.precharging.charging'],
      [{ wait: '4999 ms' }, 'operating.precharging.charging'],
      [{ wait: '1 ms' }, 'faulted', { alarm: 'prechargeFailed' }, open],
      [{ reset: {} }, 'operating.disconnected', { clear: 'prechargeFailed' }, open],
    ]),
  ).toEqual([])
})

test('waits for the link as long as the site says', () => {
  const settings = { ...given.settings, prechargeTimeout: '9 s' } as const
  expect(
    table(battery, { ...given, settings }, [
      [{ start: {} }, 'operating.precharging.charging', { pulse: 'closePrecharge' }],
      [{ wait: '8999 ms' }, 'operating.precharging.charging'],
      [{ wait: '1 ms' }, 'faulted', { alarm: 'prechargeFailed' }, open],
    ]),
  ).toEqual([])
})

test('derates, with hysteresis, and trips when too hot', () => {
  expect(
    table(battery, given, [
      ...started,
      [{ frame: { temperature: '50 °C' } }, 'operating.running.thermal.derated'],
      [{ frame: { temperature: '45 °C' } }, 'operating.running.thermal.derated'],
      [{ frame: { temperature: '44.9 °C' } }, 'operating.running.thermal.normal'],
      [{ frame: { temperature: '60 °C' } }, 'faulted', rest, { alarm: 'overTemperature' }, open],
      [{ reset: {} }, 'faulted'],
      [{ frame: { temperature: '30 °C' } }, 'faulted'],
      [{ reset: {} }, 'operating.disconnected', { clear: 'overTemperature' }, open],
    ]),
  ).toEqual([])
})

test('trips when measurements are lost, and stays so until it is reset', () => {
  expect(
    table(battery, given, [
      ...started,
      [{ frame: { temperature: 'bad' } }, 'faulted', rest, { alarm: 'signalsLost' }, open],
      [{ frame: { temperature: '20 °C' } }, 'faulted'],
      [{ reset: {} }, 'operating.disconnected', { clear: 'signalsLost' }, open],
    ]),
  ).toEqual([])
})

test('stops without current before it opens the contactors, and does not start again by itself', () => {
  expect(
    table(battery, given, [
      ...started,
      [{ frame: { current: '-40 A' } }, 'operating.running'],
      [{ stop: {} }, 'operating.stopping', rest],
      [{ wanted: { power: '-3 kW' } }, 'operating.stopping'],
      [{ frame: { current: '-5 A' } }, 'operating.stopping'],
      [{ frame: { current: '-4.9 A' } }, 'operating.disconnected', open],
      [{ wanted: { power: '-3 kW' } }, 'operating.disconnected'],
    ]),
  ).toEqual([])
})

test('opens the contactors anyway when the current does not end', () => {
  expect(
    table(battery, given, [
      ...started,
      [{ frame: { current: '-40 A' } }, 'operating.running'],
      [{ stop: {} }, 'operating.stopping', rest],
      [{ wait: '10 s' }, 'operating.disconnected', open],
    ]),
  ).toEqual([])
})

test('local mode at the device wins from every state of operation', () => {
  expect(
    table(battery, given, [
      ...started,
      [{ frame: { mode: 'local' } }, 'local', rest],
      [{ start: {} }, 'local'],
      [{ frame: { mode: 'remote' } }, 'operating.disconnected', open],
    ]),
  ).toEqual([])
})

test('a failing row says where it is, and what it asked for', () => {
  expect(table(battery, given, [[{ start: {} }, 'operating.standby']])).toEqual([
    'row 1 {"start":{}}: in operating.precharging.charging, not in operating.standby',
    'row 1 {"start":{}}: asked for pulse:"closePrecharge", not nothing',
  ])
  expect(table(battery, { ...given, settings: {} }, [])[0]).toBe(
    "settings: 'chargeMax' is missing; write chargeMax: '<number> W'",
  )
})
