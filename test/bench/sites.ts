/**
 * Sites of the household's kind that one core of a node can hold at cycles of 1 s: derived from the CPU that one costs,
 * not from running so many. Counted: every record opened at the ingress, checked, chained and stepped, the candidate
 * and the claim of time signed, the decision's record made. Not counted: SQLite and sockets, which are other threads'
 * and the kernel's work. Alone: `node test/bench/sites.ts`.
 */
import { SiteFold } from '../../actors/controller/fold.ts'
import { signCandidate } from '../../protocol/codec/candidate.ts'
import { canonical } from '../../protocol/codec/canonical.ts'
import { openFact } from '../../protocol/codec/fact.ts'
import { readSiteFile } from '../../supervisors/site/file.ts'
import { HOME, type Recording, record } from './recording.ts'
import { median, type Row, spreadOf } from './row.ts'

/** The rest is for bursts, garbage and everything that is not counted. */
const CORE_SHARE = 0.6
const STATE_HASH_EVERY = 10

export function benchSites(quick = false): readonly Row[] {
  const recording = record(readSiteFile(HOME).file, quick ? 300 : 1_000)
  const costs: number[] = []
  for (let round = 0; round < (quick ? 4 : 8); round++) {
    const before = process.cpuUsage()
    asNode(recording)
    const { user, system } = process.cpuUsage(before)
    if (round > 0) costs.push((user + system) / recording.frames)
  }
  const cost = median(costs)
  return [
    {
      name: 'CPU of a node for a household, a second',
      value: cost,
      unit: 'us',
      spread: spreadOf(costs),
      detail: 'as the ingress of all its facts',
    },
    {
      name: 'households for one node at cycles of 1 s',
      value: Math.floor((CORE_SHARE * 1e6) / cost),
      unit: 'sites',
      detail: `derived: ${CORE_SHARE * 100} percent of one core, without log and sockets`,
    },
  ]
}

function asNode({ options, bodies, node }: Recording): void {
  const fold = new SiteFold(options)
  for (const [i, body] of bodies.entries()) {
    if (fold.manifest && body.includes('"by":"gateway"')) openFact(body, fold.manifest, options.verifier)
    const taken = fold.take(i, body)
    if (taken.kind !== 'stepped') throw new Error(`record ${i} is ${taken.kind}`)
    const { candidate } = taken
    if (!candidate) continue
    const hash = candidate.cycle % STATE_HASH_EVERY === 0 ? fold.stateHash() : undefined
    canonical({ v: 1, kind: 'Decided', ...signCandidate(candidate, node, hash) })
    node.sign('fact', 'a claim of time is about as long as this line, give or take a few characters of it')
  }
}

if (process.argv[1] === import.meta.filename)
  for (const { name, value, unit, detail } of benchSites(process.argv.includes('--quick')))
    process.stdout.write(`${name}: ${value.toFixed(0)} ${unit} (${detail})\n`)
