/** Where the command line finds the doors of a deployment: written with its folders, by nobody else. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Apis {
  /** Name -> `host:port`. */
  readonly http: Readonly<Record<string, string>>
  /** The file with the bearer token, from the folder. */
  readonly token: string
  /** `https://host:port` of each address at which people look on. */
  readonly inspectors: readonly string[]
}
export const apisFile = (dir: string): string => join(dir, 'apis.json')

/** Null: no deployment was written into the folder. */
export function apisIn(dir: string): Apis | null {
  const file = apisFile(dir)
  if (!existsSync(file)) return null
  const apis = JSON.parse(readFileSync(file, 'utf8')) as Apis
  return { ...apis, token: join(dir, apis.token) }
}
