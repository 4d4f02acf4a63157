/**
 * The engine: everything that a decision depends on. Its hash is over the sources of actors/, protocol/words and
 * protocol/codec, the site's own definitions, and the versions of XState and Node. Two replicas of one hash decide
 * alike; the voting one changes only by manifest (S18).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Definitions } from '../../actors/controller/site.ts'
import { builtIn } from '../../actors/engine.ts'
import { sha256 } from '../../protocol/codec/canonical.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Digest } from '../../protocol/words/ids.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SOURCES = ['actors', 'protocol/words', 'protocol/codec']

export interface Engine {
  readonly hash: Digest
  readonly definitions: Definitions
}

/** Throws ASSET_DEFINITION where a definition of the site is refused. */
export async function openEngine(own: readonly string[]): Promise<Engine> {
  return { hash: engineHash(own), definitions: await withOwn(own) }
}

function engineHash(own: readonly string[]): Digest {
  const files = SOURCES.flatMap(folder => sources(join(ROOT, folder))).map(
    file => [relative(ROOT, file), file] as const,
  )
  const named = own.map((file, i) => [`definition ${i}`, file] as const)
  const require = createRequire(import.meta.url)
  const xstate = (JSON.parse(readFileSync(require.resolve('xstate/package.json'), 'utf8')) as { version: string })
    .version
  const parts = [...files, ...named].map(([name, file]) => `${name} ${sha256(readFileSync(file, 'utf8'))}`)
  return sha256([`node ${process.versions.node}`, `xstate ${xstate}`, ...parts].join('\n'))
}

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .sort()
    .map(name => join(folder, name))

/** Every exported asset and strategy of the site's own files, beside ours; a name may not be taken twice. */
async function withOwn(own: readonly string[]): Promise<Definitions> {
  const assets: Record<string, any> = { ...builtIn.assets }
  const strategies: Record<string, any> = { ...builtIn.strategies }
  for (const file of own) {
    let exported: Record<string, unknown>
    try {
      exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>
    } catch (error) {
      throw new Refusal('ASSET_DEFINITION', `${relative(dirname(file), file)}: ${(error as Error).message}`)
    }
    for (const value of Object.values(exported) as any[]) {
      const into = value?.spec?.type && value?.program ? assets : value?.propose && value?.type ? strategies : null
      const type: string = value?.spec?.type ?? value?.type
      if (!into) continue
      if (type in into) throw new Refusal('ASSET_DEFINITION', `'${type}' is defined twice`)
      into[type] = value
    }
  }
  return { assets, strategies }
}
