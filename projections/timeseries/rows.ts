/** From a record to rows of the time series: every point of every frame, every verdict. Pure. */
import type { FactOf } from '../../protocol/words/facts.ts'
import type { Projection, Seen } from '../runner/seen.ts'

/** Log time in one slice: as far behind as the series may be. More of it makes larger and fewer pieces of roll-ups. */
const SLICE_MS = 10_000
/** Where log time stands still, a slice ends all the same. */
const SLICE_RECORDS = 512
/** One slice is one block of an insert, whole. */
const SLICE_CHANGES = 20_000

export type Cell = string | number | null | readonly string[]
/** In the order of COLUMNS. */
export interface Change {
  readonly table: keyof typeof COLUMNS
  readonly row: readonly Cell[]
}
const MOMENT = ['position', 'at', 'epoch', 'cycle'] as const
export const COLUMNS = {
  frames: [...MOMENT, 'cycle_ms'],
  gateways: ['position', 'public_key'],
  points: [...MOMENT, 'asset', 'point', 'value', 'word', 'unit', 'quality', 'age_ms'],
  decisions: [...MOMENT, 'seq', 'source', 'digest', 'signers', 'dissenters', 'latency_us', 'writes', 'unconfirmed'],
} as const

export const timeseries: Projection<Change> = {
  name: 'timeseries',
  changes({ position, taken: { fact, candidate }, before, fold }: Seen): Change[] {
    const at = fold.state?.now ?? 0
    if (fact.kind === 'ManifestInstalled') return gatewayRows(fact, position)
    if (fact.kind === 'FrameMeasured' && candidate) {
      const { cycleMs } = fold.manifest!.timing
      const frame: Change = { table: 'frames', row: [position, at, fact.epoch, fact.cycle, cycleMs] }
      return [frame, ...pointRows(fact, position, at)]
    }
    // a receipt that the step has dropped as a repeat is none here either
    if (fact.kind === 'ReceiptRecorded' && fold.state?.durable !== before?.durable)
      return [verdictRow(fact, position, at)]
    return []
  },
  ends({ records, changes }, seen) {
    if (records >= SLICE_RECORDS || changes >= SLICE_CHANGES) return true
    const slot = (ms: number) => Math.floor(ms / SLICE_MS)
    return seen !== null && slot(seen.before?.now ?? 0) !== slot(seen.fold.state?.now ?? 0)
  },
}

function gatewayRows({ manifest: { manifest } }: FactOf<'ManifestInstalled'>, position: number): Change[] {
  const gateways = Object.values(manifest.keys).filter(({ roles }) => roles.includes('gateway'))
  return gateways.map(({ publicKey }) => ({ table: 'gateways', row: [position, publicKey] }))
}
export function pointRows({ epoch, cycle, assets }: FactOf<'FrameMeasured'>, position: number, at: number): Change[] {
  const rows: Change[] = []
  for (const [asset, { points }] of Object.entries(assets))
    for (const [point, { value, unit = '', quality, ageMs }] of Object.entries(points)) {
      const number = typeof value === 'number' ? value : null
      const word = typeof value === 'string' ? value.toWellFormed() : ''
      const row = [position, at, epoch, cycle, asset, point, number, word, unit, quality, ageMs]
      rows.push({ table: 'points', row })
    }
  return rows
}
function verdictRow(fact: FactOf<'ReceiptRecorded'>, position: number, at: number): Change {
  const { epoch, cycle, seq, source, certificate, dissent, latencyUs = null, writes } = fact
  const signers = Object.keys(certificate?.signatures ?? {})
  const dissenters = dissent.map(({ by }) => by)
  const unconfirmed = writes.filter(w => w.outcome !== 'confirmed' && w.outcome !== 'suppressed').length
  const verdict = [seq, source, certificate?.digest ?? '', signers, dissenters, latencyUs, writes.length, unconfirmed]
  return { table: 'decisions', row: [position, at, epoch, cycle, ...verdict] }
}
