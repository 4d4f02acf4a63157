/**
 * A gateway under the newest manifest that it knows: the one it was commissioned with, or a later one that came through
 * the log. A change of manifest is durable first; the parent then starts the process anew under it, and the devices
 * hold meanwhile.
 */
import type { DiskFile } from '../../protocol/ports.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { GatewayTree, type GatewayTreeOptions } from './tree.ts'

export async function openGateway(o: Omit<GatewayTreeOptions, 'adopt'>): Promise<GatewayTree> {
  const { control, disk } = o.ports
  const kept = await disk.open('manifest')
  return new GatewayTree({
    ...o,
    manifest: await newest(kept, o.manifest),
    adopt: signed => {
      kept.replace(new TextEncoder().encode(JSON.stringify(signed))).then(
        () => control.exit(`manifest version ${signed.manifest.version} is in force`),
        error => control.exit(`manifest not kept: ${error}`),
      )
    },
  })
}

async function newest(kept: DiskFile, given: SignedManifest): Promise<SignedManifest> {
  const text = new TextDecoder().decode(await kept.read())
  const own = text === '' ? null : (JSON.parse(text) as SignedManifest)
  return own && own.manifest.version > given.manifest.version ? own : given
}
