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
const file = fileURLToPath(new URL(`../../${mutation.file}`, import.meta.url))

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (url !== new URL(`file://${file}`).href) return loaded
    return { ...loaded, source: planted(mutation, String(loaded.source)) }
  },
})
