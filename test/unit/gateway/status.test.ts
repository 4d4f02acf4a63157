import { describe, expect, it } from 'vitest'
import { partsOf } from '../../../supervisors/gateway/status.ts'

type State = NonNullable<Parameters<typeof partsOf>[0]>
const STATE = {
  voter: 'majority',
  links: ['node-a', 'node-b', 'node-c'],
  field: { up: true, whole: true },
} as unknown as State

describe('a gateway is ready', () => {
  it.each<[string, Partial<State>, string[]]>([
    ['where a quorum decides', {}, []],
    ['with a node missing', { links: ['node-a', 'node-b'] }, []],
    ['not with two missing', { links: ['node-a'] }, ['links']],
    ['where one replica is allowed to decide alone', { voter: 'single.answered' }, []],
    ['not before the first quorum', { voter: 'waiting' }, ['control']],
    ['not once it is left to itself', { voter: 'lapsed' }, ['control']],
    ['not while quorums prove themselves', { voter: 'returning' }, ['control']],
    ['where some reads are unanswered', { field: { up: true, whole: false } }, []],
    ['not where a device that is written is gone', { field: { up: false, whole: false } }, ['field']],
  ])('%s', (_, change, unready) => {
    const parts = partsOf({ ...STATE, ...change }, 3)
    expect(parts.filter(p => !p.ready).map(p => p.part)).toEqual(unready)
  })
  it('not while it is being rebuilt', () => {
    expect(partsOf(null, 3)).toEqual([{ part: 'control', ready: false, says: 'is being rebuilt' }])
  })
})
