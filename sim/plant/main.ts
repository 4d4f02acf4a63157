/** A plant as a child process of a run: it follows the site's clock, or its parent's word in a lockstep run. */

import type { Cancel, Note } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { openClock, serveParent } from '../../supervisors/process/child.ts'
import type { ClockSpec } from '../../supervisors/process/messages.ts'
import { pinoNote } from '../../supervisors/real/note.ts'
import type { FaultArguments } from './faults.ts'
import { openInputs } from './inputs/open.ts'
import { InputRefusal } from './inputs/reference.ts'
import { pacePlant } from './pace.ts'
import { type RunningPlant, type RunPlantOptions, runPlant } from './process.ts'
import type { Inputs } from './step.ts'

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
/** A recording that cannot be used is refused once and for all: starting again does not mend a file. */
function inputsOf(config: PlantConfig, note: Note): Inputs {
  try {
    return openInputs(config.options.assets, note)
  } catch (error) {
    if (error instanceof InputRefusal) throw new Refusal('CSV_COLUMN', error.message)
    throw error
  }
}
const view = () => ({ pid: process.pid, tMs: plant().tMs(), meters: plant().meters(), state: plant().state() })

serveParent(
  {
    start: async (config: PlantConfig) => {
      const note = pinoNote('plant')
      const reports: string[] = []
      const counts = { rows: 0, gaps: 0, bad: 0 }
      const inputs = inputsOf(config, (level, event, detail) => {
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
