/**
 * Plants one bug of the catalogue into a process's sources as they are loaded, before anything else is. The files on
 * disk, and so the product, know nothing of it.
 */
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { MUTATIONS, planted } from './catalogue.ts'

const name = process.env.QUORATE_MUTATION
const mutation = MUTATIONS.find(m => m.name === name)
if (!mutation) throw new Error(`no mutation '${name}'`)
const root = fileURLToPath(new URL('../../', import.meta.url))
const files = new Map(mutation.changes.map(({ file }) => [new URL(`file://${root}${file}`).href, file]))

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    const file = files.get(url)
    return file === undefined ? loaded : { ...loaded, source: planted(mutation, file, String(loaded.source)) }
  },
})
