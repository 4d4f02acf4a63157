/**
 * A plant as a child process: `node sim/plant/child.ts`, forked with an IPC channel. The parent owns time; when the
 * channel closes, the plant ends. Every request is answered in order with its id.
 */
import type { FaultArguments } from './faults.ts'
import type { PlantMeters } from './meters.ts'
import { type RunningPlant, type RunPlantOptions, runPlant } from './process.ts'
import type { PlantState } from './state.ts'

export type PlantRequest = { readonly id: number } & (
  | { readonly do: 'run'; readonly options: RunPlantOptions }
  | { readonly do: 'advance'; readonly tMs: number }
  | { readonly do: 'fault'; readonly name: string; readonly args: FaultArguments }
  | { readonly do: 'clear'; readonly asset?: string; readonly name?: string }
  | { readonly do: 'state' }
  | { readonly do: 'stop' }
)
export type PlantAnswer =
  | { readonly id: number; readonly ok: true; readonly value: PlantAnswerValue }
  | { readonly id: number; readonly ok: false; readonly reason: string }
export interface PlantAnswerValue {
  readonly address: string
  readonly addresses: Readonly<Record<string, string>>
  readonly state: PlantState
  readonly meters: PlantMeters
}

async function obey(running: RunningPlant | undefined, q: PlantRequest): Promise<RunningPlant> {
  if (q.do === 'run') {
    const note = (level: string, event: string, detail?: unknown) =>
      void process.stderr.write(`${JSON.stringify({ level, event, detail })}\n`)
    return await runPlant(q.options, { note })
  }
  if (!running) throw new Error('PLANT_NOT_RUNNING: the first request is `run`')
  if (q.do === 'advance') running.advanceTo(q.tMs)
  if (q.do === 'fault') await running.fault(q.name, q.args)
  if (q.do === 'clear') running.clearFaults(q.asset, q.name)
  if (q.do === 'stop') await running.stop()
  return running
}

function serveParent(): void {
  let running: RunningPlant | undefined
  let turn: Promise<void> = Promise.resolve()
  const answer = (a: PlantAnswer) => void process.send?.(a)
  process.on('message', (q: PlantRequest) => {
    turn = turn.then(async () => {
      try {
        running = await obey(running, q)
        const { address, addresses } = running
        answer({ id: q.id, ok: true, value: { address, addresses, state: running.state(), meters: running.meters() } })
        if (q.do === 'stop') process.disconnect()
      } catch (error) {
        answer({ id: q.id, ok: false, reason: error instanceof Error ? error.message : String(error) })
      }
    })
  })
  process.on('disconnect', () => process.exit(0))
}

serveParent()
