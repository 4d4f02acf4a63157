/**
 * `npm run bench [-- NAME ...] [--json] [--quick]`: what this costs beside the bare thing, each figure with its spread,
 * what it should keep to, and whether it does. Absolute figures are of this machine and its load; trust the ratios.
 */
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { benchBrokers } from './brokers.ts'
import { benchDecision } from './decision.ts'
import { benchInspector } from './inspector.ts'
import { benchLog } from './log.ts'
import { benchProjections } from './projections.ts'
import { benchRecovery } from './recovery.ts'
import { benchReplay } from './replay.ts'
import type { Row } from './row.ts'
import { benchSites } from './sites.ts'
import { benchMemory, benchStep } from './step.ts'

type Bench = (quick: boolean) => readonly Row[] | Promise<readonly Row[]>
const BENCHES: Readonly<Record<string, Bench>> = {
  step: benchStep,
  memory: benchMemory,
  replay: benchReplay,
  sites: benchSites,
  log: benchLog,
  decision: benchDecision,
  brokers: benchBrokers,
  recovery: benchRecovery,
  projections: benchProjections,
  inspector: benchInspector,
}

const options = { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } } as const
const { values, positionals } = parseArgs({ options, allowPositionals: true })
const unknown = positionals.filter(name => !(name in BENCHES))
if (unknown.length > 0) {
  process.stderr.write(`no benchmark '${unknown.join("', '")}'; benchmarks: ${Object.keys(BENCHES).join(', ')}\n`)
  process.exit(2)
}

const say = (text: string) => void process.stdout.write(`${text}\n`)
const load = () => loadavg().map(l => Math.round(l * 100) / 100)
const machine = () => `${cpus().length} cores, Node ${process.versions.node}, load ${load().join(' ')}`
if (!values.json) say(machine())
for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHES)) {
  const rows = await BENCHES[name]!(values.quick)
  for (const row of rows)
    say(values.json ? JSON.stringify({ bench: name, ...row, met: met(row), load: load() }) : lineOf(row))
}
if (!values.json) say(machine())

/** Null: the row only informs. */
function met({ value, atLeast, atMost }: Row): boolean | null {
  if (atLeast === undefined && atMost === undefined) return null
  return value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY)
}

function lineOf(row: Row): string {
  const { name, value, unit, atLeast, atMost, spread, detail } = row
  const goal = atLeast !== undefined ? `>= ${atLeast}` : atMost !== undefined ? `<= ${atMost}` : ''
  const said = { true: 'met', false: 'MISSED', null: '' }[`${met(row)}`]!
  const between = spread ? `${figure(spread[0])} to ${figure(spread[1])}` : ''
  const notes = [between, detail].filter(Boolean).join('; ')
  return `${name.padEnd(62)} ${figure(value).padStart(9)} ${unit.padEnd(17)} ${goal.padEnd(10)} ${said.padEnd(7)} ${notes}`.trimEnd()
}

function figure(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : value.toFixed(2)
}
