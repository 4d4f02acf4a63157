import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SiteFold } from '../../../actors/controller/fold.ts'
import { recordsOf } from '../../../actors/kit/keyed.ts'
import { signCandidate } from '../../../protocol/codec/candidate.ts'
import { canonical, chained, GENESIS } from '../../../protocol/codec/canonical.ts'
import { sealFact } from '../../../protocol/codec/fact.ts'
import { manifestHash } from '../../../protocol/codec/manifest.ts'
import type { Fact, FactOf } from '../../../protocol/words/facts.ts'
import type { Manifest } from '../../../protocol/words/manifest.ts'
import {
  asked,
  assetsOf,
  BAD,
  batteryPoints,
  byAdministrator,
  claim,
  FoldBench,
  frame,
  good,
  head,
  manifestOf,
  NODES,
  START_MS,
  signerOf,
} from './household.ts'

const next = (of: Manifest, changes: Partial<Manifest> = {}): Manifest => ({
  ...of,
  version: of.version + 1,
  previous: manifestHash(of),
  ...changes,
})
const begun = () => {
  const bench = new FoldBench()
  const first = manifestOf()
  bench.install(byAdministrator(first))
  return { bench, first }
}

describe('S26: what is not authentic never enters a step', () => {
  const FORGED: readonly [code: string, body: (bench: FoldBench) => string][] = [
    ['BAD_SHAPE', () => 'no record at all'],
    ['BAD_SHAPE', () => sealFact(frame(-1), signerOf('gateway'))],
    ['UNKNOWN_VERSION', () => sealFact({ ...frame(1), v: 2 } as unknown as Fact, signerOf('gateway'))],
    ['UNKNOWN_KEY', () => sealFact(frame(1, { by: 'stranger' }), signerOf('stranger'))],
    ['FORBIDDEN', () => sealFact(frame(1, { by: 'operator' }), signerOf('operator'))],
    ['BAD_SIGNATURE', () => sealFact(frame(1), signerOf('gateway', 'another'))],
    ['BAD_SIGNATURE', () => sealFact(frame(1), signerOf('gateway')).replace('"cycle":1', '"cycle":2')],
    ['WRONG_SITE', () => sealFact(claim('node-a', 1, START_MS, { partition: 7 }), signerOf('node-a'))],
    [
      'WRONG_UNIT',
      () =>
        sealFact(
          frame(1, { assets: assetsOf({ bat1: { points: batteryPoints({ soc: good(500, 'W') }) } }) }),
          signerOf('gateway'),
        ),
    ],
  ]
  test.each(FORGED)('%s', (code, body) => {
    const { bench } = begun()
    const before = bench.fold.stateHash()
    expect(bench.body(body(bench))).toMatchObject({ kind: 'refused', code })
    expect(bench.fold.stateHash()).toBe(before)
  })
  test('before the first manifest nobody is known', () => {
    expect(new FoldBench().take(frame(1))).toMatchObject({ kind: 'refused', code: 'UNKNOWN_KEY' })
  })
  test('a fact of another site is not this one’s', () => {
    const { bench } = begun()
    expect(bench.take(frame(1, { site: 'elsewhere' }))).toEqual({ kind: 'foreign' })
  })
  test('the chain is over what was taken, and nothing else', () => {
    const { bench } = begun()
    bench.body('forged')
    bench.take(frame(1))
    const [manifest, , taken] = bench.bodies
    expect(bench.fold.chain).toBe(chained(chained(GENESIS, manifest!), taken!))
  })
})

describe('manifests', () => {
  test('the first is its own authority; the next must follow it', () => {
    const { bench, first } = begun()
    expect(bench.fold.manifestHash).toBe(manifestHash(first))
    expect(bench.install(byAdministrator(first))).toMatchObject({ code: 'MANIFEST_VERSION' })
    expect(bench.install({ manifest: next(first), signatures: {} })).toMatchObject({ code: 'MANIFEST_SIGNATURES' })
    expect(bench.install(byAdministrator(next(first)))).toMatchObject({ kind: 'stepped', candidate: null })
    expect(bench.fold.manifest?.version).toBe(2)
  })
  test('one that does not fit this engine is refused, and nothing changes', () => {
    const { bench, first } = begun()
    for (const [type, code] of [
      ['windmill', 'UNKNOWN_ASSET_TYPE'],
      ['constructor', 'BAD_SHAPE'], // what every object has is no name
    ] as const) {
      const assets = first.assets.map(a => ({ ...a, type }))
      expect(bench.install(byAdministrator(next(first, { assets })))).toMatchObject({ code })
    }
    const twice = [...first.assets, first.assets[0]!]
    expect(bench.install(byAdministrator(next(first, { assets: twice })))).toMatchObject({ code: 'SITE_FILE' })
    expect(bench.fold.manifest?.version).toBe(1)
  })
  const version = (bench: FoldBench) => bench.fold.manifest!.version
  test('with a cycle it waits for that cycle', () => {
    const { bench, first } = begun()
    bench.take(frame(5))
    bench.install(byAdministrator(next(first, { fromCycle: 8 })))
    bench.take(frame(7))
    expect(version(bench)).toBe(1)
    bench.take(frame(8))
    expect(version(bench)).toBe(2)
  })
  test('over every life of the gateway, whose cycles go on', () => {
    const { bench, first } = begun()
    bench.take(frame(5))
    bench.install(byAdministrator(next(first, { fromCycle: 12 })))
    bench.take(frame(11, { epoch: 2 }))
    expect(version(bench)).toBe(1)
    bench.take(frame(19, { epoch: 3 }))
    expect(version(bench)).toBe(2)
  })
  test('a frame of an earlier life, sent again, brings nothing into force', () => {
    const { bench, first } = begun()
    bench.take(frame(5, { epoch: 2 }))
    bench.install(byAdministrator(next(first, { fromCycle: 50 })))
    bench.take(frame(900))
    expect(version(bench)).toBe(1)
  })
  test('several wait in the order of their versions', () => {
    const { bench, first } = begun()
    const second = next(first, { fromCycle: 8 })
    bench.install(byAdministrator(second))
    bench.install(byAdministrator(next(second, { fromCycle: 9 })))
    expect(bench.fold.pending.map(p => p.manifest.version)).toEqual([2, 3])
    const seen = [7, 8, 9].map(cycle => {
      bench.take(frame(cycle))
      return version(bench)
    })
    expect(seen).toEqual([1, 2, 3])
  })
  test('one that is in force at once overtakes those that wait; no older one comes back (S33)', () => {
    const { bench, first } = begun()
    const second = next(first, { fromCycle: 8 })
    bench.install(byAdministrator(second))
    bench.install(byAdministrator(next(second)))
    bench.take(frame(8))
    expect(version(bench)).toBe(3)
  })
  test('the line of manifests is kept for who was away, so far back as is bounded, over a snapshot too', () => {
    const { bench, first } = begun()
    let last = first
    for (let i = 0; i < 12; i++) bench.install(byAdministrator((last = next(last))))
    bench.install(byAdministrator(next(last, { fromCycle: 900 })))
    const versions = (fold: SiteFold) => [fold.lineage, fold.pending].map(all => all.map(m => m.manifest.version))
    const thawed = SiteFold.thaw(FoldBench.options, JSON.parse(JSON.stringify(bench.fold.freeze())))
    for (const fold of [bench.fold, thawed])
      expect([...versions(fold), fold.manifest!.version]).toEqual([[5, 6, 7, 8, 9, 10, 11, 12, 13, 14], [14], 13])
  })
  test('an asset of another type under the same name starts anew', () => {
    const { bench, first } = begun()
    bench.take(frame(1))
    const load = { ...first.assets.find(a => a.name === 'load1')!, name: 'bat2' }
    const assets = first.assets.map(a => (a.name === 'bat2' ? load : a))
    const strategies = first.strategies.map(s => ({ ...s, roles: { ...s.roles, storage: ['bat1'] } }))
    bench.install(byAdministrator(next(first, { assets, strategies })))
    expect(bench.fold.state!.assets.bat2!.chart.machine.id).toBe('load')
    expect(bench.take(frame(2))).toMatchObject({ kind: 'stepped', candidate: { cycle: 2 } })
  })
  test('a key that was replaced leaves its claim of time behind (S27)', () => {
    const { bench, first } = begun()
    for (const by of NODES) bench.take(claim(by, 1, START_MS))
    const keys = {
      ...first.keys,
      'node-c': { publicKey: signerOf('node-c', 'second').publicKey, roles: ['node' as const] },
    }
    bench.install(byAdministrator(next(first, { keys })))
    expect(Object.keys(bench.fold.state!.claims)).toEqual(['node-a', 'node-b'])
  })
})

describe('equivocation', () => {
  const publicKey = signerOf('node-b').publicKey
  const proof = (bench: FoldBench, change: object, by = 'node-b'): FactOf<'EquivocationProven'> => {
    const taken = bench.take(frame(1))
    if (taken.kind !== 'stepped' || !taken.candidate) throw new Error('no candidate')
    const lie = { ...taken.candidate, validityMs: taken.candidate.validityMs + 1, ...change }
    const [first, second] = [taken.candidate, lie].map(c => signCandidate(c, signerOf(by)))
    const bare = ({ bytes, signature }: { bytes: string; signature: string }) => ({ bytes, signature })
    return {
      ...head,
      kind: 'EquivocationProven',
      by: 'operator',
      key: 'node-b',
      publicKey,
      first: bare(first!),
      second: bare(second!),
    }
  }
  test('two signatures of one key on one cycle prove it, whoever brings them; the key is out', () => {
    const { bench } = begun()
    expect(bench.take(proof(bench, {})).kind).toBe('stepped')
    expect(bench.fold.state!.disqualified).toEqual(['node-b'])
  })
  const NONE: readonly [what: string, change: object, by?: string][] = [
    ['the same bytes twice', { validityMs: 5_000 }],
    ['of another cycle', { cycle: 2 }],
    ['of another input', { chain: 'f'.repeat(64) }],
    ['of another engine', { engine: 'f'.repeat(64) }],
    ['by another key', {}, 'node-c'],
    ['of another site', { site: 'elsewhere' }],
  ]
  test.each(NONE)('no proof: %s', (_, change, by) => {
    const { bench } = begun()
    expect(bench.take(proof(bench, change, by))).toMatchObject({ kind: 'refused', code: 'BAD_SIGNATURE' })
    expect(bench.fold.state!.disqualified).toEqual([])
  })
  test('the key is out until it is enrolled anew, by another key and not by another version (S15)', () => {
    const { bench, first } = begun()
    bench.take(proof(bench, {}))
    const second = next(first)
    bench.install(byAdministrator(second))
    expect(bench.fold.state!.disqualified).toEqual(['node-b'])
    const keys = {
      ...second.keys,
      'node-b': { publicKey: signerOf('node-b', 'second').publicKey, roles: ['node' as const] },
    }
    bench.install(byAdministrator(next(second, { keys })))
    expect(bench.fold.state!.disqualified).toEqual([])
  })
  test('a proof is its own: of an older manifest it counts, against a key that was replaced it changes nothing', () => {
    const { bench, first } = begun()
    const old = proof(bench, {})
    const other = signerOf('node-b', 'second').publicKey
    expect(bench.take({ ...old, publicKey: other })).toMatchObject({ code: 'BAD_SIGNATURE' })
    const second = next(first)
    bench.install(byAdministrator(second))
    const later = begun().bench
    later.install(byAdministrator(second))
    expect(later.take(old).kind).toBe('stepped')
    expect(later.fold.state!.disqualified).toEqual(['node-b'])
    const keys = { ...second.keys, 'node-b': { publicKey: other, roles: ['node' as const] } }
    bench.install(byAdministrator(next(second, { keys })))
    expect(bench.take(old).kind).toBe('stepped')
    expect(bench.fold.state!.disqualified).toEqual([])
  })
})

/** Facts in an order that nobody planned; what is refused is part of it. */
const anyFact = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 800 }), fc.constantFrom(369_000, 0), fc.boolean())
      .map(([temperature, link, bad]) => ({ frame: { temperature, link, bad } })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(...NODES), fc.integer({ min: 0, max: 20_000 }))
      .map(([by, ahead]) => ({ claim: { by, ahead } })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom('site', 'bat1', 'bat2'),
        fc.constantFrom('start', 'stop', 'reset', 'automatic', 'manual', 'safe'),
      )
      .map(([target, name]) => ({ command: { target, name } })),
  },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 30_000 }).map(shelve => ({ shelve })) },
  { weight: 1, arbitrary: fc.constant({ epoch: true }) },
  { weight: 1, arbitrary: fc.constant({ forged: true }) },
)
type AnyFact = Partial<{
  frame: { temperature: number; link: number; bad: boolean }
  claim: { by: string; ahead: number }
  command: { target: string; name: string }
  /** The first alarm that there is, for so long; 0: it is acknowledged. */
  shelve: number
  epoch: boolean
  forged: boolean
}>

function bodiesOf(plan: readonly AnyFact[]): string[] {
  const bench = new FoldBench()
  bench.install(byAdministrator(manifestOf()))
  for (const by of NODES) bench.take(claim(by, 1, START_MS))
  let [epoch, cycle, seq, atMs] = [1, 0, 1, START_MS]
  for (const [i, { frame: f, claim: c, command: d, shelve, epoch: e, forged }] of plan.entries()) {
    if (e) [epoch, cycle] = [epoch + 1, cycle + 3]
    if (forged) bench.body(sealFact(frame(cycle + 1, { epoch }), signerOf('gateway', 'another')))
    if (c) bench.take(claim(c.by, ++seq, (atMs += c.ahead)))
    if (d) bench.take(asked(`command-${i}`, d.target, d.name, bench.fold.state!.now))
    const [alarm] = recordsOf(bench.fold.state!.alarms).map(([key]) => key)
    const { now } = bench.fold.state!
    if (shelve !== undefined && alarm !== undefined) {
      const own = { kind: 'AlarmAcknowledged', by: 'operator', id: `acknowledge-${i}`, alarm, issuedAtMs: now } as const
      bench.take({ ...head, ...own, ...(shelve > 0 && { shelveUntilMs: now + shelve }) })
    }
    if (!f) continue
    const points = batteryPoints({
      temperature: f.bad ? BAD : good(f.temperature, '°C'),
      linkVoltage: good(f.link, 'V'),
    })
    bench.take(frame(++cycle, { epoch, assets: assetsOf({ bat1: { points }, bat2: { points } }) }))
  }
  return bench.bodies
}

test('S17: a snapshot and its tail equal a full replay, wherever the snapshot is taken', () => {
  fc.assert(
    fc.property(fc.array(anyFact, { minLength: 5, maxLength: 40 }), fc.nat(), (plan, cut) => {
      const bodies = bodiesOf(plan)
      const at = 4 + (cut % (bodies.length - 3))
      const whole = new SiteFold(FoldBench.options)
      let thawed: SiteFold | null = null
      for (const [position, body] of bodies.entries()) {
        if (position === at) thawed = SiteFold.thaw(FoldBench.options, JSON.parse(JSON.stringify(whole.freeze())))
        const taken = whole.take(position, body)
        if (thawed) expect(canonical(fromTaken(thawed.take(position, body)))).toBe(canonical(fromTaken(taken)))
      }
      if (!thawed) return
      expect(thawed.leaves()).toEqual(whole.leaves())
      expect(thawed.stateHash()).toBe(whole.stateHash())
    }),
    { numRuns: 60 },
  )
})
const fromTaken = (taken: ReturnType<SiteFold['take']>) =>
  taken.kind === 'stepped' ? { candidate: taken.candidate, outputs: taken.outputs } : taken

test('S16: two folds of one log have one hash at every position; trusted bodies change nothing', () => {
  const bodies = bodiesOf([
    { command: { target: 'site', name: 'automatic' } },
    { frame: { temperature: 300, link: 0, bad: false } },
    { command: { target: 'bat1', name: 'start' } },
    { frame: { temperature: 300, link: 369_000, bad: false } },
  ])
  const [a, b] = [new SiteFold(FoldBench.options), new SiteFold(FoldBench.options)]
  for (const [position, body] of bodies.entries()) {
    a.take(position, body)
    b.take(position, body, true)
    expect(b.stateHash()).toBe(a.stateHash())
  }
})
