/** What a run's parent tells of its supervisors: through one node after the other, because it has no key of its own. */
import type { Ports } from '../../protocol/ports.ts'
import { type Observation, RUN, type Sight } from '../../protocol/words/observed.ts'
import { Observer } from '../kit/observer.ts'
import type { Supervisor } from '../kit/supervisor.ts'
import type { Spawned } from '../process/spawn.ts'

/** A node that does not take it by then hangs: another one is asked. */
const TAKEN_MS_MAX = 2_000

export function observeRun(
  ports: Ports,
  supervisors: () => readonly Supervisor[],
  nodes: () => readonly Spawned[],
): Observer {
  const sight = (): Sight => {
    const all = supervisors().map(supervisor => supervisor.sight())
    return { charts: all.flatMap(({ charts }) => charts), tree: all.flatMap(({ tree }) => tree) }
  }
  const tell = async (observation: Observation): Promise<void> => {
    const live = nodes()
    const node = live[observation.seq % live.length]
    if (!node) throw new Error('no node is up')
    await node.ask('observed', observation, TAKEN_MS_MAX)
  }
  return new Observer(ports, { process: RUN, sight, tell })
}
