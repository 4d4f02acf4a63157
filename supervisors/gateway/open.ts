/**
 * A gateway under the newest manifest that it knows: the one it was commissioned with, or a later one that came through
 * the log. A change of manifest is durable first. One that changes only whom of the people the site listens to is taken
 * up as the gateway goes; under any other the parent starts the process anew, and the devices hold meanwhile.
 */
import { Kept } from '../../protocol/kept.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { GatewayTree, type GatewayTreeOptions } from './tree.ts'

export async function openGateway(o: Omit<GatewayTreeOptions, 'keep' | 'anew'>): Promise<GatewayTree> {
  const { control, disk } = o.ports
  const kept = await Kept.open(disk, 'manifest')
  return new GatewayTree({
    ...o,
    manifest: newest(kept, o.manifest),
    keep: signed =>
      kept.put(JSON.stringify(signed)).catch(error => {
        control.exit(`manifest not kept: ${error}`)
        throw error
      }),
    anew: ({ manifest }) => control.exit(`manifest version ${manifest.version} is in force`),
  })
}

function newest(kept: Kept, given: SignedManifest): SignedManifest {
  const own = kept.found === null ? null : (JSON.parse(kept.found) as SignedManifest)
  return own && own.manifest.version > given.manifest.version ? own : given
}
