/** A node that tells when its replica votes: `recovery.ts` counts from the start of this process. */
import { type NodeConfig, openNode } from '../../supervisors/node/open.ts'

const node = await openNode(JSON.parse(process.argv[2]!) as NodeConfig)
const replica = node.trees[0]!.part('replica')
await replica.caughtUp
process.stdout.write(`${JSON.stringify({ state: replica.state, position: replica.fold.position })}\n`)
await node.stop()
process.exit(0)
