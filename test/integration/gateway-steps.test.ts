/** The gateway dies in the midst of each call that it makes in a cycle, with commands and pulses under way. */
import { expect, test } from 'vitest'
import type { Fault } from '../../sim/faults/kinds.ts'
import { trial } from '../../sim/trial.ts'
import { openEngine } from '../../supervisors/site/engine.ts'
import { readSiteFile } from '../../supervisors/site/file.ts'

const site = readSiteFile(new URL('../../sim/sites/trial.yaml', import.meta.url).pathname)
/** A cycle with pulses, commands, setpoints and their receipts makes fewer calls. */
const CALLS = 60
const FOR_MS = 30_000

test('S6, S8, S11, S25: whichever call it dies in, nothing is done twice, told wrongly or forgotten', async () => {
  const engine = await openEngine(site.definitions)
  const broken: string[] = []
  let died = 0
  for (let nth = 0; nth < CALLS; nth++) {
    // three seconds in, people start everything: pulses and commands are under way then
    const crash: Fault = { id: nth, kind: 'gatewayCrash', target: 'gateway', fromMs: 3_000, forMs: 6_000, ms: nth }
    const result = await trial({
      seed: nth,
      forMs: FOR_MS,
      sites: 1,
      profile: 'calm',
      file: site.file,
      engine,
      faults: [crash],
    })
    died += result.deaths
    broken.push(...result.violations.map(v => `call ${nth}: ${v.invariant} ${v.text}`))
  }
  expect(broken).toEqual([])
  expect(died).toBe(CALLS)
})
