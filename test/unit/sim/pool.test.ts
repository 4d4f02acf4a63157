import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, expect, test } from 'vitest'
import { Pool } from '../../../sim/cli/pool.ts'

const dir = mkdtempSync(join(tmpdir(), 'quorate-'))
const script = join(dir, 'worker.mjs')
writeFileSync(
  script,
  `process.on('message', job => {
    if (job === 'dies') process.exit(7)
    if (job === 'hangs') for (;;) {}
    if (job === 'is slow') for (const ms of [300, 600, 900]) setTimeout(() => process.send('still'), ms)
    setTimeout(() => process.send('did ' + job), job === 'is slow' ? 1_200 : 0)
    if (job === 'dies idle') setTimeout(() => process.exit(0), 50)
  })
  process.on('disconnect', () => process.exit(0))`,
)
let pool: Pool<string, string>
const poolOf = (jobs: number, silentMs?: number) => {
  const worker = pathToFileURL(script)
  const died = (job: string, reason: string) => `${job}: ${reason}`
  pool = new Pool({ worker, jobs, died, ...(silentMs !== undefined && { silentMsMax: () => silentMs }) })
  return pool
}
afterEach(() => pool.close())
afterAll(() => rmSync(dir, { recursive: true }))

test('the place of a worker that has died is taken by the next', async () => {
  poolOf(2)
  expect(await Promise.all(['dies', 'dies', 'dies', 'this', 'that'].map(job => pool.run(job)))).toEqual([
    ...Array(3).fill('dies: the process of the simulation ended with code 7'),
    'did this',
    'did that',
  ])
})
test('one that dies between two jobs is given none', async () => {
  expect(await poolOf(1).run('dies idle')).toBe('did dies idle')
  await new Promise(resolve => setTimeout(resolve, 300))
  expect(await pool.run('next')).toBe('did next')
})
test('one that is silent for too long is ended, and its place is taken; what says that it goes on is not', async () => {
  poolOf(1, 800)
  const [hung, slow, next] = ['hangs', 'is slow', 'next'].map(job => pool.run(job))
  expect(await hung).toMatch(/^hangs: no run of it has ended within 1 s: it hangs/)
  expect([await slow, await next]).toEqual(['did is slow', 'did next'])
})
