/** A site's gateway as a child process of a run. */
import { serveParent } from '../process/child.ts'
import { hostClock } from '../real/clock.ts'
import { type ComposedGateway, composeGateway, type GatewayConfig } from './compose.ts'

/** Nodes that outlive the parent by longer hang. */
const LAST_MS = 2_000

let running: ComposedGateway | null = null
const site = () => {
  if (!running) throw new Error('not started')
  return running
}
const status = () => {
  const { tree } = site()
  if (!tree.gateway) throw new Error('the gateway is being rebuilt')
  return { pid: process.pid, tree: tree.state, ...tree.gateway.status }
}
const pause = (ms: number) => new Promise<void>(resolve => void hostClock.after(ms, resolve))

/** The parent is gone, and with it the nodes: the gateway ends last, once nobody is linked any more. */
async function orphaned(): Promise<void> {
  for (let i = 0; i < LAST_MS && (running?.tree.gateway?.status.links.length ?? 0) > 0; i += 10) await pause(10)
  await stop()
}
async function stop(): Promise<void> {
  await running?.tree.stop()
  running = null
}

serveParent(
  {
    start: async (config: GatewayConfig) => {
      running = await composeGateway(config)
      await running.tree.start()
      return status()
    },
    status,
    /** Lockstep: time moves, and the answer comes when nothing is under way any more. */
    advance: async (toMs: number) => {
      site().owned?.advanceTo(toMs)
      while (running && !running.tree.gateway?.settled) await pause(1)
    },
    stop,
  },
  orphaned,
)
