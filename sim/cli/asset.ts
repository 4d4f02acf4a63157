/** The process behind `quorate asset test`: walks the paths of each asset of a file and tells what it found. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parse } from 'yaml'
import type { AnyAsset } from '../../actors/kit/define.ts'
import { read } from '../../actors/kit/settings.ts'
import type { RegisterMap } from '../../protocol/words/register-map.ts'
import { hostClock } from '../../supervisors/real/clock.ts'
import type { Tested } from '../../supervisors/records/asset-words.ts'
import { Progress } from '../../supervisors/records/progress.ts'
import { PlantDevice, SIMULATED } from '../asset/plant-device.ts'
import { testAsset } from '../asset/test.ts'

interface Request {
  readonly file: string
  readonly settings: Readonly<Record<string, string>>
  /** By name, points as people write them. */
  readonly frames: Readonly<Record<string, Readonly<Record<string, string>>>>
}
type Answer =
  | { readonly kind: 'tested'; readonly tested: readonly Tested[] }
  | { readonly kind: 'refused'; readonly reason: string }

const { file, settings, frames } = JSON.parse(process.argv[2]!) as Request

function deviceOf({ spec }: AnyAsset): PlantDevice | null {
  const known = SIMULATED[spec.type]
  if (!known) return null
  const map = fileURLToPath(new URL(`../sites/maps/${known.map}`, import.meta.url))
  return new PlantDevice(known.device, parse(readFileSync(map, 'utf8')) as RegisterMap)
}

function test(asset: AnyAsset): Tested {
  const points = asset.spec.points as Readonly<Record<string, unknown>>
  const own = Object.entries(frames).map(([name, values]) => {
    const read1 = Object.entries(values).map(([point, text]) => {
      if (!(point in points)) throw new TypeError(`--frame ${name}: ${asset.spec.type} has no point '${point}'`)
      return [point, read(points[point], text, `--frame ${name}: ${point}`)] as const
    })
    return [name, Object.fromEntries(read1)] as const
  })
  let progress: Progress | undefined
  return testAsset(asset, deviceOf(asset), { settings, frames: Object.fromEntries(own) }, (_, of) => {
    progress ??= new Progress(asset.spec.type, of, hostClock, line => void process.stderr.write(`${line}\n`), 'paths')
    progress.advance(1)
  })
}

const exported = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>
const assets = (Object.values(exported) as any[]).filter(v => v?.spec?.type && v?.program) as AnyAsset[]
/** What the person who asked can mend. Anything else is a bug. */
function reasonOf(error: unknown): string | null {
  if (error instanceof TypeError) return error.message
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
