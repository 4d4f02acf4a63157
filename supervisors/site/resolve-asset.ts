/**
 * One asset of a site file as its manifest has it: settings, register map, envelope and fallback in smallest steps. Timers
 * are held against the cycle: what waits for a measurement needs three of them.
 */
import { Compile } from 'typebox/compile'
import { type Definitions, definitionOf } from '../../actors/controller/site.ts'
import type { AnyAsset } from '../../actors/kit/define.ts'
import { bounds, type Placed, place, resolveSettings, safeValues, startActor } from '../../actors/kit/host.ts'
import { unitOf } from '../../actors/kit/spec.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { assetName } from '../../protocol/words/ids.ts'
import type { ManifestAsset, SetpointEnvelope } from '../../protocol/words/manifest.ts'
import { RegisterMap } from '../../protocol/words/register-map.ts'
import { checkRegisterMap } from '../../protocol/words/register-map-check.ts'
import type { Unit } from '../../protocol/words/units.ts'
import type { SiteFile } from './file.ts'
import { steps } from './steps.ts'

const registerMap = Compile(RegisterMap)
/** Cycles that a timer which waits for a measurement must outlast. */
export const TIMER_CYCLES = 3
/** A site's values stay usable for so long, and for three cycles at least. */
export const VALIDITY_MS = 5_000
const FALLBACK_MS = 60_000

export function assetOf(
  name: string,
  entry: SiteFile['assets'][string],
  definitions: Definitions,
  cycleMs: number,
): ManifestAsset {
  const asset = definitionOf(definitions.assets, entry.type, 'UNKNOWN_ASSET_TYPE', `assets.${name}.type`)
  const settings = settingsOf(asset, `assets.${name}`, entry.settings ?? {})
  const map = mapOf(name, entry.field.map, asset, cycleMs)
  const timed = withTimers(asset, name, settings, entry.settings ?? {}, cycleMs)
  const placed = place(asset, name, timed)
  return {
    name: assetName(name),
    type: asset.spec.type,
    version: asset.spec.version,
    settings: timed,
    driver: 'modbus',
    map,
    envelope: envelopeOf(placed, entry),
    fallback: fallbackOf(placed, entry),
    staleAfterMs: Math.max(VALIDITY_MS, TIMER_CYCLES * cycleMs),
  }
}

function settingsOf(asset: AnyAsset, where: string, written: Record<string, string | number>) {
  const resolved = resolveSettings(asset, written)
  if (resolved.kind === 'refused')
    throw new Refusal('SITE_FILE', resolved.problems.map(p => `${where}.settings: ${p.text}`).join('\n'))
  return { ...resolved.values }
}

/** Settings that are delays of the chart: a default is raised to three cycles, a written one that is shorter refused. */
function withTimers(
  asset: AnyAsset,
  name: string,
  settings: Record<string, number | string>,
  written: Record<string, unknown>,
  cycleMs: number,
) {
  const least = TIMER_CYCLES * cycleMs
  for (const delay of Object.values(asset.spec.delays ?? {}) as string[]) {
    if (!delay.startsWith('settings.')) continue
    const setting = delay.slice('settings.'.length)
    const ms = settings[setting]
    if (typeof ms !== 'number' || ms >= least) continue
    if (setting in written)
      throw new Refusal(
        'TIMER_BELOW_CYCLE',
        `assets.${name}.settings.${setting} is ${ms} ms; three cycles are ${least} ms`,
      )
    settings[setting] = least
  }
  return settings
}

function mapOf(name: string, written: unknown, asset: AnyAsset, cycleMs: number): RegisterMap {
  if (!registerMap.Check(written)) {
    const first = registerMap.Errors(written)[0]
    throw new Refusal(
      'REGISTER_MAP',
      `assets.${name}.field.map${first?.instancePath.replaceAll('/', '.') ?? ''}: ${first?.message ?? ''}`,
    )
  }
  const map = structuredClone(written)
  // a point beyond the definition is measured for the record; an optional one may be missing
  const points = Object.entries(asset.spec.points)
    .filter(([point, declared]) => map.points[point] || !(declared as { optional?: boolean }).optional)
    .map(([point, declared]) => [point, unitOf(declared)] as const)
  const { setpoints, pulses = [] } = asset.spec
  const findings = checkRegisterMap(map, { points: Object.fromEntries(points), setpoints, pulses }).filter(
    f => f.code !== 'UNKNOWN_POINT',
  )
  if (findings.length > 0)
    throw new Refusal(
      findings.some(f => f.code === 'FLASH_CYCLIC') ? 'FLASH_CYCLIC' : 'REGISTER_MAP',
      findings.map(f => `${f.code} assets.${name}.field.map.${f.where}: ${f.message}`).join('\n'),
    )
  const least = TIMER_CYCLES * cycleMs
  const dog = map.watchdog
  if (!dog || dog.timeoutMs >= least) return map
  if (!dog.arm)
    throw new Refusal(
      'TIMER_BELOW_CYCLE',
      `assets.${name}: its watchdog of ${dog.timeoutMs} ms is below three cycles, ${least} ms, and cannot be set`,
    )
  // a watchdog that is armed by us is armed for as long as the cycle needs
  const value = Math.ceil((dog.arm.value * least) / dog.timeoutMs)
  return { ...map, watchdog: { ...dog, timeoutMs: least, arm: { ...dog.arm, value } } }
}

/** The asset's own limits at their widest, narrowed by the file. */
function envelopeOf(placed: Placed, entry: SiteFile['assets'][string]): Record<string, SetpointEnvelope> {
  const rated = ratings(placed)
  const safe = safeValues(placed)
  const all: Record<string, SetpointEnvelope> = {}
  for (const [setpoint, declared] of Object.entries(placed.asset.spec.setpoints) as [string, any][]) {
    const where = `assets.${placed.name}.envelope.${setpoint}`
    const narrow = entry.envelope?.[setpoint] ?? {}
    const unit = declared.unit as Unit
    const limit = (text: string | undefined, own: number) => (text === undefined ? own : steps(unit, text, where))
    const min = Math.max(rated[setpoint]!.min, limit(narrow.min, rated[setpoint]!.min))
    const max = Math.min(rated[setpoint]!.max, limit(narrow.max, rated[setpoint]!.max))
    if (min > max) throw new Refusal('CONTRADICTORY_LIMIT', `${where}: nothing is between min ${min} and max ${max}`)
    const rate = (text: string | undefined) => (text === undefined ? 0 : steps(`${unit}/s` as Unit, text, where))
    all[setpoint] = {
      min,
      max,
      rise: rate(narrow.rise ?? declared.rise),
      fall: rate(narrow.fall ?? declared.fall),
      safe: Math.max(min, Math.min(max, safe[setpoint]!)),
    }
  }
  return all
}

/** Limits named `rating`: what the device can ever do, whatever its state. */
function ratings(placed: Placed): Record<string, { min: number; max: number }> {
  const rating = Object.fromEntries(
    Object.entries(placed.asset.spec.limits).map(([setpoint, limits]) => [
      setpoint,
      (limits as any).rating ? { rating: (limits as any).rating } : {},
    ]),
  )
  const program = placed.asset.program.setpoints.map(plan => ({
    ...plan,
    limits: plan.limits.filter(l => l.name in rating[plan.name]!),
  }))
  const bare = { ...placed, asset: { ...placed.asset, program: { ...placed.asset.program, setpoints: program } } }
  return { ...bounds(bare, startActor(placed, 0, []), {}) }
}

function fallbackOf(placed: Placed, entry: SiteFile['assets'][string]): ManifestAsset['fallback'] {
  const values: Record<string, number> = { ...safeValues(placed) }
  for (const [setpoint, text] of Object.entries(entry.fallback?.values ?? {})) {
    const declared = placed.asset.spec.setpoints[setpoint] as { unit: Unit } | undefined
    if (!declared) throw new Refusal('SITE_FILE', `assets.${placed.name}.fallback: no setpoint '${setpoint}'`)
    values[setpoint] = steps(declared.unit, String(text), `assets.${placed.name}.fallback.${setpoint}`)
  }
  return {
    values,
    forMs: entry.fallback?.for ? steps('s', entry.fallback.for, `assets.${placed.name}.fallback.for`) : FALLBACK_MS,
  }
}
