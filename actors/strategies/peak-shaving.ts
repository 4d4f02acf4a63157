import { battery } from '../assets/battery.ts'
import { gridConnection } from '../assets/grid-connection.ts'
import { of, raw } from '../kit/index.ts'
import { defineStrategy } from '../kit/strategy.ts'
import * as laws from '../laws/peak-shaving.ts'

export const peakShaving = defineStrategy({
  type: 'peakShaving',
  version: 1,
  title: 'Peak shaving',
  source: 'common practice of energy management systems; law 4',
  settings: { peak: 'W', recharge: 'W', gain: { unit: '%', default: '30 %' } },
  roles: { meter: { one: gridConnection }, storage: { all: battery } },
  whenBlind: 'hold',
  propose: ({ meter, storage, settings }) => {
    const { totalW, why } = laws.peakShaving({
      gridW: raw(meter.points.power),
      storageW: raw(storage.total('power')),
      peakW: raw(settings.peak),
      rechargeW: raw(settings.recharge),
      gainPermille: raw(settings.gain),
    })
    return { storage: { power: of('W', totalW) }, why }
  },
})
