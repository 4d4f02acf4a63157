/**
 * A site as the controllers know it: the manifest's assets placed, its strategies bound to their roles. Built once for
 * each manifest; whatever does not fit is refused with a code before anything runs.
 *
 * A1  History is read with the definitions of this engine, whatever version an old manifest names: a replica that folds
 *     the log from its beginning has no other. Settings that are new since have their defaults there, those that are gone
 *     are left out. What cannot be placed so is refused with the line to write; so is what is newer than this engine.
 * A2  So every replica of one engine comes to one state: it is a function of the log and of this engine's definitions,
 *     and never of the version that ran when a record was written.
 */
import { Refusal } from '../../protocol/words/errors.ts'
import type { Manifest, ManifestAsset, ManifestStrategy } from '../../protocol/words/manifest.ts'
import { type AlarmEvent, alarmLife } from '../alarms/life.ts'
import { type CommandEvent, commandLife } from '../commands/life.ts'
import type { AnyAsset } from '../kit/define.ts'
import { type Placed, place, resolveSettings, safeValues } from '../kit/host.ts'
import type { Life } from '../kit/life.ts'
import type { AnyStrategy } from '../kit/strategy.ts'
import { modes } from './modes.ts'

/** The definitions that an engine knows; a site's own ones are added to ours. */
export interface Definitions {
  readonly assets: Readonly<Record<string, AnyAsset>>
  readonly strategies: Readonly<Record<string, AnyStrategy>>
}
export interface SiteAsset extends Placed {
  readonly entry: ManifestAsset
  /** What each setpoint is when nothing better is known: the site's word before the definition's. */
  readonly safe: Readonly<Record<string, number>>
}
export interface BoundStrategy {
  readonly name: string
  readonly priority: number
  readonly strategy: AnyStrategy
  readonly settings: Readonly<Record<string, number | string>>
  /** What the strategy has read from its settings, once. */
  readonly prepared: unknown
  /** Role -> the assets bound to it, and whether the role takes one or all. */
  readonly roles: Readonly<Record<string, { readonly one: boolean; readonly assets: readonly string[] }>>
}
export interface Site {
  readonly manifest: Manifest
  /** In manifest order: the order of every step. */
  readonly assets: readonly SiteAsset[]
  readonly byName: ReadonlyMap<string, SiteAsset>
  readonly strategies: readonly BoundStrategy[]
  readonly modes: Placed
  readonly lives: Lives
}
/** What every command and every alarm of a site is stepped by. */
interface Lives {
  readonly command: Life<CommandEvent>
  readonly alarm: Life<AlarmEvent>
}

/** Throws a Refusal that lists what is known; `where` the type is named begins its words. */
export function definitionOf<D>(
  all: Readonly<Record<string, D>>,
  type: string,
  code: 'UNKNOWN_ASSET_TYPE' | 'UNKNOWN_STRATEGY_TYPE',
  where: string,
): D {
  if (Object.hasOwn(all, type)) return all[type]!
  throw new Refusal(code, `${where}: '${type}' is not known; known: ${Object.keys(all).join(', ')}`)
}

/** Targets of commands and sources of alarms that are no assets. */
const RESERVED = ['site', 'gateway']

/** Throws Refusal: UNKNOWN_ASSET_TYPE, UNKNOWN_STRATEGY_TYPE, UNKNOWN_VERSION, ASSET_DEFINITION, SITE_FILE. */
export function siteOf(manifest: Manifest, definitions: Definitions): Site {
  const assets = manifest.assets.map(entry => {
    const asset = definitionOf(definitions.assets, entry.type, 'UNKNOWN_ASSET_TYPE', `asset '${entry.name}': type`)
    const placed = place(asset, entry.name, settingsNow(`asset '${entry.name}'`, asset.spec, entry))
    const own = Object.entries(safeValues(placed))
    return { ...placed, entry, safe: Object.fromEntries(own.map(([n, v]) => [n, entry.envelope[n]?.safe ?? v])) }
  })
  const byName = new Map(assets.map(a => [a.name, a]))
  if (byName.size < assets.length) throw new Refusal('SITE_FILE', 'two assets have one name')
  for (const name of RESERVED)
    if (byName.has(name))
      throw new Refusal('SITE_FILE', `asset '${name}': commands and alarms mean something else by it`)
  const strategies = manifest.strategies.map(s => {
    const strategy = definitionOf(definitions.strategies, s.type, 'UNKNOWN_STRATEGY_TYPE', `strategy '${s.name}': type`)
    const roles = Object.entries(strategy.roles).map(([role, wanted]) => {
      const names = s.roles[role] ?? []
      for (const name of names) {
        const type = byName.get(name)?.asset.spec.type
        const right = ('one' in wanted ? wanted.one : wanted.all).spec.type
        if (type !== right)
          throw new Refusal(
            'SITE_FILE',
            `strategy '${s.name}' role '${role}' takes a ${right}; '${name}' is ${type ?? 'no asset'}`,
          )
      }
      if ('one' in wanted && names.length !== 1)
        throw new Refusal(
          'SITE_FILE',
          `strategy '${s.name}' role '${role}' takes exactly one asset, not ${names.length}`,
        )
      return [role, { one: 'one' in wanted, assets: names }] as const
    })
    const settings = settingsNow(`strategy '${s.name}'`, strategy, s)
    const prepared = prepare(strategy, s.name, settings)
    const { name, priority } = s
    return { name, priority, strategy, settings, prepared, roles: Object.fromEntries(roles) }
  })
  const byPriority = strategies.map((s, i) => ({ s, i })).sort((a, b) => a.s.priority - b.s.priority || a.i - b.i)
  const lives = { command: commandLife, alarm: alarmLife }
  return { manifest, assets, byName, strategies: byPriority.map(({ s }) => s), modes: place(modes, 'site', {}), lives }
}

/** Settings that contradict each other or cannot be read are refused with the strategy's own words. */
function prepare(strategy: AnyStrategy, name: string, settings: ManifestStrategy['settings']): unknown {
  try {
    return strategy.prepare?.(settings)
  } catch (error) {
    throw new Refusal('SITE_FILE', `strategies '${name}' settings.${(error as Error).message}`)
  }
}

interface Versioned {
  readonly version: number
  readonly settings: Readonly<Record<string, unknown>>
}
/** A1: the settings of an entry as the present definition has them. */
function settingsNow(
  what: string,
  definition: Versioned,
  { type, version, settings }: Pick<ManifestAsset, 'type' | 'version' | 'settings'>,
): ManifestAsset['settings'] {
  if (version === definition.version) return settings
  const versions = `${type} version ${version}; this engine has ${definition.version}`
  if (version > definition.version) throw new Refusal('UNKNOWN_VERSION', `${what} wants ${versions}`)
  const kept = Object.entries(settings).filter(([name]) => Object.hasOwn(definition.settings, name))
  const resolved = resolveSettings(definition, Object.fromEntries(kept))
  if (resolved.kind === 'resolved') return { ...resolved.values }
  const lines = resolved.problems.map(({ code, name, text }) =>
    code === 'MISSING' ? `'${name}' is new: write settings: { ${name}: { unit: ..., default: '...' } }` : text,
  )
  throw new Refusal('ASSET_DEFINITION', `${what} is of ${versions}, which cannot place it: ${lines.join('; ')}`)
}
