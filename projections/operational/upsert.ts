/** Rows of many records as few statements: the last row of each key wins, one `unnest` for each table. */
import { type Change, type Row, TABLE_NAMES, type Table, type TableName, tableOf, type Value } from './tables.ts'

export interface Statement {
  /** For the server's prepared statements: the same text under the same name. */
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

/** In the order of the log, to at most one change for each key: a statement cannot meet a row twice. */
export function merged(changes: Iterable<Change>): Map<TableName, Map<string, Change>> {
  const all = new Map<TableName, Map<string, Change>>()
  for (const change of changes) {
    let table = all.get(change.table)
    if (!table) all.set(change.table, (table = new Map()))
    const key = JSON.stringify(change.key)
    const old = table.get(key)?.row
    const { settled, keeps } = tableOf(change.table)
    if (old && change.row && settled?.is(old, change.row)) continue
    table.set(key, old && change.row && keeps ? { ...change, row: keeping(keeps, old, change.row) } : change)
  }
  return all
}

function keeping(keeps: readonly string[], old: Row, next: Row): Row {
  return { ...next, ...Object.fromEntries(keeps.map(column => [column, next[column] ?? old[column]!])) }
}

export function statementsOf(tenant: string, site: string, changes: Iterable<Change>): Statement[] {
  const all = merged(changes)
  return TABLE_NAMES.flatMap(name => {
    const of = [...(all.get(name)?.values() ?? [])]
    const rows = of.flatMap(({ row }) => (row ? [row] : []))
    const keys = of.flatMap(({ row, key }) => (row ? [] : [key]))
    return [
      ...(keys.length > 0 ? [removal(name, tenant, site, keys)] : []),
      ...(rows.length > 0 ? [upsert(name, tenant, site, rows)] : []),
    ]
  })
}

const quoted = (column: string): string => `"${column}"`
const listed = (columns: readonly string[]): string => columns.map(quoted).join(', ')

const UPSERTS = Object.fromEntries(TABLE_NAMES.map(name => [name, upsertText(name, tableOf(name))]))
const REMOVALS = Object.fromEntries(TABLE_NAMES.map(name => [name, removalText(name, tableOf(name))]))

function upsertText(name: string, { key, columns, settled, keeps = [] }: Table): string {
  const names = Object.keys(columns)
  const arrays = names.map((column, i) => `$${i + 3}::${columns[column]}[]`).join(', ')
  const replaced = names
    .filter(column => !key.includes(column))
    .map(c => {
      const next = `excluded.${quoted(c)}`
      return `${quoted(c)} = ${keeps.includes(c) ? `coalesce(${next}, t.${quoted(c)})` : next}`
    })
  return (
    `INSERT INTO ${name} AS t (tenant, site, ${listed(names)}) SELECT $1::text, $2::text, * FROM unnest(${arrays}) ` +
    `ON CONFLICT (${listed(['tenant', 'site', ...key])}) DO UPDATE SET ${replaced.join(', ')}` +
    (settled ? ` WHERE NOT (${settled.sql})` : '')
  )
}
function removalText(name: string, { key, columns }: Table): string {
  if (key.length === 0) return `DELETE FROM ${name} WHERE tenant = $1 AND site = $2`
  const arrays = key.map((column, i) => `$${i + 3}::${columns[column]}[]`).join(', ')
  const same = key.map(column => `t.${quoted(column)} = g.${quoted(column)}`).join(' AND ')
  return `DELETE FROM ${name} AS t USING unnest(${arrays}) AS g(${listed(key)}) WHERE tenant = $1 AND site = $2 AND ${same}`
}

function upsert(name: TableName, tenant: string, site: string, rows: readonly Row[]): Statement {
  const columns = Object.keys(tableOf(name).columns)
  const values = columns.map(column => rows.map(row => row[column]))
  return { name: `put ${name}`, text: UPSERTS[name]!, values: [tenant, site, ...values] }
}
function removal(name: TableName, tenant: string, site: string, keys: readonly (readonly Value[])[]): Statement {
  const values = tableOf(name).key.map((_, i) => keys.map(key => key[i]))
  return { name: `remove ${name}`, text: REMOVALS[name]!, values: [tenant, site, ...values] }
}
