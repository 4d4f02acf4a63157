/**
 * The plant's meters, mWh since its start: each asset's, and the sums over the site.
 *
 * Busbar: imported + produced + returned + discharged = exported + consumed + charged.
 * Stores: stored = storedAtStart + charged - discharged - losses.
 */
import type { PlantState } from './state.ts'

interface SiteEnergy {
  readonly importedMwh: number
  readonly exportedMwh: number
  readonly producedMwh: number
  readonly consumedMwh: number
  readonly returnedMwh: number
  readonly chargedMwh: number
  readonly dischargedMwh: number
  readonly lossesMwh: number
  readonly storedMwh: number
}
export interface PlantMeters extends SiteEnergy {
  readonly tMs: number
  readonly assets: Readonly<Record<string, Partial<SiteEnergy>>>
}

export function meters(state: PlantState): PlantMeters {
  const assets = Object.fromEntries(Object.entries(state.assets).map(([name, a]) => [name, energyOf(a)]))
  const sum = (key: keyof SiteEnergy) => Object.values(assets).reduce((total, e) => total + (e[key] ?? 0), 0)
  return {
    tMs: state.tMs,
    importedMwh: sum('importedMwh'),
    exportedMwh: sum('exportedMwh'),
    producedMwh: sum('producedMwh'),
    consumedMwh: sum('consumedMwh'),
    returnedMwh: sum('returnedMwh'),
    chargedMwh: sum('chargedMwh'),
    dischargedMwh: sum('dischargedMwh'),
    lossesMwh: sum('lossesMwh'),
    storedMwh: sum('storedMwh'),
    assets,
  }
}

function energyOf(a: PlantState['assets'][string]): Partial<SiteEnergy> {
  if (a.type === 'battery')
    return {
      chargedMwh: a.chargedMwh,
      dischargedMwh: a.dischargedMwh,
      lossesMwh: a.lossesMwh,
      storedMwh: a.cells.storedMwh,
    }
  if (a.type === 'pv') return { producedMwh: a.producedMwh }
  if (a.type === 'load') return { consumedMwh: a.consumedMwh, returnedMwh: a.returnedMwh }
  return { importedMwh: a.importedMwh, exportedMwh: a.exportedMwh }
}
