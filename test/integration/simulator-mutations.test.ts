/** The oracle sees: ten planted bugs, each found within its first seeds (all of them: `npm run sim:mutations`). */
import { describe, expect, it } from 'vitest'
import { quorate } from './site-run.ts'

const QUICK: readonly string[] = [
  'votes-agree-by-their-number',
  'last-opinion-wins',
  'waits-for-every-vote',
  'an-alarm-each-time',
  'silence-unsaid',
  'answered-is-confirmed',
  'implausible-passes',
  'observe-writes',
  'bad-is-zero',
  'proof-for-the-record',
]

describe('planted bugs are found', () => {
  it.each(QUICK)('%s', async name => {
    const { code, out, err } = await quorate('sim', '--mutation', name, '--seeds', '1..3', '--hours', '0.05', '--json')
    expect(code, out + err).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ kind: 'found', mutation: name })
  })
  it('a seed without a bug breaks nothing', async () => {
    const { code, out } = await quorate('sim', '--seed', '1', '--hours', '0.05', '--profile', 'calm', '--json')
    expect(code, out).toBe(0)
  })
})
