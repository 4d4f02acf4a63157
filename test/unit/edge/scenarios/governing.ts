/** The voter's ladder: majority, single, lapsed, returning. */
import { type VoterContext, type VoterEffect, type VoterEvent, voterMachine } from '../../../../edge/voter.ts'
import type { Behaviour, Row } from './script.ts'
import { emitted, ended, rules, standing, vote } from './votes.ts'

const say = (e: VoterEffect): string => {
  switch (e.kind) {
    case 'apply':
      return `apply ${e.verdict.cycle} ${e.verdict.source} by ${Object.keys(e.verdict.certificate.signatures)}`
    case 'slot':
      return `slot ${e.cycle} ${e.slot}`
    case 'held':
    case 'undecided':
      return `${e.kind} ${e.cycle}`
    case 'dissent':
      return `dissent ${e.cycle} of ${e.by}: ${e.digest} instead of ${e.instead}`
    case 'equivocation':
      return `equivocation of ${e.by}: ${e.first.digest}, ${e.second.digest}`
    case 'lapse':
      return 'lapse'
    default:
      return `${e.kind} ${e.by}`
  }
}
type Rows = readonly Row<VoterEvent>[]
const twoAgree = (cycle: number): Rows => [
  [emitted(cycle), 'waiting'],
  [vote('a', cycle), 'waiting'],
  [vote('b', cycle), 'majority', `apply ${cycle} majority by a,b`],
]
/** A quorum that only counts towards the return. */
const oneMore = (cycle: number, from: string, before = ''): Rows => [
  [emitted(cycle), from, before],
  [vote('a', cycle), from],
  [vote('b', cycle), 'returning'],
]
const lapsed: Rows = [...twoAgree(1), [5_000, 'lapsed', 'lapse']]
const singleRules = { ...rules, single: { forMs: 8_000 } }
/** After the last majority, `a` alone goes on voting until it governs. */
const alone: Rows = [
  ...twoAgree(1),
  [4_000, 'majority'],
  [emitted(5), 'majority'],
  [vote('a', 5), 'majority'],
  [1_000, 'single.asked'],
  [emitted(6), 'single.asked', 'undecided 5'],
  [vote('a', 6), 'single.answered', 'apply 6 single by a'],
]

export const voter: Behaviour<VoterContext, VoterEvent, VoterEffect> = {
  machine: voterMachine,
  say,
  scenarios: {
    'a quorum applies at once; the late third vote is compared': {
      input: { rules, epoch: 1 },
      begins: 'waiting | ',
      rows: [
        ...twoAgree(1),
        [500, 'majority'],
        [vote('c', 1, 'y'), 'majority', 'dissent 1 of c: y instead of x'],
        [500, 'majority'],
        [ended(1), 'majority', 'slot 1 onTime'],
        [emitted(2), 'majority'],
        [700, 'majority'],
        [vote('c', 2), 'majority'],
        [vote('a', 2), 'majority', 'apply 2 majority by c,a'],
        [300, 'majority'],
        [ended(2), 'majority', 'slot 2 late'],
      ],
    },
    'each quorum starts the validity anew, from the emission of its frame': {
      input: { rules, epoch: 1 },
      rows: [
        ...twoAgree(1),
        [4_000, 'majority'],
        [emitted(2), 'majority'],
        [500, 'majority'],
        [vote('a', 2), 'majority'],
        [vote('b', 2), 'majority', 'apply 2 majority by a,b'],
        [4_499, 'majority'],
        [1, 'lapsed', 'lapse'],
      ],
    },
    'S4: a candidate with a shorter validity ends sooner, and not at all when it is over': {
      input: { rules, epoch: 1 },
      rows: [
        [emitted(1), 'waiting'],
        [vote('a', 1, 'x', { validityMs: 2_000 }), 'waiting'],
        [vote('b', 1, 'x', { validityMs: 2_000 }), 'majority', 'apply 1 majority by a,b'],
        [1_000, 'majority'],
        [emitted(2), 'majority'],
        [1_000, 'lapsed', 'lapse'],
        [1_000, 'lapsed'],
        [vote('a', 2, 'x', { validityMs: 2_000 }), 'lapsed'],
        [vote('b', 2, 'x', { validityMs: 2_000 }), 'lapsed'],
      ],
    },
    'S3: an older cycle never follows a newer one': {
      input: { rules, epoch: 1 },
      rows: [
        [emitted(1), 'waiting'],
        [emitted(2), 'waiting', 'undecided 1'],
        [vote('a', 1), 'waiting'],
        [vote('a', 2), 'waiting'],
        [vote('b', 2), 'majority', 'apply 2 majority by a,b'],
        [vote('b', 1), 'majority'],
        [vote('c', 1), 'majority'],
      ],
    },
    'S13, S14: what never counts': {
      input: { rules, epoch: 1 },
      rows: [
        [emitted(1), 'waiting'],
        [vote('a', 1), 'waiting'],
        [vote('a', 1), 'waiting'], // a key twice
        [vote('a', 1, 'y', { chain: 'another' }), 'waiting'], // its second thought
        [vote('b', 1, 'x', { epoch: 2 }), 'waiting'],
        [vote('d', 1), 'waiting'], // no replica of this site
        [vote('b', 9), 'waiting'], // a cycle that was never emitted
        [vote('c', 1), 'majority', 'apply 1 majority by a,c'],
      ],
    },
    'S15: one key, one cycle, one input, two digests: out, and its proof is told': {
      input: { rules, epoch: 1 },
      rows: [
        [emitted(1), 'waiting'],
        [vote('a', 1, 'x'), 'waiting'],
        [vote('a', 1, 'y'), 'waiting', 'equivocation of a: x, y'],
        [emitted(2), 'waiting', 'undecided 1'],
        [vote('a', 2), 'waiting'],
        [vote('b', 2), 'waiting'],
        [vote('c', 2), 'majority', 'apply 2 majority by b,c'],
      ],
    },
    'S15: a key that is out since an earlier life': {
      input: { rules, epoch: 1, disqualified: ['a'] },
      rows: [
        [emitted(1), 'waiting'],
        [vote('a', 1), 'waiting'],
        [vote('b', 1), 'waiting'],
        [vote('c', 1), 'majority', 'apply 1 majority by b,c'],
      ],
    },
    'who disagreed before the quorum is told with it, and again when it agrees for ten slots': {
      input: { rules, epoch: 1 },
      rows: [
        [emitted(1), 'waiting'],
        [vote('c', 1, 'y'), 'waiting'],
        [vote('a', 1), 'waiting'],
        [vote('b', 1), 'majority', 'dissent 1 of c: y instead of x; apply 1 majority by a,b'],
        [ended(1), 'majority', 'slot 1 onTime'],
        ...Array.from({ length: 10 }, (_, i): Rows => {
          const n = i + 2
          return [
            [emitted(n), 'majority'],
            [vote('c', n), 'majority'],
            [vote('b', n), 'majority', `apply ${n} majority by c,b`],
            [vote('a', n), 'majority'],
            [ended(n), 'majority', `slot ${n} onTime${i === 9 ? '; agreement c' : ''}`],
          ]
        }).flat(),
      ],
    },
    'L6: silent after five slots, heard with the first vote': {
      input: { rules, epoch: 1 },
      rows: [
        ...[1, 2, 3, 4, 5].flatMap(
          (n): Rows => [
            [emitted(n), n === 1 ? 'waiting' : 'majority'],
            [vote('a', n), n === 1 ? 'waiting' : 'majority'],
            [vote('b', n), 'majority', `apply ${n} majority by a,b`],
            [ended(n), 'majority', `slot ${n} onTime${n === 5 ? '; silent c' : ''}`],
          ],
        ),
        [vote('c', 5), 'majority', 'heard c'],
      ],
    },
    'a disagreement holds to the end of validity, then nothing: never resolved by priority': {
      input: { rules: singleRules, epoch: 1 },
      rows: [
        ...twoAgree(1),
        [1_000, 'majority'],
        [ended(1), 'majority', 'slot 1 onTime'],
        [emitted(2), 'majority'],
        [vote('a', 2, 'x'), 'majority'],
        [vote('b', 2, 'y'), 'majority'],
        [vote('c', 2, 'z'), 'majority'],
        [1_000, 'majority'],
        [ended(2), 'majority', 'slot 2 held; held 2'],
        [2_999, 'majority'],
        [1, 'lapsed', 'lapse'],
        [emitted(3), 'lapsed', 'undecided 2'],
        [vote('a', 3), 'lapsed'],
        [ended(3), 'lapsed', 'slot 3 uncovered'],
      ],
    },
    'a device that cannot be reached is nobody’s missing vote': {
      input: { rules, epoch: 1 },
      rows: [...twoAgree(1), [ended(1, false), 'majority', 'slot 1 fieldDown'], [ended(9), 'majority']],
    },
    'where no single replica is allowed, one voice is nothing': {
      input: { rules, epoch: 1 },
      rows: [
        ...twoAgree(1),
        [4_000, 'majority'],
        [emitted(2), 'majority'],
        [vote('a', 2), 'majority'],
        [1_000, 'lapsed', 'lapse'],
      ],
    },
    'a single replica: after validity, as long as it answers, and no longer than its limit': {
      input: { rules: singleRules, epoch: 1 },
      rows: [
        ...alone,
        [4_000, 'single.answered'],
        [emitted(7), 'single.answered', 'undecided 6'],
        [vote('a', 7), 'single.answered', 'apply 7 single by a'],
        [3_999, 'single.answered'],
        [1, 'lapsed', 'lapse'],
        [emitted(8), 'lapsed', 'undecided 7'],
        [vote('a', 8), 'lapsed'],
      ],
    },
    'a single replica that stops answering: to the end of what it last said': {
      input: { rules: singleRules, epoch: 1 },
      rows: [
        ...alone.slice(0, -1),
        [1_000, 'single.asked'],
        [vote('a', 6), 'single.answered', 'apply 6 single by a'],
        [3_999, 'single.answered'],
        [1, 'lapsed', 'lapse'],
      ],
    },
    'a single replica that is asked and says nothing more': {
      input: { rules: singleRules, epoch: 1 },
      rows: [...alone.slice(0, -2), [4_999, 'single.asked'], [1, 'lapsed', 'lapse']],
    },
    'two at odds are not one alone': {
      input: { rules: singleRules, epoch: 1 },
      rows: [
        ...alone,
        [vote('b', 6, 'y'), 'single.answered'],
        [emitted(7), 'single.answered', 'undecided 6'],
        [vote('a', 7), 'single.answered'],
        [5_000, 'lapsed', 'lapse'],
      ],
    },
    'from a single replica: its verdict ends while five quorums prove themselves': {
      input: { rules: singleRules, epoch: 1 },
      rows: [
        ...alone,
        [vote('b', 6), 'single.answered'], // its cycle is applied already
        ...oneMore(7, 'single.answered', 'undecided 6').slice(0, 2),
        [vote('b', 7), 'returning'],
        ...[8, 9, 10].flatMap(n => oneMore(n, 'returning')),
        [4_999, 'returning'],
        [1, 'returning', 'lapse'],
        [emitted(11), 'returning'],
        [vote('a', 11), 'returning'],
        [vote('b', 11), 'majority', 'apply 11 majority by a,b'],
      ],
    },
    'a quorum while the single replica is only asked': {
      input: { rules: singleRules, epoch: 1 },
      rows: [...alone.slice(0, -1), [vote('b', 6), 'single.asked'], [vote('c', 6), 'returning']],
    },
    'five quorums in a row, and a slot without one starts over': {
      input: { rules, epoch: 1 },
      rows: [
        ...lapsed,
        ...oneMore(2, 'lapsed'),
        [ended(2), 'returning', 'slot 2 onTime'],
        ...[3, 4].flatMap(n => oneMore(n, 'returning')),
        [emitted(5), 'returning'],
        [ended(5), 'lapsed', 'slot 5 uncovered; lapse'],
        ...oneMore(6, 'lapsed', 'undecided 5'),
        ...[7, 8, 9].flatMap(n => oneMore(n, 'returning')),
        [6_000, 'returning'],
        [emitted(10), 'returning'],
        [vote('a', 10), 'returning'],
        [vote('b', 10), 'majority', 'apply 10 majority by a,b'],
      ],
    },
    'no quorum since the start: lapsed after one validity': {
      input: { rules, epoch: 1 },
      rows: [
        [4_999, 'waiting'],
        [1, 'lapsed', 'lapse'],
      ],
    },
    'S25: a restart with a standing verdict holds it to its end': {
      input: { rules, epoch: 1, standing: standing(40, 3_000) },
      begins: 'majority | ',
      rows: [
        [emitted(1), 'majority'],
        [2_999, 'majority'],
        [1, 'lapsed', 'lapse'],
      ],
    },
  },
}
