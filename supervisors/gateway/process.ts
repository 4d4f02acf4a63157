/** A site's gateway as a process. It never opens the log: what it knows of it came over the uplinks. */
import { openModbusDriver } from '../../edge/drivers/modbus/index.ts'
import { Gateway } from '../../edge/gateway.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import type { Ports } from '../../protocol/ports.ts'
import { keyId } from '../../protocol/words/ids.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { openClock, serveParent } from '../process/child.ts'
import type { ClockSpec } from '../process/messages.ts'
import { hostClock } from '../real/clock.ts'
import { realDisk } from '../real/disk.ts'
import { wsNet } from '../real/net.ts'
import { pinoNote } from '../real/note.ts'
import { hostRandom } from '../real/random.ts'

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
  const note = pinoNote('gateway')
  const { clock, owned } = openClock(config.clock)
  const fail = (error: unknown) => {
    note('error', 'gateway failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    process.exit(1)
  }
  const control = { exit: (reason: string) => fail(new Error(reason)) }
  const ports: Ports = {
    name: 'gateway',
    clock,
    host: hostClock,
    random: hostRandom,
    disk: realDisk(config.data),
    net: wsNet,
    control,
    note,
  }
  const { manifest } = config.manifest
  const drivers = Object.fromEntries(
    manifest.assets.map(asset => {
      const address = config.devices[asset.name] ?? ''
      const options = { name: asset.name, map: asset.map, address, clock, host: hostClock, random: hostRandom, note }
      return [asset.name, openModbusDriver(options)]
    }),
  )
  const gateway = await Gateway.open({
    ports,
    signer: openKey(config.keys, keyId('gateway')),
    verifier: ed25519Verifier(),
    manifest,
    nodes: config.nodes,
    drivers,
    boot: config.boot,
    fail,
  })
  return { gateway, owned }
}

let running: Awaited<ReturnType<typeof open>> | null = null
const site = () => {
  if (!running) throw new Error('not started')
  return running
}
const status = () => ({ pid: process.pid, ...site().gateway.status })
const pause = () => new Promise<void>(resolve => void hostClock.after(1, resolve))

/** The parent is gone, and with it the nodes: the gateway ends last, once nobody is linked any more. */
async function orphaned(): Promise<void> {
  for (let i = 0; i < LAST_MS && running && running.gateway.status.links.length > 0; i += 10)
    await new Promise<void>(resolve => void hostClock.after(10, resolve))
  await stop()
}
async function stop(): Promise<void> {
  await running?.gateway.stop()
  running = null
}

serveParent(
  {
    open: async (config: GatewayConfig) => {
      running = await open(config)
    },
    /** Apart from `open`, so that a lockstep run can connect before its first cycle. */
    start: () => {
      site().gateway.start()
      return status()
    },
    status,
    /** Lockstep: time moves, and the answer comes when nothing is under way any more. */
    advance: async (toMs: number) => {
      site().owned?.advanceTo(toMs)
      while (running && !running.gateway.settled) await pause()
    },
    stop,
  },
  orphaned,
)
