/** What the configuration of each process may say. A description is what a wrong value is told to be instead. */
import Type from 'typebox'
import { NAME, SLUG } from '../../protocol/words/ids.ts'

const closed = { additionalProperties: false } as const
/** `host:port`, the host a name, an IPv4 or a bracketed IPv6 address. */
export const ADDRESS = '^(\\[[0-9a-fA-F:]+\\]|[A-Za-z0-9._-]+):\\d{1,5}$'
const Address = Type.String({
  pattern: ADDRESS,
  description: 'an address such as 0.0.0.0:7400',
})
const Path = Type.String({ minLength: 1, description: 'a path, from the folder of this file' })
const Text = Type.String({ minLength: 1, description: 'a text' })
const Slug = Type.String({
  pattern: SLUG,
  description: 'lower-case letters, digits and dashes, beginning with a letter',
})
const Duration = Type.String({ pattern: '^\\d+(\\.\\d+)? (ms|s|min)$', description: 'a time such as 10 s' })
const LogLevel = Type.Enum(['debug', 'info', 'warn', 'error'], { description: 'debug, info, warn or error' })

/** What every process has. */
const common = {
  /** Its own folder: what it keeps over a restart. */
  data: Path,
  /** From SIGTERM to the last byte on disk; longer ends it by force. */
  drain: Type.Optional(Duration),
  logLevel: Type.Optional(LogLevel),
}

const EmbeddedLog = Type.Object({ driver: Type.Literal('embedded'), dir: Path }, closed)
const RedpandaLog = Type.Object(
  {
    driver: Type.Literal('redpanda'),
    brokers: Type.Array(Address, { minItems: 1, description: 'a list of addresses' }),
    /** Of the topics' names. */
    prefix: Type.Optional(Slug),
    /** One machine to try it on: what would lose data is taken. */
    toy: Type.Optional(Type.Boolean({ description: 'true or false' })),
    ssl: Type.Optional(Type.Boolean({ description: 'true or false' })),
    sasl: Type.Optional(
      Type.Object(
        {
          mechanism: Type.Enum(['plain', 'scram-sha-256', 'scram-sha-512'], {
            description: 'plain, scram-sha-256 or scram-sha-512',
          }),
          username: Text,
          password: Text,
        },
        closed,
      ),
    ),
  },
  closed,
)
/** `embedded` serves the processes of one machine. */
const Log = Type.Union([EmbeddedLog, RedpandaLog])
export type LogConfig = Type.Static<typeof Log>

const Grant = Type.Object(
  { tenant: Slug, token: Type.Optional(Text), tokenFile: Type.Optional(Path) },
  { ...closed, description: 'a tenant with token or tokenFile' },
)
const Hosts = Type.Array(Text, { minItems: 1, description: 'a list of host names' })
const NodeAddress = Type.Object({ name: Slug, address: Address }, closed)
const SiteEntry = Type.Object(
  {
    /** As the administrators have signed it. */
    manifest: Path,
    /** The site's own definitions, in the order of its site file. */
    definitions: Type.Optional(Type.Array(Path)),
  },
  closed,
)

const databaseOf = (protocols: string, example: string) =>
  Type.String({ pattern: `^(none|embedded|(${protocols})://.+)$`, description: `none, embedded, or ${example}` })

const NodeFile = Type.Object(
  {
    kind: Type.Literal('node'),
    name: Slug,
    ...common,
    keys: Path,
    log: Log,
    /** Where gateways find it; one port for all sites. */
    uplink: Address,
    http: Type.Object(
      {
        address: Address,
        /** Names under which it is asked, where it listens beyond loopback. */
        hosts: Type.Optional(Hosts),
        grants: Type.Array(Grant, { minItems: 1, description: 'a list of grants' }),
      },
      closed,
    ),
    sites: Type.Array(SiteEntry, { minItems: 1, description: 'a list of sites' }),
    /** Where people look at the sites of this node; without it, or with `none`, nowhere here. */
    inspector: Type.Optional(
      Type.Object(
        {
          address: Type.String({
            pattern: `^none$|${ADDRESS}`,
            description: 'none, or an address such as 0.0.0.0:7402',
          }),
          /** As the API's. */
          hosts: Type.Optional(Hosts),
          grants: Type.Array(Grant, { minItems: 1, description: 'a list of grants' }),
          /** The nodes' APIs: what people send goes to this one's, or to the first of the others that takes it. */
          nodes: Type.Optional(
            Type.Array(NodeAddress, {
              description: 'a list of nodes, each with name and the address of its API',
            }),
          ),
        },
        closed,
      ),
    ),
    /** Databases that this node keeps of its sites; without them it decides all the same. */
    projections: Type.Optional(
      Type.Object(
        {
          postgres: Type.Optional(databaseOf('postgres|postgresql', 'postgres://user:password@host:5432/database')),
          clickhouse: Type.Optional(databaseOf('http|https', 'http://user:password@host:8123')),
          /** Where the rows of the first site are asked for; those of the others are one port above each other. */
          http: Type.Optional(Address),
          /** Further behind than this, or down for longer, is told. */
          lagMax: Type.Optional(Duration),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type NodeFile = Type.Static<typeof NodeFile>

const GatewayFile = Type.Object(
  {
    kind: Type.Literal('gateway'),
    ...common,
    keys: Path,
    /** The first one: those after it come through the log. */
    manifest: Path,
    nodes: Type.Array(NodeAddress, {
      minItems: 1,
      description: 'a list of nodes, each with name and address',
    }),
    /** Where each asset's device is: no part of the manifest. */
    devices: Type.Record(
      Type.String({ pattern: NAME }),
      Type.String({
        pattern: '^(\\[[0-9a-fA-F:]+\\]|[A-Za-z0-9._-]+):\\d{1,5}/\\d{1,3}$',
        description: 'an address with its Modbus unit, such as 192.0.2.7:502/1',
      }),
      { description: 'asset: address', ...closed },
    ),
    /** Health and figures; nothing else is told there. */
    http: Address,
  },
  closed,
)
export type GatewayFile = Type.Static<typeof GatewayFile>

const Count = Type.Integer({ minimum: 0, description: 'a whole number' })
const Amount = Type.Number({ description: 'a number' })
const parameters = <N extends string>(...names: readonly N[]) =>
  Type.Object(Object.fromEntries(names.map(name => [name, Type.Optional(Amount)])), closed)
const plantAsset = <T extends string, P extends Record<string, Type.TSchema>>(type: T, more: P) =>
  Type.Object(
    {
      name: Type.String({ pattern: NAME, description: 'a name' }),
      unit: Type.Integer({ minimum: 1, maximum: 247, description: 'a Modbus unit from 1 to 247' }),
      type: Type.Literal(type),
      ...more,
    },
    closed,
  )
const Optional = Type.Optional
const Flag = Type.Boolean({ description: 'true or false' })
/** Each kind of simulated device with what it may say. */
const PlantAsset = Type.Union([
  plantAsset('battery', {
    socPermille: Optional(Count),
    parameters: Optional(
      parameters(
        ...(['capacityMwh', 'chargeMaxW', 'dischargeMaxW', 'rampWPerS', 'efficiency', 'cellsInSeries'] as const),
        ...(['prechargeTauMs', 'bleedTauMs', 'ambientDeciC', 'heatCapacityJPerK', 'thermalResistanceKPerW'] as const),
      ),
    ),
    watchdogMs: Optional(Count),
  }),
  plantAsset('pv', {
    parameters: Optional(
      parameters(
        ...(['ratedW', 'latitudeDeg', 'longitudeDeg', 'rampWPerS', 'lossShare', 'ambientDeciC'] as const),
        ...(['heatCapacityJPerK', 'thermalResistanceKPerW'] as const),
      ),
    ),
    watchdogMs: Optional(Count),
    defaultMaxW: Optional(Count),
    connected: Optional(Flag),
    power: Optional(Text),
  }),
  plantAsset('load', {
    profile: Optional(Type.Enum(['household', 'commercial'], { description: 'household or commercial' })),
    power: Optional(Text),
  }),
  plantAsset('grid', {
    nominalMv: Optional(Count),
    feederOhm: Optional(Amount),
    frequency: Optional(Text),
    voltage: Optional(Text),
  }),
])

const PlantFile = Type.Object(
  {
    kind: Type.Literal('plant'),
    ...common,
    /** Where its devices answer Modbus TCP. */
    address: Address,
    plant: Type.Object(
      { seed: Text, assets: Type.Array(PlantAsset, { minItems: 1, description: 'a list of devices' }) },
      closed,
    ),
    http: Address,
  },
  closed,
)
export type PlantFile = Type.Static<typeof PlantFile>

/** By `kind`. */
export const FILES = { node: NodeFile, gateway: GatewayFile, plant: PlantFile } as const
export type Kind = keyof typeof FILES
export type FileOf<K extends Kind> = Type.Static<(typeof FILES)[K]>
