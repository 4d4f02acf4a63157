/** A plant as a process of its own, in the time of its machine. */
import type { PlantSetting } from '../../supervisors/config/plant.ts'
import type { Standing } from '../../supervisors/process/stand-alone.ts'
import { hostClock } from '../../supervisors/real/clock.ts'
import { pinoNote } from '../../supervisors/real/note.ts'
import { StatusDoor } from '../../supervisors/real/status-door.ts'
import { openInputs } from './inputs/open.ts'
import { pacePlant } from './pace.ts'
import { runPlant } from './process.ts'
import type { AssetOptions } from './state.ts'
import { STEP_MS } from './step.ts'

export async function openPlant({ data, address, seed, assets }: PlantSetting, http: string): Promise<Standing> {
  const note = pinoNote('plant')
  const devices = assets as readonly AssetOptions[]
  const colon = address.lastIndexOf(':')
  const startMs = Math.floor(hostClock.wallMs() / STEP_MS) * STEP_MS
  const where = { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) }
  const plant = await runPlant(
    { seed, startMs, assets: devices, folder: data, ...where },
    { note },
    openInputs(devices, note),
  )
  const pace = pacePlant(plant, hostClock)
  const door = await StatusDoor.open(http, {
    parts: () => [{ part: 'devices', ready: true, says: `${devices.length} answer at ${plant.address}` }],
    metrics: null,
  })
  return {
    async stop() {
      door.drain()
      pace.cancel()
      await plant.stop()
      door.close()
    },
  }
}
