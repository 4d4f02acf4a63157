/** `quorate backup` and `quorate restore`: a site's memory into a folder, and from there into a new data folder. */
import { resolve } from 'node:path'
import { SiteFold } from '../../actors/controller/fold.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { lengthOf, sweep } from '../records/sweep.ts'
import { type Backup, backUp, type Regained, restore as restoreFrom } from '../run/backup.ts'
import { folders } from '../run/prepare.ts'
import { definitionOption, Folder, foldOptions, progressOn } from './folder.ts'
import { dataOption, jsonOption } from './options.ts'
import type { Call, Verb } from './verb.ts'

export const backup: Verb = {
  name: 'backup',
  arguments: 'FOLDER',
  text: 'Copies the log and the manifest of a site into a new folder, with checksums; also while a run is going. No keys',
  options: { data: dataOption, json: jsonOption },
  async run(call) {
    const to = folderOf(call)
    const { dir, manifest } = new Folder(call)
    const made = await backUp(dir, to, manifest)
    if (call.flag('json')) call.say(JSON.stringify({ kind: 'backedUp', to, ...made }))
    else call.say(`${inWords(made)} in ${to}; keys are not in it: keep ${folders(dir).keys('')} where secrets are kept`)
    return 0
  },
}

export const restore: Verb = {
  name: 'restore',
  arguments: 'FOLDER',
  text: 'Makes a new data folder of a backup, after checking it; the gateway begins far above what the log knows of',
  options: { data: dataOption, definition: definitionOption, json: jsonOption },
  async run(call) {
    const data = resolve(call.text('data')!)
    let position = -1
    const made = await restoreFrom(folderOf(call), data, async building => {
      const fold = await folded(building, call)
      position = fold.position
      return regained(fold)
    })
    if (call.flag('json')) call.say(JSON.stringify({ kind: 'restored', data, position, ...made }))
    else {
      call.say(`${inWords(made)}, up to position ${position}, in ${data}`)
      call.say(
        `put the keys of its manifest into ${folders(data).keys('')} and start it with \`quorate run --data ${data}\``,
      )
    }
    return 0
  },
}

function folderOf(call: Call): string {
  const [folder, more] = call.positionals
  if (folder === undefined || more !== undefined) throw new Refusal('USAGE', 'name one folder for the backup')
  return resolve(folder)
}

async function folded(dir: string, call: Call): Promise<SiteFold> {
  const folder = new Folder(call, dir)
  try {
    const facts = await folder.log('facts')
    const { fold: options } = await foldOptions({ manifest: folder.manifest, facts }, call)
    const fold = new SiteFold(options)
    const progress = progressOn(await lengthOf(facts, folder.partition))('restore')
    for await (const records of sweep(facts, folder.partition)) {
      for (const { position, body } of records) fold.take(position, body)
      progress.advance(records.length)
    }
    return fold
  } finally {
    await folder.close()
  }
}
/** Throws BACKUP_DAMAGED. */
function regained({ state, manifest }: SiteFold): Regained {
  const gateway = manifest && Object.values(manifest.keys).find(key => key.roles.includes('gateway'))
  if (!state || !gateway) throw new Refusal('BACKUP_DAMAGED', 'its log has no manifest of the site')
  return { state, publicKey: gateway.publicKey }
}

const inWords = ({ site, files }: Backup): string =>
  `site ${site}: ${files.length} files, ${Math.ceil(files.reduce((sum, f) => sum + f.bytes, 0) / 1_024)} KiB`
