import { battery } from '../assets/battery.ts'
import { gridConnection } from '../assets/grid-connection.ts'
import { of, raw } from '../kit/index.ts'
import { defineStrategy } from '../kit/strategy.ts'
import * as laws from '../laws/peak-shaving.ts'
import { checkGain } from './gain.ts'

export const peakShaving = defineStrategy({
  type: 'peakShaving',
  version: 1,
  title: 'Peak shaving',
  source: 'common practice of energy management systems; law 4',
  settings: { peak: 'W', recharge: 'W', gain: { unit: '%', default: '30 %' } },
  roles: { meter: { one: gridConnection }, storage: { all: battery } },
  whenBlind: 'hold',
  prepare: settings => {
    checkGain(raw(settings.gain))
    if (settings.recharge >= settings.peak)
      throw new TypeError(`recharge: ${raw(settings.recharge)} W is not below the peak, ${raw(settings.peak)} W`)
  },
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
