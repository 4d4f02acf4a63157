/**
 * What is asked for the assets of a file, shared out: `TYPE.NAME` is for one of them, a plain name for each that
 * declares it. Whatever nobody declares is refused.
 */
import type { AnyAsset } from '../../actors/kit/define.ts'
import type { PointValues } from '../../actors/kit/host.ts'
import { nearest } from '../../actors/kit/nearest.ts'
import { read } from '../../actors/kit/settings.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Asked } from './test.ts'

type Texts = Readonly<Record<string, string>>
/** As people write it. */
export interface Written {
  readonly settings: Texts
  /** By name. */
  readonly frames: Readonly<Record<string, Texts>>
}
const typeOf = (asset: AnyAsset): string => asset.spec.type
const declares = (of: object, names: readonly string[]): boolean => names.every(name => Object.hasOwn(of, name))

/** What this one of a file's assets is asked. Throws USAGE. */
export function askedOf(asset: AnyAsset, assets: readonly AnyAsset[], { settings, frames }: Written): Asked {
  const ofAsset = <T>(option: string, all: Readonly<Record<string, T>>, takes: Takes<T>) =>
    shared(option, all, asset, assets, takes)
  const frame = (name: string, values: Texts): PointValues =>
    Object.fromEntries(
      Object.entries(values).map(([point, text]) => [point, pointOf(asset, `--frame ${name}`, point, text)]),
    )
  return {
    settings: ofAsset('settings', settings, (of, name) => declares(of.spec.settings, [name])),
    frames: Object.fromEntries(
      Object.entries(ofAsset('frame', frames, (of, _, values) => declares(of.spec.points, Object.keys(values)))).map(
        ([name, values]) => [name, frame(name, values)],
      ),
    ),
  }
}

type Takes<T> = (asset: AnyAsset, name: string, value: T) => boolean
function shared<T>(
  option: string,
  all: Readonly<Record<string, T>>,
  asset: AnyAsset,
  assets: readonly AnyAsset[],
  takes: Takes<T>,
): Record<string, T> {
  const plain: Record<string, T> = {}
  const named: Record<string, T> = {}
  for (const [written, value] of Object.entries(all)) {
    const [type, name] = written.split('.') as [string, string?]
    if (name === undefined) {
      // what nobody takes is given to everybody, who says what is wrong with it
      if (takes(asset, written, value) || !assets.some(a => takes(a, written, value))) plain[written] = value
      continue
    }
    const types = assets.map(typeOf)
    if (!types.includes(type))
      throw new Refusal('USAGE', `--${option} ${written}: the file has no asset '${type}'${nearest(type, types)}`)
    if (type === typeOf(asset)) named[name] = value
  }
  return { ...plain, ...named }
}

function pointOf({ spec }: AnyAsset, frame: string, point: string, text: string): number | string {
  const points = spec.points as Readonly<Record<string, unknown>>
  if (!(point in points))
    throw new Refusal('USAGE', `${frame}: ${spec.type} has no point '${point}'${nearest(point, Object.keys(points))}`)
  try {
    return read(points[point], text, `${frame}: ${point}`)
  } catch (error) {
    throw new Refusal('USAGE', (error as Error).message)
  }
}
