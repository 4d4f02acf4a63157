/** The project's own TypeScript: its files, what each imports, and its code without comments and text. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const FOLDERS = ['actors', 'edge', 'projections', 'protocol', 'sim', 'supervisors', 'test'] as const

export interface Source {
  /** From the root: `actors/kit/host.ts`. */
  readonly path: string
  /** Own files by path from the root, packages and `node:` modules by name. */
  readonly imports: readonly string[]
  readonly code: string
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g
const COMMENT_OR_TEXT = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g

export function sourceOf(path: string, text: string): Source {
  // a template that writes imports imports nothing
  const imports = [...text.matchAll(IMPORT)].map(m => (m[1] ?? m[2])!).filter(name => !name.includes('${'))
  const resolved = imports.map(name => (name.startsWith('.') ? normalize(join(dirname(path), name)) : name))
  return { path, imports: resolved, code: text.replace(COMMENT_OR_TEXT, '') }
}

export function sources(): Source[] {
  return FOLDERS.flatMap(folder => {
    try {
      const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      const own = files.filter(file => /\.tsx?$/.test(file) && !file.includes('node_modules'))
      return own.map(file => sourceOf(`${folder}/${file}`, readFileSync(join(ROOT, folder, file), 'utf8')))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  })
}
