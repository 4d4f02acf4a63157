/** A gateway's configuration from its file. */
import type { GatewayConfig } from '../gateway/compose.ts'
import { machineBoot } from '../real/boot.ts'
import { Found } from './found.ts'
import type { FileOf } from './shape.ts'

const GATEWAY = 'gateway'

/** Throws CONFIG. */
export function gatewayConfigOf(path: string, file: FileOf<'gateway'>): GatewayConfig {
  const found = new Found(path)
  const signed = found.manifest('manifest', file.manifest)
  const signer = found.key(file.keys, GATEWAY)
  if (signed && signer) found.enrolled('keys', signed.manifest, signer, 'gateway')
  const nodes = Object.fromEntries(file.nodes.map(({ name, address }) => [name, address]))
  if (signed) {
    const { replicas, assets } = signed.manifest
    const missing = replicas.filter(name => !(name in nodes))
    if (missing.length > 0)
      found.wrong(
        'nodes',
        Object.keys(nodes).join(', '),
        `the manifest has ${missing.join(', ')} too`,
        'list each of its replicas',
      )
    const names = assets.map(a => a.name)
    const nowhere = names.filter(name => !(name in file.devices))
    if (nowhere.length > 0)
      found.wrong(
        'devices',
        null,
        `says not where ${nowhere.join(', ')} is`,
        'write an address for each asset of the manifest',
      )
    for (const name of Object.keys(file.devices).filter(name => !names.includes(name)))
      found.wrong(
        `devices.${name}`,
        file.devices[name]!,
        'is no asset of the manifest',
        `take it out; its assets: ${names.join(', ')}`,
      )
  }
  found.refuse()
  return {
    keys: found.path(file.keys),
    data: found.path(file.data),
    manifest: signed!,
    nodes,
    devices: file.devices,
    clock: { kind: 'host' },
    boot: machineBoot(),
  }
}
