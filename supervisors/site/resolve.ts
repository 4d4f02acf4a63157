/** From a site file to its manifest: everything resolved to smallest steps and canonical, nothing left to look up. */
import { type Definitions, definitionOf, siteOf } from '../../actors/controller/site.ts'
import { resolveSettings } from '../../actors/kit/host.ts'
import type { LocalLaw } from '../../protocol/words/candidate.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { siteId, tenantId } from '../../protocol/words/ids.ts'
import type { Manifest, ManifestStrategy } from '../../protocol/words/manifest.ts'
import type { RegisterMap } from '../../protocol/words/register-map.ts'
import type { SiteFile } from './file.ts'
import { assetOf, TIMER_CYCLES, VALIDITY_MS } from './resolve-asset.ts'
import { steps } from './steps.ts'

const DEFAULTS = {
  cycleMs: 1_000,
  fastMs: 1_000,
  /** D as a share of T. */
  deadlinePercent: 60,
  stateHashEvery: 10,
}
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

export function resolveSite(file: SiteFile, definitions: Definitions, who: Identity, o: ResolveOptions = {}): Manifest {
  const cycleMs = o.cycleMs ?? (file.cycle ? steps('s', file.cycle, 'cycle') : DEFAULTS.cycleMs)
  const validityMs = file.validity
    ? steps('s', file.validity, 'validity')
    : Math.max(VALIDITY_MS, TIMER_CYCLES * cycleMs)
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

function strategyOf(
  s: NonNullable<SiteFile['strategies']>[number],
  i: number,
  definitions: Definitions,
): ManifestStrategy {
  const strategy = definitionOf(definitions.strategies, s.type, 'UNKNOWN_STRATEGY_TYPE', `strategies[${i}].type`)
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
