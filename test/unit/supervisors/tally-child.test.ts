import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { hostPorts } from '../../../supervisors/real/ports.ts'
import type { Prepared } from '../../../supervisors/run/prepare.ts'
import { uncountedSummaryOf } from '../../../supervisors/run/summary.ts'
import { TallyChild } from '../../../supervisors/run/tally-child.ts'

const dir = mkdtempSync(join(tmpdir(), 'quorate-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Its folder holds no log: it falls whenever it begins. */
const prepared = {
  dir,
  site: { definitions: [] },
  signed: { manifest: { tenant: 'acme', site: 'home', partition: 0 } },
} as unknown as Prepared
const slots = { onTime: 1, late: 0, held: 0, uncovered: 0, fieldDown: 0 }
const run = {
  site: 'home',
  slots: { before: slots, now: { ...slots, onTime: 8 } },
  meters: null,
  peakImportW: 900,
  replicas: {},
  lockstep: false,
  input: { rows: 0, gaps: 0, bad: 0 },
}

test('a run is told what it needs of a tally that falls: nothing is drawn or counted, and nothing is thrown', async () => {
  const tally = new TallyChild(prepared, { ...hostPorts('run', dir), note: () => {} })
  await tally.start()
  await expect(tally.say()).resolves.toBeUndefined()
  await expect(tally.sum(run, 0)).resolves.toBeNull()
  await tally.stop()
  await expect(tally.sum(run, 0)).resolves.toBeNull()
})

test('its summary says so, and holds what others have told', () => {
  const { cycles, uncounted, ...rest } = uncountedSummaryOf(run)
  expect([cycles?.onTime, rest.peakImportW]).toEqual([7, 900])
  expect(uncounted).toContain('not counted')
  expect(rest).not.toHaveProperty('verdicts')
})
