import { expect, test } from 'vitest'
import { gridConnection } from '../../../actors/assets/grid-connection.ts'
import { load } from '../../../actors/assets/load.ts'
import { table } from '../../../actors/kit/index.ts'

test('the grid connection: loss of the grid, and of its meter', () => {
  const given = {
    settings: { importMax: '80 kW', exportMax: '50 kW' },
    frame: { power: '1 kW', frequency: '50 Hz', voltage: '230 V', breaker: 'closed' },
  } as const
  expect(
    table(gridConnection, given, [
      [{ frame: { breaker: 'open' } }, 'disconnected', { alarm: 'gridOpen' }],
      [{ frame: { power: 'bad' } }, 'blind', { clear: 'gridOpen' }, { alarm: 'meterLost' }],
      [{ frame: { power: '0 W' } }, 'disconnected', { clear: 'meterLost' }, { alarm: 'gridOpen' }],
      [{ frame: { breaker: 'closed' } }, 'connected', { clear: 'gridOpen' }],
      [{ frame: { breaker: 'bad' } }, 'blind', { alarm: 'meterLost' }],
    ]),
  ).toEqual([])
})

test('a load: measured or not', () => {
  expect(
    table(load, { settings: {}, frame: { power: '1 kW' } }, [
      [{ frame: { power: '2 kW' } }, 'measuring'],
      [{ frame: { power: 'bad' } }, 'blind', { alarm: 'meterLost' }],
      [{ frame: { power: '2 kW' } }, 'measuring', { clear: 'meterLost' }],
    ]),
  ).toEqual([])
})
