/** A plant as a child process of a run: it follows the site's clock, or its parent's word in a lockstep run. */

import type { Cancel } from '../../protocol/ports.ts'
import { openClock, serveParent } from '../../supervisors/process/child.ts'
import type { ClockSpec } from '../../supervisors/process/messages.ts'
import { pinoNote } from '../../supervisors/real/note.ts'
import type { FaultArguments } from './faults.ts'
import { openInputs } from './inputs/open.ts'
import { pacePlant } from './pace.ts'
import { type RunningPlant, type RunPlantOptions, runPlant } from './process.ts'

interface PlantConfig {
  readonly options: RunPlantOptions
  readonly clock: ClockSpec
}

let running: RunningPlant | null = null
let pace: Cancel | null = null
const plant = () => {
  if (!running) throw new Error('not started')
  return running
}
async function stop(): Promise<void> {
  pace?.cancel()
  await running?.stop()
  running = null
}
const view = () => ({ pid: process.pid, tMs: plant().tMs(), meters: plant().meters(), state: plant().state() })

serveParent(
  {
    start: async (config: PlantConfig) => {
      const note = pinoNote('plant')
      const reports: string[] = []
      const counts = { rows: 0, gaps: 0, bad: 0 }
      const inputs = openInputs(config.options.assets, (level, event, detail) => {
        reports.push(`${event} ${JSON.stringify(detail ?? {})}`)
        const {
          rows = 0,
          gaps = 0,
          bad = 0,
          impossible = 0,
          repeated = 0,
          outOfOrder = 0,
        } = (detail ?? {}) as Record<string, number>
        counts.rows += rows
        counts.gaps += gaps
        counts.bad += bad + impossible + repeated + outOfOrder
        note(level, event, detail)
      })
      running = await runPlant(config.options, { note }, inputs)
      const { clock } = openClock(config.clock)
      if (config.clock.kind !== 'owned') pace = pacePlant(running, clock)
      return { address: running.address, addresses: running.addresses, reports, counts, ...view() }
    },
    advance: (toMs: number) => plant().advanceTo(toMs),
    fault: ({ name, args }: { name: string; args: FaultArguments }) => plant().fault(name, args),
    mend: ({ asset, name }: { asset?: string; name?: string }) => plant().clearFaults(asset, name),
    view,
    stop,
  },
  stop,
)
