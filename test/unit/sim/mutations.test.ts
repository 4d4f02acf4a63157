/** The catalogue of planted bugs follows the code, leaves no judged invariant out, and the product knows nothing of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { PROFILES } from '../../../sim/faults/profile.ts'
import { MUTATIONS, planted } from '../../../sim/mutations/catalogue.ts'
import { INVARIANTS } from '../../../sim/oracle/registry.ts'
import { ROOT, sources } from '../../architecture/sources.ts'

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

describe('planted bugs', () => {
  it.each(MUTATIONS.map(m => [m.name, m] as const))('%s has one place for each of its changes', (_, mutation) => {
    for (const file of new Set(mutation.changes.map(c => c.file)))
      expect(planted(mutation, file, read(file))).not.toBe(read(file))
  })
  test('a place that is gone, or that stands twice, is an error', () => {
    const mutation = { ...MUTATIONS[0]!, changes: [{ file: 'a.ts', find: 'x', replace: 'y' }] }
    expect(planted(mutation, 'a.ts', 'x')).toBe('y')
    expect(() => planted(mutation, 'a.ts', 'z')).toThrow('0 places')
    expect(() => planted(mutation, 'a.ts', 'x x')).toThrow('2 places')
  })
  test('names are their own, and each breaks what is judged under a profile that there is', () => {
    expect(new Set(MUTATIONS.map(m => m.name)).size).toBe(MUTATIONS.length)
    const judged = INVARIANTS.filter(i => i.checks.length > 0).map(i => i.id)
    for (const { name, breaks, profile } of MUTATIONS) {
      expect(breaks.length, name).toBeGreaterThan(0)
      expect(judged, name).toEqual(expect.arrayContaining([...breaks]))
      expect(PROFILES, name).toEqual(expect.arrayContaining(profile.split('+')))
    }
    const proven = new Set(MUTATIONS.flatMap(m => m.breaks))
    expect(judged.filter(id => !proven.has(id))).toEqual(UNPROVEN)
  })
})

test('the table says of each what it took to find it, and the first page how many there are', () => {
  const own = read('sim/README.md').split('## Planted bugs')[1]!
  const told = [...own.matchAll(/^\| ([a-z-]+) +\| (?:[SL]\d+|energy) /gm)].map(([, name]) => name)
  const unfound = /^Not found[^:]*: (.*)\.$/m.exec(own)?.[1]?.split(', ') ?? []
  expect([...told, ...unfound].toSorted()).toEqual(MUTATIONS.map(m => m.name).toSorted())
  expect(read('README.md')).toContain(`plants ${MUTATIONS.length} bugs in the sources`)
})

/** Judged, and no bug of the catalogue shows that the check can fail. */
const UNPROVEN: readonly string[] = []

test('only the simulator and the tests know of planted bugs', () => {
  const knowing = sources().filter(({ path, imports }) => {
    const own = path.startsWith('sim/') || path.startsWith('test/')
    return !own && (imports.some(name => name.startsWith('sim/mutations')) || read(path).includes('QUORATE_MUTATION'))
  })
  expect(knowing.map(({ path }) => path)).toEqual([])
})
