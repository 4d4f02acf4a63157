/** The definitions that ship. A site's own are added by the composition and count into its engine hash. */
import { battery } from './assets/battery.ts'
import { gridConnection } from './assets/grid-connection.ts'
import { load } from './assets/load.ts'
import { pvInverter } from './assets/pv-inverter.ts'
import type { Definitions } from './controller/site.ts'
import type { AnyStrategy } from './kit/strategy.ts'
import { exportLimit } from './strategies/export-limit.ts'
import { peakShaving } from './strategies/peak-shaving.ts'
import { schedule } from './strategies/schedule.ts'
import { selfConsumption } from './strategies/self-consumption.ts'

export const builtIn: Definitions = {
  assets: { battery, pvInverter, load, gridConnection },
  strategies: {
    peakShaving: peakShaving as unknown as AnyStrategy,
    selfConsumption: selfConsumption as unknown as AnyStrategy,
    schedule: schedule as unknown as AnyStrategy,
    exportLimit: exportLimit as unknown as AnyStrategy,
  },
}
