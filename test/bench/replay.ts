/**
 * Replay on one core: a recorded log folded anew, with the chain alone and with every signature checked, and what a
 * frame costs a node that answers it. Alone: `node test/bench/replay.ts`.
 */
import { SiteFold } from '../../actors/controller/fold.ts'
import { signCandidate } from '../../protocol/codec/candidate.ts'
import { type Recording, record, siteWithBatteries } from './recording.ts'
import { median, quantile, type Row, spreadOf } from './row.ts'

const BATTERIES = 20

export function benchReplay(quick = false): readonly Row[] {
  const recording = record(siteWithBatteries(BATTERIES), quick ? 500 : 2_000)
  const { bodies, actorEvents, frames } = recording
  const detail = `${frames} frames of ${BATTERIES + 1} assets, ${bodies.length} records, ${mb(bodies)} MB`
  const rows: Row[] = []
  const hashes = new Set<string>()
  for (const trusted of [true, false]) {
    const rates: number[] = []
    for (let round = 0; round < (quick ? 4 : 8); round++) {
      const startMs = performance.now()
      const fold = folded(recording, trusted)
      const rate = actorEvents / ((performance.now() - startMs) / 1_000)
      if (round > 0) rates.push(rate) // the first runs cold code
      hashes.add(fold.stateHash())
    }
    const name = trusted ? 'replay, chain only' : 'replay, every signature checked'
    const goal = trusted ? { atLeast: 150_000 } : {}
    rows.push({ name, value: median(rates), unit: 'actor events/s', ...goal, spread: spreadOf(rates), detail })
  }
  if (hashes.size !== 1) throw new Error('two folds of one log end in different states')
  return [...rows, ...live(recording)]
}

function folded({ options, bodies }: Recording, trusted: boolean): SiteFold {
  const fold = new SiteFold(options)
  for (let i = 0; i < bodies.length; i++) {
    const taken = fold.take(i, bodies[i]!, trusted)
    if (taken.kind === 'refused') throw new Error(`record ${i}: ${taken.reason}`)
  }
  return fold
}

/** What a live frame costs a node between log and signature, and how much of it is the candidate. */
function live({ options, bodies, node }: Recording): Row[] {
  const fold = new SiteFold(options)
  const take: number[] = []
  const sign: number[] = []
  for (let i = 0; i < bodies.length; i++) {
    const beganMs = performance.now()
    const taken = fold.take(i, bodies[i]!)
    if (taken.kind !== 'stepped' || !taken.candidate) continue
    const takenMs = performance.now()
    signCandidate(taken.candidate, node)
    take.push((takenMs - beganMs) * 1_000)
    sign.push((performance.now() - takenMs) * 1_000)
  }
  const warm = (all: readonly number[]) => all.slice(all.length >> 2)
  const row = (name: string, all: readonly number[]): Row => ({
    name: `live frame of ${BATTERIES + 1} assets: ${name}`,
    value: median(warm(all)),
    unit: 'us',
    detail: `p99 ${quantile(warm(all), 0.99).toFixed(0)} us`,
  })
  return [row('read, checked, stepped', take), row('candidate signed', sign)]
}

const mb = (bodies: readonly string[]) => (bodies.reduce((sum, b) => sum + b.length, 0) / 1e6).toFixed(1)

if (process.argv[1] === import.meta.filename)
  for (const { name, value, unit, spread, detail } of benchReplay(process.argv.includes('--quick')))
    process.stdout.write(
      `${name}: ${value.toFixed(0)} ${unit} (${spread?.map(r => r.toFixed(0)).join(' to ') ?? ''}; ${detail})\n`,
    )
