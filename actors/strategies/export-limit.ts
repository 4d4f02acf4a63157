import { gridConnection } from '../assets/grid-connection.ts'
import { pvInverter } from '../assets/pv-inverter.ts'
import { of, raw } from '../kit/index.ts'
import { defineStrategy } from '../kit/strategy.ts'
import * as laws from '../laws/export-limit.ts'
import { checkGain } from './gain.ts'

/**
 * The controllers' export limit: it plans PV ahead of the gateway's own law and sees the site without FCR, so that it
 * does not regulate against it. It is no protection: that is the law of the same name under `laws` of the site file.
 */
export const exportLimit = defineStrategy({
  type: 'exportLimit',
  version: 1,
  title: 'Export limit',
  source: 'SunSpec model 704 (WMaxLim); law 14',
  settings: { limit: 'W', gain: { unit: '%', default: '30 %' } },
  roles: { meter: { one: gridConnection }, pv: { all: pvInverter } },
  whenBlind: 'hold',
  prepare: settings => checkGain(raw(settings.gain)),
  propose: ({ meter, pv, settings }) => {
    const { pvMaxW, why } = laws.exportLimit({
      gridW: raw(meter.points.power),
      pvW: raw(pv.total('power')),
      limitW: raw(settings.limit),
      blindW: 0,
      gainPermille: raw(settings.gain),
    })
    return { pv: { powerMax: { max: of('W', pvMaxW) } }, why }
  },
})
