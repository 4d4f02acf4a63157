/**
 * From a site file to its manifest: everything resolved to smallest steps and canonical, nothing left to look up.
 * Timers are held against the cycle: what waits for a measurement needs three of them.
 */

import { Compile } from 'typebox/compile'
import { type Definitions, siteOf } from '../../actors/controller/site.ts'
import type { AnyAsset } from '../../actors/kit/define.ts'
import { bounds, type Placed, place, resolveSettings, safeValues, startActor } from '../../actors/kit/host.ts'
import { unitOf } from '../../actors/kit/spec.ts'
import type { LocalLaw } from '../../protocol/words/candidate.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { assetName, siteId, tenantId } from '../../protocol/words/ids.ts'
import type { Manifest, ManifestAsset, ManifestStrategy, SetpointEnvelope } from '../../protocol/words/manifest.ts'
import { RegisterMap } from '../../protocol/words/register-map.ts'
import { checkRegisterMap } from '../../protocol/words/register-map-check.ts'
import { parse, raw, type Unit } from '../../protocol/words/units.ts'
import type { SiteFile } from './file.ts'

const registerMap = Compile(RegisterMap)
const DEFAULTS = {
  cycleMs: 1_000,
  fastMs: 1_000,
  /** D as a share of T. */
  deadlinePercent: 60,
  validityMs: 5_000,
  fallbackMs: 60_000,
  stateHashEvery: 10,
}
/** Cycles that a timer which waits for a measurement must outlast. */
const TIMER_CYCLES = 3

export interface Identity {
  readonly keys: Manifest['keys']
  readonly replicas: readonly string[]
  readonly threshold: number
  readonly engine: string
}
export interface ResolveOptions {
  readonly cycleMs?: number
  readonly version?: number
  readonly previous?: string | null
  readonly partition?: number
}

const steps = (unit: Unit, text: string, where: string): number => {
  try {
    return raw(parse(unit, text, where))
  } catch (error) {
    throw new Refusal('SITE_FILE', (error as Error).message)
  }
}

export function resolveSite(file: SiteFile, definitions: Definitions, who: Identity, o: ResolveOptions = {}): Manifest {
  const cycleMs = o.cycleMs ?? (file.cycle ? steps('s', file.cycle, 'cycle') : DEFAULTS.cycleMs)
  const validityMs = file.validity
    ? steps('s', file.validity, 'validity')
    : Math.max(DEFAULTS.validityMs, TIMER_CYCLES * cycleMs)
  const fastMs = Math.min(cycleMs, file.fastCycle ? steps('s', file.fastCycle, 'fastCycle') : DEFAULTS.fastMs)
  const deadlineMs = file.deadline
    ? steps('s', file.deadline, 'deadline')
    : Math.floor((cycleMs * DEFAULTS.deadlinePercent) / 100)
  const manifest: Manifest = {
    v: 1,
    tenant: tenantId(file.tenant ?? 'local'),
    site: siteId(file.site),
    title: file.title ?? file.site,
    partition: o.partition ?? 0,
    version: o.version ?? 1,
    previous: o.previous ?? null,
    fromCycle: null,
    timing: { cycleMs, deadlineMs, validityMs, fastMs },
    replicas: [...who.replicas],
    keys: who.keys,
    threshold: who.threshold,
    engines: [{ hash: who.engine, fromCycle: 0 }],
    assets: Object.entries(file.assets).map(([name, entry]) => assetOf(name, entry, definitions, cycleMs)),
    strategies: (file.strategies ?? []).map((s, i) => strategyOf(s, i, definitions)),
    laws: (file.laws ?? []).map((law, i) => lawOf(law, i, file.connection.meter)),
    limits: {
      meter: file.connection.meter,
      importMaxW: steps('W', file.connection.importMax, 'connection.importMax'),
      exportMaxW: steps('W', file.connection.exportMax, 'connection.exportMax'),
    },
    single: file.single
      ? {
          forMs: steps('s', file.single.for, 'single.for'),
          envelopePermille: steps('%', file.single.envelope, 'single.envelope'),
        }
      : null,
    stateHashEvery: DEFAULTS.stateHashEvery,
  }
  checkReferences(manifest)
  checkRegisters(file)
  siteOf(manifest, definitions) // roles and types fit, charts start
  return manifest
}

function assetOf(
  name: string,
  entry: SiteFile['assets'][string],
  definitions: Definitions,
  cycleMs: number,
): ManifestAsset {
  const asset = definitions.assets[entry.type]
  if (!asset) {
    const known = Object.keys(definitions.assets).join(', ')
    throw new Refusal('UNKNOWN_ASSET_TYPE', `assets.${name}.type: '${entry.type}' is not known; known: ${known}`)
  }
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
    staleAfterMs: Math.max(DEFAULTS.validityMs, TIMER_CYCLES * cycleMs),
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
    forMs: entry.fallback?.for
      ? steps('s', entry.fallback.for, `assets.${placed.name}.fallback.for`)
      : DEFAULTS.fallbackMs,
  }
}

function strategyOf(
  s: NonNullable<SiteFile['strategies']>[number],
  i: number,
  definitions: Definitions,
): ManifestStrategy {
  const strategy = definitions.strategies[s.type]
  if (!strategy) {
    const known = Object.keys(definitions.strategies).join(', ')
    throw new Refusal('UNKNOWN_STRATEGY_TYPE', `strategies[${i}].type: '${s.type}' is not known; known: ${known}`)
  }
  const resolved = resolveSettings({ spec: { settings: strategy.settings } }, s.settings ?? {})
  if (resolved.kind === 'refused')
    throw new Refusal('SITE_FILE', resolved.problems.map(p => `strategies[${i}].settings: ${p.text}`).join('\n'))
  const roles = Object.entries(s.roles).map(([role, names]) => [role, [names].flat()])
  for (const role of Object.keys(strategy.roles))
    if (!(role in s.roles)) throw new Refusal('SITE_FILE', `strategies[${i}] binds no role '${role}'`)
  return {
    name: s.name ?? s.type,
    type: s.type,
    version: strategy.version,
    priority: s.priority ?? i + 1,
    settings: { ...resolved.values },
    roles: Object.fromEntries(roles),
  }
}

function lawOf(law: NonNullable<SiteFile['laws']>[number], i: number, meter: string): LocalLaw {
  const where = `laws[${i}]`
  if (law.law === 'exportLimit')
    return {
      law: 'exportLimit',
      asset: law.asset,
      setpoint: law.setpoint ?? 'powerMax',
      meter: law.meter ?? meter,
      limitW: steps('W', law.limit, `${where}.limit`),
      blindW: law.blind ? steps('W', law.blind, `${where}.blind`) : 0,
    }
  const nominalMhz = steps('Hz', law.nominal ?? '50 Hz', `${where}.nominal`)
  return {
    law: 'fcr',
    asset: law.asset,
    setpoint: law.setpoint ?? 'power',
    meter: law.meter ?? meter,
    reserveW: steps('W', law.reserve, `${where}.reserve`),
    fullDeviationMhz: steps('Hz', law.fullDeviation ?? '200 mHz', `${where}.fullDeviation`),
    deadbandMhz: steps('Hz', law.deadband ?? '10 mHz', `${where}.deadband`),
    nominalMhz,
    voltageMinMv: steps('V', law.voltageMin, `${where}.voltageMin`),
    frequencyMinMhz: nominalMhz - 3_000,
    frequencyMaxMhz: nominalMhz + 3_000,
    slewMhzPerSMax: 1_000,
    frozenAfterMs: 30_000,
  }
}

function checkReferences(m: Manifest): void {
  const names = new Set(m.assets.map(a => a.name))
  const must = (name: string, where: string) => {
    if (!names.has(name))
      throw new Refusal('SITE_FILE', `${where}: no asset '${name}'; assets: ${[...names].join(', ')}`)
  }
  must(m.limits.meter, 'connection.meter')
  m.laws.forEach((law, i) => {
    must(law.asset, `laws[${i}].asset`)
    must(law.meter, `laws[${i}].meter`)
    const asset = m.assets.find(a => a.name === law.asset)!
    if (!asset.envelope[law.setpoint])
      throw new Refusal('SITE_FILE', `laws[${i}].setpoint: ${law.asset} has no setpoint '${law.setpoint}'`)
  })
}

/** No two assets may write one register of one device. */
function checkRegisters(file: SiteFile): void {
  const writers = new Map<string, string>()
  for (const [name, { field }] of Object.entries(file.assets)) {
    const map = field.map as RegisterMap
    const written = [...Object.values(map.setpoints ?? {}), ...(map.watchdog ? [map.watchdog] : [])]
    const registers = new Set([
      ...written.map(r => r.register),
      ...Object.values(map.pulses ?? {}).map(r => r.register),
    ])
    for (const register of registers) {
      const key = `${field.address} register ${register}`
      const other = writers.get(key)
      if (other !== undefined) throw new Refusal('REGISTER_CONFLICT', `'${other}' and '${name}' both write ${key}`)
      writers.set(key, name)
    }
  }
}
