/** The process behind `quorate asset test`: walks the paths of each asset of a file and tells what it found. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parse } from 'yaml'
import type { AnyAsset } from '../../actors/kit/define.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { RegisterMap } from '../../protocol/words/register-map.ts'
import { hostClock } from '../../supervisors/real/clock.ts'
import type { Tested } from '../../supervisors/records/asset-words.ts'
import { Progress } from '../../supervisors/records/progress.ts'
import { askedOf, type Written } from '../asset/asked.ts'
import { PlantDevice, SIMULATED } from '../asset/plant-device.ts'
import { testAsset } from '../asset/test.ts'

interface Request extends Written {
  readonly file: string
}
type Answer =
  | { readonly kind: 'tested'; readonly tested: readonly Tested[] }
  | { readonly kind: 'refused'; readonly reason: string }

const { file, ...written } = JSON.parse(process.argv[2]!) as Request

function deviceOf({ spec }: AnyAsset): PlantDevice | null {
  const known = SIMULATED[spec.type]
  if (!known) return null
  const map = fileURLToPath(new URL(`../sites/maps/${known.map}`, import.meta.url))
  return new PlantDevice(known.device, parse(readFileSync(map, 'utf8')) as RegisterMap)
}

function test(asset: AnyAsset): Tested {
  let progress: Progress | undefined
  return testAsset(asset, deviceOf(asset), askedOf(asset, assets, written), (_, of) => {
    progress ??= new Progress(asset.spec.type, of, hostClock, line => void process.stderr.write(`${line}\n`), 'paths')
    progress.advance(1)
  })
}

const exported = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>
const assets = (Object.values(exported) as any[]).filter(v => v?.spec?.type && v?.program) as AnyAsset[]
/** What the person who asked can mend. Anything else is a bug, and ends this process with its stack. */
function reasonOf(error: unknown): string | null {
  if (error instanceof Refusal) return error.detail
  const tooMany = (error as Error).message.startsWith('Traversal limit')
  return tooMany ? 'more situations than can be walked: fewer regions or timers at once, or two assets' : null
}
const answer = (): Answer => {
  try {
    return { kind: 'tested', tested: assets.map(test) }
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === null) throw error
    return { kind: 'refused', reason }
  }
}
process.send!(answer(), () => process.disconnect())
