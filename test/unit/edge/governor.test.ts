import { describe, expect, test } from 'vitest'
import { Governor, rulesOf } from '../../../edge/governor.ts'
import { Notebook, type Recovered } from '../../../edge/notebook.ts'
import { slotClass } from '../../../edge/slots.ts'
import { provesEquivocation, signCandidate } from '../../../protocol/codec/candidate.ts'
import { sha256 } from '../../../protocol/codec/canonical.ts'
import { manifestHash } from '../../../protocol/codec/manifest.ts'
import type { Candidate, Mode } from '../../../protocol/words/candidate.ts'
import { type Equivocation, NO_SLOTS } from '../../../protocol/words/facts.ts'
import type { Manifest } from '../../../protocol/words/manifest.ts'
import { ENGINE, signerOf, verifier } from '../controller/household.ts'
import { standing } from './scenarios/votes.ts'
import { siteManifest } from './site.ts'
import { MemoryDisk, worldOf } from './world.ts'

const NOTHING: Recovered = {
  standing: null,
  slots: NO_SLOTS,
  cycle: 0,
  lastAtMs: null,
  openPulses: [],
  openCommands: [],
  untold: { pulses: [], commands: [] },
  disqualified: [],
  raised: [],
}
const TIMING = { cycleMs: 1_000, deadlineMs: 600, validityMs: 5_000, fastMs: 1_000 }

class Bench {
  readonly world = worldOf()
  readonly told: string[] = []
  readonly proofs: Equivocation[] = []
  readonly governor: Governor
  readonly manifest: Manifest
  constructor(recovered: Partial<Recovered> = {}, change: Partial<Manifest> = {}) {
    this.manifest = { ...siteManifest, timing: TIMING, single: null, ...change }
    this.governor = new Governor(
      this.world,
      verifier,
      this.manifest,
      1,
      { ...NOTHING, ...recovered },
      {
        apply: verdict => void this.told.push(`apply ${verdict.cycle}`),
        lapse: () => void this.told.push('lapse'),
        undecided: cycle => void this.told.push(`undecided ${cycle}`),
        alarm: (alarm, about, asset, state) => {
          if (state === 'raised') this.told.push(`${alarm} ${about ?? asset ?? ''}`.trim())
        },
        equivocation: proof => {
          this.told.push(`proof against ${proof.key}`)
          this.proofs.push(proof)
        },
      },
    )
  }
  candidate(change: Partial<Candidate> = {}, mode: Mode = 'automatic'): Candidate {
    const { tenant, site } = this.manifest
    const own = {
      v: 1,
      tenant,
      site,
      epoch: 1,
      cycle: 1,
      position: 5,
      chain: sha256('chain'),
      validityMs: 5_000,
    } as const
    const actions = { mode, assets: {}, laws: [], commands: [] }
    return { ...own, engine: ENGINE, manifest: manifestHash(this.manifest), actions, ...change } as Candidate
  }
  vote(by: string, change: Partial<Candidate> = {}, mode?: Mode, stateHash?: string): this {
    this.governor.candidate(signCandidate(this.candidate(change, mode), signerOf(by), stateHash))
    return this
  }
  get news(): string {
    return this.told.splice(0).join(', ')
  }
}

test('a quorum of signed candidates governs every channel', () => {
  const bench = new Bench()
  bench.governor.emitted(1)
  bench.vote('node-a')
  expect(bench.news).toBe('')
  bench.vote('node-b')
  expect(bench.news).toBe('apply 1')
  expect(bench.governor.govern()).toEqual({ bat1: 'verdict', grid: 'verdict' })
  expect(bench.governor.voters(1)).toEqual(['node-a', 'node-b'])
})

describe('S13: refused, and counted by reason', () => {
  test.each<[string, (b: Bench) => void]>([
    ['unknownKey', b => b.vote('gateway')],
    ['badSignature', b => b.governor.candidate(signCandidate(b.candidate(), signerOf('node-b', 'forged')))],
    ['badShape', b => b.vote('node-b', { position: -1 })],
    ['wrongSite', b => b.vote('node-b', { site: 'other' })],
    ['wrongManifest', b => b.vote('node-b', { manifest: sha256('older') })],
  ])('%s', (reason, send) => {
    const bench = new Bench()
    bench.governor.emitted(1)
    bench.vote('node-a')
    send(bench)
    expect(bench.news).toBe('')
    expect(bench.governor.refused).toEqual({ [reason]: 1 })
  })
})

test('S33: under a manifest of other people, what was asked before may be decided under the former one, and no more', () => {
  const bench = new Bench()
  const next = { ...bench.manifest, version: 2, previous: manifestHash(bench.manifest) }
  bench.governor.emitted(1)
  bench.vote('node-a')
  bench.governor.enact(next)
  bench.vote('node-b')
  expect([bench.news, bench.governor.refused]).toEqual(['apply 1', {}])
  bench.governor.emitted(2)
  bench.vote('node-a', { cycle: 2 }).vote('node-b', { cycle: 2 })
  expect([bench.news, bench.governor.refused]).toEqual(['', { wrongManifest: 2 }])
  const manifest = manifestHash(next)
  bench.vote('node-a', { cycle: 2, manifest }).vote('node-c', { cycle: 2, manifest })
  bench.vote('node-b') // late, and compared: no dissent
  expect(bench.news).toBe('apply 2')
})

test('S36: local mode at the device, until it says remote; a lost point releases nothing', () => {
  const bench = new Bench()
  bench.governor.emitted(1)
  bench.vote('node-a').vote('node-b')
  bench.governor.measured({ bat1: { mode: 'local' } })
  expect(bench.governor.channelState('bat1')).toBe('deviceLocal')
  expect(bench.governor.govern().bat1).toBe('none')
  expect(bench.governor.fed()).toEqual(['grid'])
  bench.governor.measured({ bat1: {} })
  expect(bench.governor.channelState('bat1')).toBe('deviceLocal')
  bench.governor.measured({ bat1: { mode: 'remote' } })
  expect(bench.governor.channelState('bat1')).toBe('holding')
})

test('mode off: nobody governs, nothing is fed', () => {
  const bench = new Bench()
  bench.governor.emitted(1)
  bench.vote('node-a', {}, 'off').vote('node-b', {}, 'off')
  expect(bench.governor.govern()).toEqual({ bat1: 'none', grid: 'none' })
  expect(bench.governor.fed()).toEqual([])
})

test('L3: no quorum any more: local law within the validity, the device by itself after the fallback', async () => {
  const bench = new Bench()
  bench.governor.emitted(1)
  bench.vote('node-a').vote('node-b')
  await bench.world.clock.pass(5_000)
  expect(bench.news).toBe('apply 1, localLawActive grid, localLawActive bat1, lapse')
  expect(bench.governor.govern().bat1).toBe('local')
  await bench.world.clock.pass(10_000)
  expect(bench.governor.govern().bat1).toBe('none')
  expect(bench.news).toContain('deviceDefaultActive bat1')
})

test('S15: two candidates of one key for one cycle: the proof goes up', () => {
  const bench = new Bench()
  bench.governor.emitted(1)
  bench.vote('node-a').vote('node-a', {}, 'safe')
  expect(bench.news).toBe('equivocation node-a, proof against node-a')
  const { tenant, site } = bench.manifest
  expect(provesEquivocation(bench.proofs[0]!, tenant, site, verifier)).toBe(true)
})

describe('S15: a key that was proven to lie is out over restarts', () => {
  const lied = async () => {
    const bench = new Bench()
    bench.governor.emitted(1)
    bench.vote('node-a').vote('node-a', {}, 'safe')
    const disk = new MemoryDisk()
    const notebook = await Notebook.open(disk, 'one')
    await notebook.write({ k: 'disqualified', proof: bench.proofs[0]! })
    return (await Notebook.open(disk.crash(), 'two')).recovered
  }
  const decides = (recovered: Recovered, change: Partial<Manifest> = {}, signer = signerOf('node-a')) => {
    const bench = new Bench(recovered, change)
    bench.governor.emitted(1)
    bench.governor.candidate(signCandidate(bench.candidate(), signer))
    return bench.vote('node-b').news
  }
  test('its votes count no more', async () => {
    expect(decides(await lied())).toBe('')
  })
  test('whatever else a manifest changes', async () => {
    expect(decides(await lied(), { version: 9, title: 'another' })).toBe('')
  })
  test('until a manifest gives its name another key', async () => {
    const anew = signerOf('node-a', 'second')
    const { keys } = siteManifest
    const enrolled = { ...keys, 'node-a': { publicKey: anew.publicKey, roles: ['node' as const] } }
    const recovered = await lied()
    expect(decides(recovered, { keys: enrolled }, anew)).toBe('apply 1')
    expect(decides(recovered)).toBe('') // the old key, should it ever come back
  })
})

test('state hashes ride outside the digest: one that differs is alarmed, and the verdict stands', () => {
  const bench = new Bench()
  bench.governor.emitted(1)
  for (const [by, state] of [
    ['node-a', 'one'],
    ['node-b', 'one'],
    ['node-c', 'other'],
  ] as const)
    bench.vote(by, {}, 'automatic', sha256(state))
  expect(bench.news).toBe('apply 1, stateDiverged node-c')
})
test('a state hash of a cycle that nobody was asked about makes no one forget the others', () => {
  const bench = new Bench()
  bench.governor.emitted(1)
  bench.vote('node-a', {}, 'automatic', sha256('state')).vote('node-b', {}, 'automatic', sha256('state'))
  bench.vote('node-c', { cycle: 1_000_000 }, 'automatic', sha256('state'))
  bench.vote('node-c', {}, 'automatic', sha256('other'))
  expect(bench.news).toBe('apply 1, stateDiverged node-c')
})

describe('slotClass', () => {
  const ballot = (decidedAtMs: number | null) => ({
    cycle: 1,
    emittedAtMs: 1_000,
    votes: [],
    decided: decidedAtMs === null ? null : { digest: 'x', atMs: decidedAtMs },
  })
  test.each([
    [1_600, 9_000, true, 'onTime'],
    [1_601, 9_000, true, 'late'],
    [null, 2_001, true, 'held'],
    [null, 2_000, true, 'uncovered'],
    [null, null, true, 'uncovered'],
    [1_600, 9_000, false, 'fieldDown'],
  ] as const)('decided at %s, standing until %s, field up %s: %s', (decided, until, up, slot) => {
    expect(slotClass(ballot(decided), 600, until, 2_000, up)).toBe(slot)
  })
})

describe('the gateway’s own downtime is classed after its restart', () => {
  const slots = { ...NO_SLOTS, onTime: 10 }
  // the clock of the bench stands at 1000
  test.each([
    ['of another boot: not known', { lastAtMs: null, standing: null }, slots],
    ['a moment', { lastAtMs: 900, standing: standing(4, 5_000) }, { ...slots, onTime: 11 }],
    ['within validity', { lastAtMs: -3_000, standing: standing(4, 1_500) }, { ...slots, onTime: 11, held: 3 }],
    ['beyond it', { lastAtMs: -4_000, standing: standing(4, -1_500) }, { ...slots, onTime: 11, held: 1, uncovered: 3 }],
  ] as const)('%s', (_, recovered, expected) => {
    expect(new Bench({ ...recovered, slots }).governor.slots).toEqual(expected)
  })
})

test('S25: a restart within validity governs on; after it, it does not', async () => {
  const bench = new Bench({ standing: standing(4, 1_500), lastAtMs: 900 })
  expect(bench.governor.govern().bat1).toBe('verdict')
  await bench.world.clock.pass(500)
  expect(bench.news).toContain('lapse')
  expect(new Bench({ standing: standing(4, 1_000), lastAtMs: 900 }).governor.govern().bat1).toBe('none')
})

test('rules of a manifest: the majority of the configured, ballots for as long as a verdict can be valid', () => {
  const { manifest } = new Bench({}, { single: { forMs: 60_000, envelopePermille: 500 } })
  expect(rulesOf(manifest)).toEqual({
    replicas: ['node-a', 'node-b', 'node-c'],
    quorum: 2,
    deadlineMs: 600,
    validityMs: 5_000,
    single: { forMs: 60_000 },
    ballotsMs: 8_000,
  })
})
