import { expect, test } from 'vitest'
import { SiteFold } from '../../../actors/controller/fold.ts'
import { sealFact } from '../../../protocol/codec/fact.ts'
import { type KeptSnapshot, replay } from '../../../supervisors/records/replay.ts'
import { FoldBench, head, signerOf } from '../controller/household.ts'
import { sealed } from '../protocol/observation.ts'
import { CYCLES, decided, logOf, progress, type Recorded, recorded } from './recorded-site.ts'

const history = recorded()
async function replayed(
  { facts, decisions }: Pick<Recorded, 'facts' | 'decisions'>,
  o: { to?: number; snapshots?: KeptSnapshot[] } = {},
) {
  const logs = { facts: await logOf('facts', facts), decisions: await logOf('decisions', decisions) }
  return replay({
    ...logs,
    partition: 0,
    fold: FoldBench.options,
    snapshots: o.snapshots ?? [],
    progress,
    ...(o.to !== undefined && { to: o.to }),
  })
}

test('what was recorded is what the fold decides', async () => {
  const r = await replayed(history)
  expect(r).toMatchObject({
    refused: 0,
    computed: CYCLES,
    candidates: 3 * CYCLES,
    different: 0,
    otherEngine: 0,
    firstDifference: null,
  })
  expect(r.facts).toBe(history.facts.length)
  expect(Object.keys(r.replicas)).toEqual(['a', 'b', 'c'])
})

test('only up to a position', async () => {
  const { position } = history.candidates[2]!
  expect(await replayed(history, { to: position })).toMatchObject({ computed: 3, candidates: 9, different: 0 })
})

test('a decision that the log does not yield is named by its first divergent path', async () => {
  const candidate = structuredClone(history.candidates[3]!)
  candidate.actions.assets.bat1!.setpoints.power!.value = 700
  const decisions = history.decisions.toSpliced(3 * 3 + 1, 1, decided(candidate, 'node-b'))
  expect(await replayed({ ...history, decisions })).toMatchObject({
    different: 1,
    firstDifference: {
      position: candidate.position,
      cycle: 4,
      by: 'node-b',
      path: 'actions.assets.bat1.setpoints.power.value',
      recorded: 700,
      computed: 0,
    },
  })
})

test('a decision about a position that decides nothing is a difference', async () => {
  const decisions = [...history.decisions, decided({ ...history.candidates[0]!, position: 1 }, 'node-c')]
  expect(await replayed({ ...history, decisions })).toMatchObject({
    different: 1,
    firstDifference: { position: 1, by: 'node-c' },
  })
})

test('another engine’s decisions are counted by themselves; whether this one would differ is told', async () => {
  const other = { engine: 'e'.repeat(64) }
  const [first, second] = [
    { ...history.candidates[0]!, ...other },
    { ...history.candidates[1]!, ...other, validityMs: 1 },
  ]
  const decisions = [decided(first, 'node-a'), ...history.decisions.slice(3), decided(second, 'node-a')]
  expect(await replayed({ ...history, decisions })).toMatchObject({
    different: 0,
    otherEngine: 2,
    otherEngineChanged: 1,
  })
})

test('what processes tell of themselves is passed over; what is neither is counted', async () => {
  const decisions = [sealed(), ...history.decisions, sealed({ seq: 2 }), '{"kind":"Other"}']
  expect(await replayed({ ...history, decisions })).toMatchObject({
    candidates: history.decisions.length,
    different: 0,
    unreadable: 1,
  })
})

test('a forged record in the log is left out, as the replicas left it out (S26)', async () => {
  const forged = sealFact(
    {
      ...head,
      kind: 'CommandRequested',
      by: 'operator',
      id: 'forged-command',
      target: 'site',
      name: 'safe',
      params: {},
      issuedAtMs: 0,
      expiresMs: 1,
    },
    signerOf('operator', 'another'),
  )
  const facts = [...history.facts, forged]
  expect(await replayed({ facts, decisions: history.decisions })).toMatchObject({ refused: 1, different: 0 })
  const fold = new SiteFold(FoldBench.options)
  const bodies = history.facts.toSpliced(1, 0, forged)
  const decisions = bodies.flatMap((body, position) => {
    const taken = fold.take(position, body)
    return taken.kind === 'stepped' && taken.candidate ? [decided(taken.candidate, 'node-a')] : []
  })
  const r = await replayed({ facts: bodies, decisions })
  expect(r).toMatchObject({ refused: 1, different: 0, verifiedFrom: 0 }) // the quick pass did not hold
})

test('a snapshot is met at its position; the asset that differs is named (S17)', async () => {
  const fold = new SiteFold(FoldBench.options)
  history.facts.slice(0, 20).forEach((body, position) => void fold.take(position, body))
  const kept = { node: 'node-a', hash: fold.stateHash(), log: 'memory-facts', fold: fold.freeze()! }
  const good = await replayed(history, { snapshots: [kept] })
  expect(good.replicas.a!.snapshot).toEqual({ position: 19, stateHash: kept.hash, equal: true })
  const spoilt = structuredClone(kept)
  Object.assign(spoilt.fold.state.assets.bat2!.wanted, { power: 9 })
  expect(await replayed(history, { snapshots: [{ ...spoilt, hash: 'f'.repeat(64) }] })).toMatchObject({
    different: 1,
    firstDifference: { position: 19, by: 'node-a', path: 'snapshot.state.assets.bat2' },
  })
})
