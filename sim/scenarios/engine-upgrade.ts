import { scenario } from '../scenario/words.ts'

/** A new engine runs as a shadow first; the manifest names the cycle from which it votes (at 5 min), and there all change over. */
export default scenario({
  title: 'Upgrade of the replicas by activation at a cycle',
  site: '../sites/home.yaml',
  start: '2025-06-21 12:00',
  for: '10 min',
  steps: [
    { at: '60 s', engine: 'next', node: 'node-c' },
    { at: '120 s', activate: 'next', fromCycle: 308 },
    { at: '299 s', engine: 'next', node: 'node-a' },
    { at: '299 s', engine: 'next', node: 'node-b' },
  ],
  expect: [
    'every verdict by present until 290 s',
    'every verdict by next from 310 s',
    'every verdict by majority',
    'at most 0 uncovered slots',
    'at most 2 held slots',
    'no alarm gateway.dissent',
    'no alarm gateway.stateDiverged',
    'bat1 in operating.running from 1 min',
    'no missing frame',
  ],
})
