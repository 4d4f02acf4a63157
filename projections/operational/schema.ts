/**
 * The schema of one build: each build of the operational tables is a schema of its own, so that the next one is made
 * beside it and the two are switched by name. A build is made for one VERSION and never altered: the log holds all of
 * it, so another version is another build.
 *
 * O1  Every table carries the tenant and has row-level security from its first row on, forced upon its owner too (S23).
 *     Writer and reader are roles that own nothing and cannot bypass it; without a tenant named they see no row.
 */
import { TABLE_NAMES, type Table, tableOf } from './tables.ts'

/** Raised with every change of tables, views or of what is written into them. */
export const VERSION = 2

export const WRITER = 'quorate_writer'
export const READER = 'quorate_reader'
/** Whose rows a session sees. */
export const TENANT = 'quorate.tenant'

/** How far a site's rows are, and what its projector begins with; the one is never without the other. */
const STANDING = ['checkpoints', 'frozen_folds'] as const
const STANDING_SQL = `
CREATE TABLE checkpoints (tenant text, site text, topic text, topic_id text NOT NULL, begins bigint NOT NULL,
  position bigint NOT NULL, at_ms bigint NOT NULL,
  passed jsonb NOT NULL, PRIMARY KEY (tenant, site, topic));
CREATE TABLE frozen_folds (tenant text, site text, fold text NOT NULL, PRIMARY KEY (tenant, site));`

/** A vote beside the verdict of its cycle: `counted` where the gateway had it by then, `agrees` whenever it came. */
const VIEWS_SQL = `
CREATE VIEW cycle_votes WITH (security_invoker = true) AS
  SELECT b.tenant, b.site, b.epoch, b.cycle, b.replica, b.digest, v.seq, b.digest = v.digest AS agrees,
    c.replica IS NOT NULL AS counted, b.position, b.at_ms
  FROM ballots b LEFT JOIN verdicts v USING (tenant, site, epoch, cycle)
    LEFT JOIN votes c ON (c.tenant, c.site, c.seq, c.replica) = (b.tenant, b.site, v.seq, b.replica);
CREATE VIEW tenants WITH (security_invoker = true) AS
  SELECT tenant, count(*) AS sites, max(at_ms) AS at_ms FROM sites GROUP BY tenant;`

function tableSql(name: string, { key, columns, nullable = [], ages }: Table): string {
  const typed = Object.entries(columns).map(([c, type]) => `"${c}" ${type}${nullable.includes(c) ? '' : ' NOT NULL'}`)
  const primary = ['tenant', 'site', ...key].map(c => `"${c}"`).join(', ')
  const index = ages ? `CREATE INDEX ON ${name} (tenant, site, "${ages}");` : ''
  return `CREATE TABLE ${name} (tenant text, site text, ${typed.join(', ')}, PRIMARY KEY (${primary}));${index}`
}
const guardSql = (name: string): string => `
ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY;
ALTER TABLE ${name} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON ${name} USING (tenant = current_setting('${TENANT}', true))
  WITH CHECK (tenant = current_setting('${TENANT}', true));`

/** In one transaction, by a role that may create schemas. */
export function buildSql(schema: string): string {
  const tables = TABLE_NAMES.map(name => tableSql(name, tableOf(name)))
  return [
    `CREATE SCHEMA ${schema};`,
    `SET LOCAL search_path TO ${schema};`,
    ...tables,
    STANDING_SQL,
    ...[...TABLE_NAMES, ...STANDING].map(guardSql),
    VIEWS_SQL,
    `GRANT USAGE ON SCHEMA ${schema} TO ${WRITER}, ${READER};`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${WRITER};`,
    `GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${READER};`,
    `REVOKE ALL ON frozen_folds FROM ${READER};`,
    'SET LOCAL search_path TO DEFAULT;',
  ].join('\n')
}
