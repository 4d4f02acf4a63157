/** A command does not wait for the next cycle: it nudges the gateway into an early frame. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { folder, quorate, remove, SiteRun } from './site-run.ts'

const CYCLE_MS = 10_000
const dir = folder()
let run: SiteRun

beforeAll(async () => {
  run = new SiteRun(dir, ['--cycle', `${CYCLE_MS / 1_000}s`])
  await run.started()
})
afterAll(() => remove(dir))

it('is confirmed within moments where a cycle takes ten seconds', async () => {
  await run.decided(1) // the next regular frame is a whole cycle away
  const { code, out, err } = await quorate('command', 'home', 'site', 'manual', '--wait', '--json', '--data', dir)
  expect(code, err).toBe(0)
  const steps = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { step: string; at: string })
  const at = (step: string) => Date.parse(steps.find(s => s.step === step)!.at)
  expect(at('confirmed') - at('sent')).toBeLessThan(CYCLE_MS / 2)
})
