import { battery } from '../assets/battery.ts'
import { gridConnection } from '../assets/grid-connection.ts'
import { of, raw } from '../kit/index.ts'
import { defineStrategy } from '../kit/strategy.ts'
import { balancing } from '../laws/balancing.ts'
import { checkGain } from './gain.ts'

export const selfConsumption = defineStrategy({
  type: 'selfConsumption',
  version: 1,
  title: 'Self-consumption',
  source: 'common practice of energy management systems; law 3',
  settings: {
    target: { unit: 'W', default: '0 W' },
    deadband: { unit: 'W', default: '200 W' },
    gain: { unit: '%', default: '30 %' },
  },
  roles: { meter: { one: gridConnection }, storage: { all: battery } },
  whenBlind: 'hold',
  prepare: settings => checkGain(raw(settings.gain)),
  propose: ({ meter, storage, settings }) => {
    const { totalW, why } = balancing({
      gridW: raw(meter.points.power),
      storageW: raw(storage.total('power')),
      targetW: raw(settings.target),
      deadbandW: raw(settings.deadband),
      gainPermille: raw(settings.gain),
    })
    return { storage: { power: of('W', totalW) }, why }
  },
})
