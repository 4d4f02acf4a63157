import { battery } from '../assets/battery.ts'
import { gridConnection } from '../assets/grid-connection.ts'
import { of, raw } from '../kit/index.ts'
import { defineStrategy } from '../kit/strategy.ts'
import { balancing } from '../laws/balancing.ts'
import { activeSlot } from '../laws/schedule.ts'
import { checkGain } from './gain.ts'
import { readPlan } from './plan.ts'

export const schedule = defineStrategy({
  type: 'schedule',
  version: 1,
  title: 'Schedule following',
  source: 'common practice of energy management systems; law 6',
  settings: {
    plan: { text: `plan: '17:00-20:00 2 kW; 20:00-22:00 0 W' (UTC)` },
    deadband: { unit: 'W', default: '200 W' },
    gain: { unit: '%', default: '30 %' },
  },
  roles: { meter: { one: gridConnection }, storage: { all: battery } },
  whenBlind: 'hold',
  prepare: settings => {
    checkGain(raw(settings.gain))
    return readPlan(settings.plan)
  },
  propose: ({ meter, storage, settings, prepared, now }) => {
    const slot = activeSlot(prepared, now)
    if (!slot) return 'release'
    const { totalW, why } = balancing({
      gridW: raw(meter.points.power),
      storageW: raw(storage.total('power')),
      targetW: slot.gridW,
      deadbandW: raw(settings.deadband),
      gainPermille: raw(settings.gain),
    })
    return { storage: { power: of('W', totalW) }, why: `slot of ${slot.gridW} W: ${why}` }
  },
})
