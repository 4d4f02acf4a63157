/** A site as the gateway sees it in one evaluation: two batteries, PV, a meter. */
import type { Applied, Situation, Target } from '../../../edge/target.ts'
import type { Actions, LocalLaw, SetpointAction } from '../../../protocol/words/candidate.ts'
import type { ManifestAsset, SetpointEnvelope } from '../../../protocol/words/manifest.ts'

export const NOW_MS = 100_000
const asset = (name: string, setpoint: string, envelope: SetpointEnvelope, settings: object): ManifestAsset => ({
  name,
  type: 'any',
  version: 1,
  settings: settings as ManifestAsset['settings'],
  driver: 'modbus',
  map: {
    points: {},
    setpoints: { [setpoint]: { register: 1, type: 'int16', unit: 'W', scale: { num: 10 }, storage: 'RAM' } },
  },
  envelope: { [setpoint]: envelope },
  fallback: { values: { [setpoint]: envelope.safe }, forMs: 60_000 },
  staleAfterMs: 5_000,
})
const cells = { energy: 8_000, socMin: 100, socMax: 900, chargeMax: 3_000, dischargeMax: 3_000 }
const batteryEnvelope = { min: -3_000, max: 3_000, rise: 50_000, fall: 50_000, safe: 0 }
export const assets = [
  asset('bat1', 'power', batteryEnvelope, cells),
  asset('bat2', 'power', batteryEnvelope, cells),
  asset('pv1', 'powerMax', { min: 0, max: 8_000, rise: 0, fall: 0, safe: 8_000 }, {}),
]
/** bat1's envelope, changed. */
export const withEnvelope = (change: Partial<SetpointEnvelope>): readonly ManifestAsset[] => [
  { ...assets[0]!, envelope: { power: { ...batteryEnvelope, ...change } } },
  ...assets.slice(1),
]
export const fcrLaw = {
  law: 'fcr',
  asset: 'bat1',
  setpoint: 'power',
  meter: 'grid',
  reserveW: 1_000,
  fullDeviationMhz: 200,
  deadbandMhz: 10,
  nominalMhz: 50_000,
  voltageMinMv: 180_000,
  frequencyMinMhz: 47_000,
  frequencyMaxMhz: 53_000,
  slewMhzPerSMax: 1_000,
  frozenAfterMs: 30_000,
} as const satisfies LocalLaw
export const exportLaw = {
  law: 'exportLimit',
  asset: 'pv1',
  setpoint: 'powerMax',
  meter: 'grid',
  limitW: 5_000,
  blindW: 500,
} as const satisfies LocalLaw

export const held = (value: number, local = 0, agoMs = 1_000): Applied => ({ value, local, atMs: NOW_MS - agoMs })
export function action(value: number, change: Partial<SetpointAction> = {}): SetpointAction {
  return { value, min: -3_000, max: 3_000, rise: 0, fall: 0, why: 'test', ...change }
}
/** Setpoints by asset; `pv1` caps, the others are powers. */
export function actionsOf(
  by: Readonly<Record<string, SetpointAction>>,
  laws: readonly LocalLaw[] = [],
  mode: Actions['mode'] = 'automatic',
): Actions {
  const entry = (name: string, a: SetpointAction) => ({
    setpoints: { [name === 'pv1' ? 'powerMax' : 'power']: a },
    pulses: [],
  })
  const all = Object.fromEntries(Object.entries(by).map(([name, a]) => [name, entry(name, a)]))
  return { mode, assets: all, laws: [...laws], commands: [] }
}
export const grid = { power: 0, frequency: 50_000, voltage: 230_000 }
export function situation(change: Partial<Situation> = {}): Situation {
  const values = change.values ?? {
    grid,
    bat1: { soc: 500, power: 0 },
    bat2: { soc: 500, power: 0 },
    pv1: { power: 0 },
  }
  return {
    nowMs: NOW_MS,
    cycleMs: 1_000,
    evaluatedMs: NOW_MS - 1_000,
    assets,
    laws: [],
    actions: actionsOf({ bat1: action(0), bat2: action(0), pv1: action(8_000, { min: 0, max: 8_000 }) }),
    govern: { bat1: 'verdict', bat2: 'verdict', pv1: 'verdict' },
    envelopePermille: 1_000,
    values,
    fresh: values,
    applied: { 'bat1.power': held(0), 'bat2.power': held(0), 'pv1.powerMax': held(8_000) },
    frequency: {},
    limits: { importMaxW: 14_000, exportMaxW: 10_000, meter: 'grid' },
    ...change,
  }
}
export const targetOf = (targets: readonly Target[], asset: string): Target => targets.find(t => t.asset === asset)!
