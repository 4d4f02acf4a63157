/** What nobody said of an asset under test: a quiet moment of its device, and settings that the site file would give. */
import type { PointValues } from '../../actors/kit/host.ts'
import { type AnySpec, unitOf } from '../../actors/kit/spec.ts'
import type { Unit } from '../../protocol/words/units.ts'

const TYPICAL: Readonly<Record<Unit, number>> = {
  W: 0,
  var: 0,
  VA: 0,
  V: 230_000,
  A: 0,
  '%': 500,
  '°C': 200,
  Hz: 50_000,
  Wh: 0,
  s: 0,
  'W/s': 0,
}
/** A quiet moment: the first of the words, a usual number. */
export const typical = (spec: AnySpec): PointValues =>
  Object.fromEntries(
    Object.entries(spec.points).map(([name, declared]) => {
      const unit = unitOf(declared)
      return [name, typeof unit === 'string' ? TYPICAL[unit] : unit[0]!]
    }),
  )
export const onlyDeclared = (spec: AnySpec, said: PointValues): PointValues =>
  Object.fromEntries(Object.entries(said).filter(([name, value]) => name in spec.points && value !== undefined))

const ASSUMED: Readonly<Record<Unit, string>> = {
  W: '5 kW',
  var: '5 kvar',
  VA: '5 kVA',
  V: '230 V',
  A: '10 A',
  '%': '50 %',
  '°C': '40 °C',
  Hz: '50 Hz',
  Wh: '10 kWh',
  s: '5 s',
  'W/s': '1 kW/s',
}
export function assumedSettings(spec: AnySpec, given: Readonly<Record<string, string>>): Record<string, string> {
  const missing = Object.entries(spec.settings).filter(
    ([name, declared]) => !(name in given) && typeof declared === 'string',
  )
  return Object.fromEntries(missing.map(([name, unit]) => [name, ASSUMED[unit as Unit]]))
}
