/** A definition of a higher version on the data of a former one: the site resumes and moves no output by itself (S25). */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readRecord } from '../../sim/plant/record.ts'
import { OwnSite } from './own-site.ts'
import {
  batteriesW,
  folder,
  type Left,
  leftBy,
  quorate,
  remove,
  resumesQuietly,
  SiteRun,
  steady,
  until,
} from './site-run.ts'

const dir = folder()
const data = join(dir, 'data')
const site = new OwnSite(dir)
afterAll(() => remove(dir))
const start = () => new SiteRun(data, ['--site', site.file, '--faults', ...steady(dir, 2_500)])
const record = () => readRecord(join(data, 'plant'))
/** The knob's state, as each node tells it. */
async function states(): Promise<string[]> {
  const { http, token } = JSON.parse(readFileSync(join(data, 'run.json'), 'utf8'))
  const headers = { authorization: `Bearer ${readFileSync(token, 'utf8').trim()}` }
  return Promise.all(
    Object.values<string>(http).map(async address => {
      const reply = await fetch(`http://${address.replace(/^http:\/\//, '')}/api/v1/sites/home/assets/load1`, {
        headers,
      })
      return ((await reply.json()) as { states: string[] }).states.join()
    }),
  )
}
const ROOMS = (high: string) => `chart: {
    initial: 'low',
    states: { low: { on: { lost: {}, turn: '${high}' } }, ${high}: { on: { lost: {}, turn: 'low' } } },
  },`

describe('a definition whose version was raised', () => {
  let left: Left
  it('ran as version 1', async () => {
    site.define(ROOMS('high'))
    const run = start()
    await run.started()
    await until(() => batteriesW(data) > 1_000)
    const turned = await quorate('command', 'home', 'load1', 'turn', 'to=end', '--data', data, '--wait')
    expect(turned).toMatchObject({ code: 0 })
    expect(await states()).toEqual(['high', 'high', 'high'])
    await until(() => run.whole())
    await run.stop()
    left = leftBy(data)
  })
  it('is refused before anything starts, where history cannot be placed under it', async () => {
    site.define(`${ROOMS('loud')} version: 2, settings: { reserve: 'W' },`)
    site.write('reserve: 5 W')
    const refused = await quorate('run', '--site', site.file, '--data', data, '--for', '1s')
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.err).toMatch(
      /^ASSET_DEFINITION: asset 'load1' is of knob version 1; this engine has 2, .*'reserve' is new: write/m,
    )
    site.write('')
  })
  it('resumes as version 2 in its renamed state, votes, and moves no output', async () => {
    site.define(`${ROOMS('loud')} version: 2, migrations: { 1: { renamed: { high: 'loud' } } },`)
    const run = start()
    const started = await run.started()
    expect(started).toMatchObject({ first: false, changes: expect.arrayContaining(['assets']) })
    await until(() => run.whole())
    await run.decided(4)
    expect(await states()).toEqual(['loud', 'loud', 'loud'])
    await resumesQuietly(data, left)
    expect(record().writes.filter(w => w.number > left.write && w.register === 'pulse')).toEqual([])
    const summary = await run.stop()
    expect(summary.commands.confirmed).toBe(0)
    expect(new Set(Object.values(summary.replicas).map(r => r.stateHash)).size).toBe(1)
  })
})
