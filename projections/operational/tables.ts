/**
 * The operational tables as data: every row belongs to a tenant and a site, and is replaced whole by the next one of its
 * key. What is here makes the schema (`schema.ts`), the upserts (`store.ts`) and the types of the rows (`rows.ts`).
 */
export type ColumnType = 'text' | 'bigint' | 'boolean' | 'jsonb'

export interface Table {
  readonly key: readonly string[]
  readonly columns: Readonly<Record<string, ColumnType>>
  /** These may be null. */
  readonly nullable?: readonly string[]
  /** Of the topic beside the facts; absent: of the facts. */
  readonly topic?: 'decisions'
  /** Where the next row has null here, the old row's stays. */
  readonly keeps?: readonly string[]
  /** A column of log time, ms: rows older than OLD_MS by it go. */
  readonly ages?: string
  /** An old row stays where this holds of it and the next one, here and as SQL of `t` and `excluded`. */
  readonly settled?: { readonly is: (old: Row, next: Row) => boolean; readonly sql: string }
}
export type Value = string | number | boolean | null
export type Row = Readonly<Record<string, Value>>

/** What happened each second is kept for a week of log time; all of it is in the log and in the time series. */
export const OLD_MS = 7 * 86_400_000

const isAfter = (a: Row, b: Row): boolean =>
  Number(a.epoch) > Number(b.epoch) || (a.epoch === b.epoch && Number(a.cycle) > Number(b.cycle))

const of = { position: 'bigint', at_ms: 'bigint' } as const

export const TABLES = {
  sites: {
    key: [],
    columns: {
      title: 'text',
      manifest: 'text',
      manifest_version: 'bigint',
      mode: 'text',
      epoch: 'bigint',
      cycle: 'bigint',
      slots: 'jsonb',
      ...of,
    },
  },
  assets: {
    key: ['asset'],
    columns: {
      asset: 'text',
      type: 'text',
      title: 'text',
      state: 'text',
      lost: 'boolean',
      quarantined: 'text',
      channel: 'text',
      wanted: 'jsonb',
      applied: 'jsonb',
      ...of,
    },
    nullable: ['quarantined', 'channel'],
  },
  /** As the newest frame has them. */
  points: {
    key: ['asset', 'point'],
    columns: {
      asset: 'text',
      point: 'text',
      number: 'bigint',
      word: 'text',
      unit: 'text',
      quality: 'text',
      age_ms: 'bigint',
      epoch: 'bigint',
      cycle: 'bigint',
      ...of,
    },
    nullable: ['number', 'word', 'unit'],
  },
  commands: {
    key: ['id'],
    columns: {
      id: 'text',
      by: 'text',
      target: 'text',
      name: 'text',
      state: 'text',
      reason: 'text',
      epoch: 'bigint',
      issued_ms: 'bigint',
      expires_ms: 'bigint',
      ended_ms: 'bigint',
      ...of,
    },
    nullable: ['ended_ms'],
    // an id that comes again long after its end is refused by the step, and takes nothing back here either (S10, S11)
    settled: {
      is: (old, next) => old.ended_ms !== null && !(old.state === 'unknown' && next.state === 'unknown'),
      sql: "t.ended_ms IS NOT NULL AND NOT (t.state = 'unknown' AND excluded.state = 'unknown')",
    },
  },
  command_steps: {
    key: ['id', 'position', 'step'],
    columns: { id: 'text', step: 'text', actor: 'text', reason: 'text', detail: 'jsonb', ...of },
    nullable: ['detail'],
  },
  /** What the controllers compute for a cycle. */
  decisions: {
    key: ['epoch', 'cycle'],
    columns: { epoch: 'bigint', cycle: 'bigint', manifest: 'text', actions: 'jsonb', ...of },
    ages: 'at_ms',
  },
  /** What the gateway made of a cycle. */
  verdicts: {
    key: ['seq'],
    columns: {
      seq: 'bigint',
      epoch: 'bigint',
      cycle: 'bigint',
      source: 'text',
      digest: 'text',
      latency_us: 'bigint',
      writes: 'jsonb',
      effects: 'jsonb',
      ...of,
    },
    nullable: ['digest', 'latency_us'],
    ages: 'at_ms',
  },
  votes: {
    key: ['seq', 'replica'],
    columns: { seq: 'bigint', replica: 'text', agrees: 'boolean', digest: 'text', ...of },
    ages: 'at_ms',
  },
  alarms: {
    key: ['alarm_key'],
    columns: {
      alarm_key: 'text',
      asset: 'text',
      alarm: 'text',
      about: 'text',
      condition: 'text',
      text: 'text',
      since_ms: 'bigint',
      shelved_until_ms: 'bigint',
      ...of,
    },
  },
  alarm_changes: {
    key: ['alarm_key', 'position'],
    columns: { alarm_key: 'text', condition: 'text', text: 'text', actor: 'text', shelved_until_ms: 'bigint', ...of },
  },
  /** Every vote that a replica has cast, by its own record: also one that came after the verdict. `at_ms`: the log's stamp. */
  ballots: {
    topic: 'decisions',
    key: ['epoch', 'cycle', 'replica'],
    columns: { epoch: 'bigint', cycle: 'bigint', replica: 'text', digest: 'text', manifest: 'text', ...of },
    ages: 'at_ms',
    // whoever appends what a replica has signed once more changes nothing
    settled: { is: () => true, sql: 'true' },
  },
  /** How far each replica is, by its newest vote: of which fact, and with which state when it last said so. */
  replicas: {
    topic: 'decisions',
    key: ['replica'],
    columns: {
      replica: 'text',
      epoch: 'bigint',
      cycle: 'bigint',
      state_hash: 'text',
      state_position: 'bigint',
      ...of,
    },
    nullable: ['state_hash', 'state_position'],
    keeps: ['state_hash', 'state_position'],
    settled: {
      is: (old, next) => !isAfter(next, old),
      sql: '(t.epoch, t.cycle) >= (excluded.epoch, excluded.cycle)',
    },
  },
  /** Those that were ever installed: by whose keys votes are told from forgeries. */
  manifests: {
    key: ['hash'],
    columns: { hash: 'text', version: 'bigint', replicas: 'jsonb', keys: 'jsonb', ...of },
  },
  /** What each node last said of the time. */
  clocks: {
    key: ['node'],
    columns: { node: 'text', epoch: 'bigint', seq: 'bigint', claimed_ms: 'bigint', ...of },
  },
  /** Records that are in no row of any other table, each with its reason. */
  set_aside: {
    key: ['topic', 'position'],
    columns: { topic: 'text', position: 'bigint', code: 'text', reason: 'text' },
  },
} as const satisfies Record<string, Table>

export type TableName = keyof typeof TABLES
export const TABLE_NAMES = Object.keys(TABLES) as TableName[]
export const tableOf = (name: TableName): Table => TABLES[name]

export const topicOf = (name: TableName): 'facts' | 'decisions' => tableOf(name).topic ?? 'facts'

type Of<T extends ColumnType> = { text: string; bigint: number; boolean: boolean; jsonb: string }[T]
type NullableOf<T> = T extends { readonly nullable: readonly (infer N)[] } ? N : never
/** jsonb is its text. */
export type RowOf<N extends TableName> = {
  readonly [C in keyof (typeof TABLES)[N]['columns']]:
    | Of<Extract<(typeof TABLES)[N]['columns'][C], ColumnType>>
    | (C extends NullableOf<(typeof TABLES)[N]> ? null : never)
}

/** `row` null: whatever has this key goes. */
export interface Change {
  readonly table: TableName
  readonly key: readonly Value[]
  readonly row: Row | null
}
export function put<N extends TableName>(table: N, row: RowOf<N>): Change {
  const plain = row as Row
  return { table, key: tableOf(table).key.map(column => plain[column]!), row: plain }
}
export const gone = (table: TableName, ...key: Value[]): Change => ({ table, key, row: null })
