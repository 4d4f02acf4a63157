/**
 * A site file (YAML or JSON) and what it becomes. Quantities are written with their unit; a mistake is refused with
 * its place, the value and the fix. The file names addresses too: they are the gateway's configuration and do not enter
 * the manifest.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { parse as parseYaml } from 'yaml'
import { Refusal } from '../../protocol/words/errors.ts'
import { NAME, SLUG } from '../../protocol/words/ids.ts'

const closed = { additionalProperties: false } as const
const Quantity = Type.String({ pattern: '^-?\\d+(\\.\\d+)? \\S+$' })
const Name = Type.String({ pattern: NAME })
const Values = Type.Record(Name, Type.Union([Type.String(), Type.Number()]), closed)

const AssetEntry = Type.Object(
  {
    type: Name,
    settings: Type.Optional(Values),
    field: Type.Object(
      { driver: Type.Literal('modbus'), address: Type.String(), map: Type.Union([Type.String(), Type.Unknown()]) },
      closed,
    ),
    /** Limits by setpoint, narrower than the asset's own. */
    envelope: Type.Optional(
      Type.Record(
        Name,
        Type.Object(
          {
            min: Type.Optional(Quantity),
            max: Type.Optional(Quantity),
            rise: Type.Optional(Quantity),
            fall: Type.Optional(Quantity),
          },
          closed,
        ),
        closed,
      ),
    ),
    /** Setpoints while no verdict is valid, and for how long before the device is left to itself. */
    fallback: Type.Optional(Type.Object({ values: Type.Optional(Values), for: Type.Optional(Quantity) }, closed)),
  },
  closed,
)
const StrategyEntry = Type.Object(
  {
    name: Type.Optional(Name),
    type: Name,
    priority: Type.Optional(Type.Integer({ minimum: 0 })),
    settings: Type.Optional(Values),
    roles: Type.Record(Name, Type.Union([Name, Type.Array(Name)]), closed),
  },
  closed,
)
export const SiteFile = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    site: Type.String({ pattern: SLUG }),
    tenant: Type.Optional(Type.String({ pattern: SLUG })),
    title: Type.Optional(Type.String()),
    cycle: Type.Optional(Quantity),
    fastCycle: Type.Optional(Quantity),
    deadline: Type.Optional(Quantity),
    validity: Type.Optional(Quantity),
    assets: Type.Record(Name, AssetEntry, closed),
    strategies: Type.Optional(Type.Array(StrategyEntry)),
    laws: Type.Optional(
      Type.Array(
        Type.Union([
          Type.Object(
            {
              law: Type.Literal('fcr'),
              asset: Name,
              setpoint: Type.Optional(Name),
              meter: Type.Optional(Name),
              reserve: Quantity,
              fullDeviation: Type.Optional(Quantity),
              deadband: Type.Optional(Quantity),
              nominal: Type.Optional(Quantity),
              voltageMin: Quantity,
            },
            closed,
          ),
          Type.Object(
            {
              law: Type.Literal('exportLimit'),
              asset: Name,
              setpoint: Type.Optional(Name),
              meter: Type.Optional(Name),
              limit: Quantity,
              blind: Type.Optional(Quantity),
            },
            closed,
          ),
        ]),
      ),
    ),
    connection: Type.Object({ meter: Name, importMax: Quantity, exportMax: Quantity }, closed),
    single: Type.Optional(Type.Object({ for: Quantity, envelope: Quantity }, closed)),
    definitions: Type.Optional(Type.Array(Type.String())),
    /** The simulated plant behind `plant://NAME` addresses. */
    plant: Type.Optional(Type.Unknown()),
  },
  closed,
)
export type SiteFile = Type.Static<typeof SiteFile>
const shape = Compile(SiteFile)

export interface OpenedSiteFile {
  readonly file: SiteFile
  /** Absolute paths of the site's own definitions. */
  readonly definitions: readonly string[]
  readonly folder: string
}

/** Throws SITE_FILE. */
export function readSiteFile(path: string): OpenedSiteFile {
  const folder = dirname(resolve(path))
  let parsed: any
  try {
    parsed = parseYaml(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Refusal('SITE_FILE', `${path}: ${(error as Error).message}`)
  }
  if (!shape.Check(parsed)) throw new Refusal('SITE_FILE', `${path}: ${firstProblem(parsed)}`)
  for (const [name, asset] of Object.entries(parsed.assets)) {
    const { map } = asset.field
    if (typeof map !== 'string') continue
    try {
      asset.field.map = parseYaml(readFileSync(resolve(folder, map), 'utf8'))
    } catch (error) {
      throw new Refusal('SITE_FILE', `assets.${name}.field.map: ${(error as Error).message}`)
    }
  }
  return { file: parsed, folder, definitions: (parsed.definitions ?? []).map(d => resolve(folder, d)) }
}

/** A union's own errors say little: the asset that is wrong is named with its place. */
function firstProblem(value: unknown): string {
  const errors = shape.Errors(value)
  const deepest = [...errors].sort((a, b) => b.instancePath.split('/').length - a.instancePath.split('/').length)[0]
  if (!deepest) return 'is no site file'
  const at = deepest.instancePath.slice(1).replaceAll('/', '.') || 'the file'
  const params = deepest.params as { additionalProperties?: string[]; requiredProperties?: string[] }
  const names = params.additionalProperties ?? params.requiredProperties
  if (deepest.message === 'schema is false') return `${at}: nothing of this name belongs here`
  return `${at}: ${deepest.message}${names ? `: ${names.join(', ')}` : ''}`
}
