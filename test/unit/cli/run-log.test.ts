/** The log that a run's first start was told of stays its log. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../../supervisors/cli/run.ts'
import { keepLog } from '../../../supervisors/cli/run-log.ts'
import { parseCall } from '../../../supervisors/cli/verb.ts'
import { logOf } from '../../../supervisors/real/logs.ts'
import { seededRandom } from '../../../supervisors/real/random.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'quorate-'))
})
afterEach(() => rmSync(dir, { recursive: true }))
const keep = (...argv: string[]) => keepLog(parseCall(run, argv), dir, seededRandom('log'))
const begin = () => writeFileSync(join(dir, 'manifest.json'), '{}')
const CLUSTER = ['--log', 'redpanda', '--brokers', 'a:9092,b:9092']

test('is in the folder where nothing is said, and where that is said', () => {
  for (const argv of [[], ['--log', 'embedded']]) {
    keep(...argv)
    expect(logOf(dir)).toEqual({ driver: 'embedded', dir: join(dir, 'log') })
  }
})
test('is in topics of its own at the brokers, which may be named anew', () => {
  keep(...CLUSTER)
  const first = logOf(dir)
  expect(first).toMatchObject({ driver: 'redpanda', brokers: ['a:9092', 'b:9092'], toy: false })
  begin()
  keep()
  expect(logOf(dir)).toEqual(first)
  keep('--log', 'redpanda', '--brokers', 'c:9092', '--toy')
  expect(logOf(dir)).toEqual({ ...first, brokers: ['c:9092'], toy: true })
})

describe('is refused', () => {
  test('where another one has begun', () => {
    keep(...CLUSTER)
    begin()
    expect(() => keep('--log', 'embedded')).toThrow(/^LOG_ELSEWHERE: .* in the cluster at a:9092, b:9092; another/)
    rmSync(join(dir, 'log.json'))
    expect(() => keep(...CLUSTER)).toThrow(/^LOG_ELSEWHERE: .* in that folder; another/)
  })
  test('and nothing is kept, where it is not understood', () => {
    expect(() => keep('--log', 'paper')).toThrow("--log 'paper': embedded or redpanda")
    expect(() => keep('--log', 'redpanda')).toThrow('name brokers')
    expect(() => keep('--log', 'redpanda', '--brokers', 'a')).toThrow('--brokers a: write host:port')
    expect(() => keep('--toy')).toThrow('only with --log redpanda')
    expect(logOf(dir).driver).toBe('embedded')
  })
})
