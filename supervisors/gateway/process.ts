/** A site's gateway as a process. It never opens the log: what it knows of it came over the uplinks. */
import { connectModbusTcp } from '../../edge/drivers/modbus/transport.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import type { Ports } from '../../protocol/ports.ts'
import { keyId } from '../../protocol/words/ids.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { openClock, serveParent } from '../process/child.ts'
import type { ClockSpec } from '../process/messages.ts'
import { hostClock } from '../real/clock.ts'
import { hostPorts } from '../real/ports.ts'
import { openGateway } from './open.ts'

export interface GatewayConfig {
  readonly keys: string
  readonly data: string
  readonly manifest: SignedManifest
  /** Node key -> `host:port`. */
  readonly nodes: Readonly<Record<string, string>>
  /** Asset -> `host:port/unit`. */
  readonly devices: Readonly<Record<string, string>>
  readonly clock: ClockSpec
  /** Monotonic time is comparable within it: the machine's boot, and the run where time is paced. */
  readonly boot: string
}
/** Nodes that outlive the parent by longer hang. */
const LAST_MS = 2_000

async function open(config: GatewayConfig) {
  const { clock, owned } = openClock(config.clock)
  const ports: Ports = { ...hostPorts('gateway', config.data), clock }
  const tree = await openGateway({
    ports,
    signer: openKey(config.keys, keyId('gateway')),
    verifier: ed25519Verifier(),
    manifest: config.manifest,
    nodes: config.nodes,
    devices: config.devices,
    connect: connectModbusTcp,
    boot: config.boot,
  })
  return { tree, owned }
}

let running: Awaited<ReturnType<typeof open>> | null = null
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
      running = await open(config)
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
