/** A site's gateway as a process has it. It never opens the log: what it knows of it came over the uplinks. */
import { connectModbusTcp } from '../../edge/drivers/modbus/transport.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import type { Ports } from '../../protocol/ports.ts'
import { keyId } from '../../protocol/words/ids.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { uplinkPath } from '../node/open.ts'
import { openClock } from '../process/child.ts'
import type { ClockSpec } from '../process/messages.ts'
import type { OwnedClock } from '../real/clock.ts'
import { hostPorts } from '../real/ports.ts'
import { openGateway } from './open.ts'
import type { GatewayTree } from './tree.ts'

export interface GatewayConfig {
  readonly keys: string
  readonly data: string
  /** The first one, or any that came after it. */
  readonly manifest: SignedManifest
  /** Node key -> `host:port` of its door for gateways. */
  readonly nodes: Readonly<Record<string, string>>
  /** Asset -> `host:port/unit`. */
  readonly devices: Readonly<Record<string, string>>
  readonly clock: ClockSpec
  /** Monotonic time is comparable within it: the machine's boot, and the run where time is paced. */
  readonly boot: string
}

export interface ComposedGateway {
  readonly tree: GatewayTree
  readonly owned: OwnedClock | null
}

export async function composeGateway(config: GatewayConfig): Promise<ComposedGateway> {
  const { clock, owned } = openClock(config.clock)
  const { tenant, site } = config.manifest.manifest
  const ports: Ports = { ...hostPorts('gateway', config.data, { of: { tenant, site } }), clock }
  const path = uplinkPath(config.manifest.manifest)
  const tree = await openGateway({
    ports,
    signer: openKey(config.keys, keyId('gateway')),
    verifier: ed25519Verifier(),
    manifest: config.manifest,
    nodes: Object.fromEntries(Object.entries(config.nodes).map(([name, address]) => [name, `${address}/${path}`])),
    devices: config.devices,
    connect: connectModbusTcp,
    boot: config.boot,
  })
  return { tree, owned }
}
