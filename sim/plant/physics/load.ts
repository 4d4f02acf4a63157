/**
 * Consumption made from a seed. A load never gives: its power is <= 0, W (positive discharges or exports).
 */
import { seedOf, smoothNoise, uniformAt } from './noise.ts'

export type LoadProfile = 'household' | 'commercial'

/** Mean power of each hour of a day, W: the shape of BDEW's standard load profiles H0 and G0, scaled. */
const HOURLY: Record<LoadProfile, readonly number[]> = {
  household: [
    260, 220, 200, 190, 190, 210, 330, 470, 500, 480, 470, 520, 580, 540, 470, 450, 490, 620, 780, 820, 740, 600, 450,
    330,
  ],
  commercial: [
    900, 850, 850, 850, 900, 1100, 1900, 3400, 4800, 5300, 5400, 5300, 4900, 5100, 5200, 4900, 4300, 3300, 2300, 1800,
    1500, 1300, 1100, 1000,
  ],
}

/** Base by linear interpolation of the hours, 8 % noise, and an appliance of 2 kW in one 10 min slot of eight at home. */
export function loadW(profile: LoadProfile, seed: string, utcMs: number): number {
  const hours = (((utcMs % 86_400_000) + 86_400_000) % 86_400_000) / 3_600_000
  const table = HOURLY[profile]
  const hour = Math.floor(hours)
  const a = table[hour]!
  const base = a + (table[(hour + 1) % 24]! - a) * (hours - hour)
  const noise = 1 + 0.08 * smoothNoise(seedOf(`${seed}/load`), utcMs, 20_000)
  const slot = uniformAt(seedOf(`${seed}/appliance`), Math.floor(utcMs / 600_000))
  const appliance = profile === 'household' && slot < 0.125 && hours > 7 && hours < 22 ? 2_000 : 0
  return -(base * noise + appliance)
}
