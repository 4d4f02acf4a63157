/** A node as a child process of a run: its parent asks over the channel. It has one site. */
import type { Observation } from '../../protocol/words/observed.ts'
import { serveParent } from '../process/child.ts'
import { type NodeConfig, type OpenNode, openNode } from './open.ts'
import type { NodeTree } from './tree.ts'

let running: OpenNode | null = null
const node = (): OpenNode => {
  if (!running) throw new Error('not started')
  return running
}
const site = (): NodeTree => node().trees[0]!
async function stop(): Promise<void> {
  await running?.stop()
  running = null
}

const status = () => {
  const { uplink, api } = node()
  const replica = site().part('replica')
  const { fold } = replica
  return {
    address: uplink,
    http: api.address,
    pid: process.pid,
    tree: site().state,
    replica: replica.state,
    position: fold.position,
    stateHash: fold.stateHash(),
    epoch: fold.state?.epoch ?? 0,
    cycle: fold.state?.cycle ?? 0,
    durable: fold.state?.durable ?? 0,
    now: fold.state?.now ?? 0,
  }
}

serveParent(
  {
    start: async (config: NodeConfig) => {
      running = await openNode(config)
      return status()
    },
    status,
    /** Lockstep: time moves, then this node claims it. */
    claim: async (toMs: number) => {
      node().owned?.advanceTo(toMs)
      await site().part('timekeeper').claim()
    },
    /** The run is about to end: this node claims no more time. */
    quiet: () => site().part('timekeeper').stop(),
    append: (body: string) =>
      site()
        .part('logs')
        .facts.append([{ partition: site().partition, body }]),
    /** The parent has no key: its supervisors are told of in this node's name. */
    observed: (observation: Observation) => site().tell(observation),
    fault: (fault: { name: string; args: string[] }) => site().part('faults').start(fault.name, fault.args),
    stop,
  },
  stop,
)
