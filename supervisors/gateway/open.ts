/**
 * A gateway under the newest manifest that it knows: the one it was commissioned with, or a later one that came through
 * the log. A change of manifest is durable first; the parent then starts the process anew under it, and the devices
 * hold meanwhile.
 */
import { Kept } from '../../protocol/kept.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { GatewayTree, type GatewayTreeOptions } from './tree.ts'

export async function openGateway(o: Omit<GatewayTreeOptions, 'adopt'>): Promise<GatewayTree> {
  const { control, disk } = o.ports
  const kept = await Kept.open(disk, 'manifest')
  return new GatewayTree({
    ...o,
    manifest: newest(kept, o.manifest),
    adopt: signed => {
      kept.put(JSON.stringify(signed)).then(
        () => control.exit(`manifest version ${signed.manifest.version} is in force`),
        error => control.exit(`manifest not kept: ${error}`),
      )
    },
  })
}

function newest(kept: Kept, given: SignedManifest): SignedManifest {
  const own = kept.found === null ? null : (JSON.parse(kept.found) as SignedManifest)
  return own && own.manifest.version > given.manifest.version ? own : given
}
