/** A plant's configuration from its file. */
import { Found } from './found.ts'
import type { FileOf } from './shape.ts'

type PlantFile = FileOf<'plant'>
export interface PlantSetting {
  readonly data: string
  /** `host:port` of its Modbus server. */
  readonly address: string
  readonly seed: string
  readonly assets: PlantFile['plant']['assets']
}

/** Throws CONFIG. */
export function plantSettingOf(path: string, { data, address, plant }: PlantFile): PlantSetting {
  const found = new Found(path)
  const { seed, assets } = plant
  for (const key of ['name', 'unit'] as const)
    for (const [i, asset] of assets.entries())
      if (assets.findIndex(other => other[key] === asset[key]) !== i)
        found.wrong(`plant.assets.${i}.${key}`, String(asset[key]), 'is there already', 'give each device its own')
  if (assets.filter(a => a.type === 'grid').length > 1)
    found.wrong('plant.assets', null, 'has several connections to the grid', 'leave one')
  found.refuse()
  return { data: found.path(data), address, seed, assets }
}
