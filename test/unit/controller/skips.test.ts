import { describe, expect, test } from 'vitest'
import { SiteFold } from '../../../actors/controller/fold.ts'
import { Skips } from '../../../actors/controller/skips.ts'
import type { Signer } from '../../../protocol/codec/sign.ts'
import type { Fact, FactOf } from '../../../protocol/words/facts.ts'
import { ReplicaBench } from '../node/replicas.ts'
import {
  asked,
  byAdministrator,
  claim,
  FoldBench,
  frame,
  head,
  manifestOf,
  NODES,
  START_MS,
  signerOf,
} from './household.ts'

const certified = (cycle: number, seq: number): Fact => ({
  ...head,
  kind: 'ReceiptRecorded',
  by: 'gateway',
  seq,
  epoch: 1,
  cycle,
  source: 'majority',
  certificate: { epoch: 1, cycle, digest: 'f'.repeat(64), signatures: {} },
  dissent: [],
  writes: [],
  effects: [],
  commands: [],
})
const skip = (position: number, changes: Partial<FactOf<'FactSkipped'>> = {}): Fact => ({
  ...head,
  kind: 'FactSkipped',
  by: 'administrator',
  position,
  reason: 'its step does not end',
  ...changes,
})
const POISON = 6
/** 0 manifest, 1-3 time, 4 frame 1, 5 certificate of frame 1, 6 the command that nobody can step. */
function begun(): FoldBench {
  const bench = new FoldBench()
  bench.install(byAdministrator(manifestOf()))
  for (const by of NODES) bench.take(claim(by, 1, START_MS))
  for (const fact of [frame(1), certified(1, 1), asked('the-poison', 'site', 'safe')]) bench.take(fact)
  return bench
}
function judged({ bodies }: FoldBench): Skips {
  const skips = new Skips(FoldBench.options)
  for (const [position, body] of bodies.entries()) skips.take(position, body)
  return skips
}
const told = (bench: FoldBench) => {
  const skips = judged(bench)
  return { passed: [...skips.passed], void: [...skips.void] }
}
/** Appended after the poison, by whom. */
type More = readonly (readonly [fact: Fact, by?: Signer])[]
const after = (...more: More): FoldBench => {
  const bench = begun()
  for (const [fact, by] of more) bench.take(fact, by)
  return bench
}

const COUNTS: readonly [what: string, more: More][] = [
  ['nothing was stepped since', [[skip(POISON)]]],
  ['frames came, and nobody decided on them', [[frame(2)], [frame(3)], [skip(POISON)]]],
  ['the certificate of a frame below it comes late', [[certified(1, 2)], [skip(POISON)]]],
  ['a frame below it came again, and its certificate', [[frame(1)], [frame(2)], [certified(1, 2)], [skip(POISON)]]],
  ['it was decided upon only after the skip', [[frame(2)], [skip(POISON)], [certified(2, 2)]]],
  ['it is named twice, the second time too late', [[skip(POISON)], [frame(2)], [certified(2, 2)], [skip(POISON)]]],
]
test.each(COUNTS)('P2: a skip counts where %s', (_, more) => {
  expect(told(after(...more))).toEqual({ passed: [POISON], void: [] })
})

const VOID: readonly [what: string, more: More][] = [
  ['of the next frame', [[frame(2)], [certified(2, 2)], [skip(POISON)]]],
  ['of a later frame', [[frame(2)], [frame(3)], [certified(3, 2)], [skip(POISON)]]],
]
test.each(VOID)('P2: a skip is void after a certificate %s', (_, more) => {
  expect(told(after(...more))).toEqual({ passed: [], void: [POISON] })
})

const NONE: readonly [what: string, more: More][] = [
  ['an operator', [[skip(POISON, { by: 'operator' })]]],
  ['a forger', [[skip(POISON), signerOf('administrator', 'another')]]],
  ['another site’s administrator', [[skip(POISON, { site: 'farm' })]]],
  ['who names a manifest', [[skip(0)]]],
  ['who names itself, or what is to come', [[skip(7)], [skip(99)]]],
]
test.each(NONE)('P1: no skip by %s', (_, more) => {
  expect(told(after(...more))).toEqual({ passed: [], void: [] })
})
test('P2: evidence that the gateway has not signed is none', () => {
  const forger = signerOf('gateway', 'another')
  expect(told(after([frame(2)], [certified(2, 2), forger], [skip(POISON)])).passed).toEqual([POISON])
})

test('reading from a snapshot on gives what reading from the beginning does', () => {
  const { bodies } = after(
    [frame(2)],
    [skip(POISON)],
    [asked('another-one', 'site', 'manual')],
    [frame(3)],
    [certified(3, 2)],
    [skip(9)],
  )
  for (let from = 1; from <= POISON; from++) {
    const fold = new SiteFold(FoldBench.options)
    for (const [position, body] of bodies.slice(0, from).entries()) fold.take(position, body)
    const { epoch, cycle } = fold.state!
    const skips = new Skips(FoldBench.options, { manifest: fold.latest, epoch, cycle })
    for (const [i, body] of bodies.slice(from).entries()) skips.take(from + i, body)
    expect({ passed: [...skips.passed], void: [...skips.void] }).toEqual({ passed: [POISON], void: [9] })
  }
})

test('what is passed is chained and not stepped, the same from a snapshot that lies before or behind it (S17)', () => {
  const { bodies, fold: stepped } = after([skip(POISON)], [frame(2)])
  const options = { ...FoldBench.options, passed: judged({ bodies } as FoldBench).passed }
  const whole = new SiteFold(options)
  const frozen: unknown[] = []
  for (const [position, body] of bodies.entries()) {
    const taken = whole.take(position, body)
    if (position === POISON) expect(taken).toMatchObject({ kind: 'passed', fact: { id: 'the-poison' } })
    frozen.push(JSON.parse(JSON.stringify(whole.freeze())))
  }
  expect([whole.chain, whole.passed]).toEqual([stepped.chain, [POISON]])
  expect(whole.state!.commands).toEqual({})
  expect(Object.keys(stepped.state!.commands)).toEqual(['the-poison'])
  for (const at of [POISON - 1, POISON, POISON + 1]) {
    const thawed = SiteFold.thaw(options, frozen[at] as never)
    for (const [i, body] of bodies.slice(at + 1).entries()) thawed.take(at + 1 + i, body)
    expect([thawed.stateHash(), thawed.passed]).toEqual([whole.stateHash(), [POISON]])
  }
})

describe('a replica', () => {
  const bodiesOf = (...more: More) => after(...more).bodies
  const commands = (bench: ReplicaBench) => Object.keys(bench.replica.fold.state!.commands)

  test('passes what it learns of before it meets it', async () => {
    const bench = new ReplicaBench()
    await bench.append(bodiesOf([skip(POISON)], [frame(2)]))
    await bench.start(FoldBench.options)
    expect([commands(bench), bench.replica.fold.position, bench.failed]).toEqual([[], POISON + 2, ''])
  })
  test('that has stepped it starts anew when it is passed, and its snapshot does not count', async () => {
    const bench = new ReplicaBench()
    const [poisoned, later] = [bodiesOf(), bodiesOf([skip(POISON)])]
    await bench.append(poisoned)
    await bench.start(FoldBench.options)
    expect(commands(bench)).toEqual(['the-poison'])
    await bench.append(later.slice(poisoned.length))
    expect(bench.failed).toContain('has had a record passed')
    await bench.start(FoldBench.options)
    expect([commands(bench), bench.failed]).toEqual([[], ''])
  })
  test('that was down meanwhile with a snapshot behind it folds anew', async () => {
    const bench = new ReplicaBench()
    const [poisoned, later] = [bodiesOf(), bodiesOf([skip(POISON)])]
    await bench.append(poisoned)
    await bench.start(FoldBench.options)
    await bench.replica.stop()
    await bench.append(later.slice(poisoned.length))
    await bench.start(FoldBench.options)
    expect([commands(bench), bench.replica.fold.position]).toEqual([[], POISON + 1])
    await bench.replica.stop()
    await bench.start(FoldBench.options)
    expect([commands(bench), bench.replica.fold.passed]).toEqual([[], [POISON]])
  })
  test('is not kept from beginning by a skip that names what is not of its site', async () => {
    const bench = new ReplicaBench()
    const foreign: Fact = { ...asked('of-the-farm', 'site', 'safe'), site: 'farm' }
    await bench.append(bodiesOf([foreign], [skip(POISON + 1)], [frame(2)]))
    for (let i = 0; i < 2; i++) {
      await bench.start(FoldBench.options)
      expect([commands(bench), bench.replica.fold.position, bench.failed]).toEqual([['the-poison'], POISON + 3, ''])
      await bench.replica.stop()
    }
    expect(bench.world.notes.join()).not.toContain('refused')
  })
  test('goes on over a skip that is void', async () => {
    const bench = new ReplicaBench()
    const decided: More = [[frame(2)], [certified(2, 2)]]
    const [stepped, late] = [bodiesOf(...decided), bodiesOf(...decided, [skip(POISON)], [frame(3)])]
    await bench.append(stepped)
    await bench.start(FoldBench.options)
    await bench.append(late.slice(stepped.length))
    expect([commands(bench), bench.replica.fold.position, bench.failed]).toEqual([['the-poison'], late.length - 1, ''])
  })
})
