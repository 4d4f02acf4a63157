/**
 * A step that does not end: every node hangs in it, is killed by its parent and hangs again, while the gateway falls
 * back by itself; what an administrator has had passed is stepped by nobody, and the site votes again.
 */
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { OwnSite } from './own-site.ts'
import { batteriesW, folder, quorate, remove, SiteRun, steady, until } from './site-run.ts'

const dir = folder()
const data = join(dir, 'data')
const site = new OwnSite(dir)
let run: SiteRun
afterAll(() => remove(dir))

/** Turned too far, its guard looks for ever. */
site.define(`
  guards: { bearable: ({ event }: any) => { while (event.to === 'endless') {} return true } },
  chart: {
    initial: 'low',
    states: {
      low: { on: { lost: {}, turn: { target: 'high', guard: 'bearable' } } },
      high: { on: { lost: {}, turn: { target: 'low', guard: 'bearable' } } },
    },
  },`)
const nodes = async () => Object.entries(await run.pids()).filter(([name]) => name.startsWith('node-'))
const turn = (to: string) => quorate('command', 'home', 'load1', 'turn', `to=${to}`, '--data', data, '--wait')
const skip = (position: number) =>
  quorate('log', 'skip', String(position), '--reason', 'its guard does not end', '--data', data)
/** What the run has said of the newest node that it has killed. */
function positionSaid(): number {
  const said = run.stderr.split('\n').filter(line => line.includes('"a process does not answer: killed"'))
  return Number(/"position":(\d+)/.exec(said.at(-1) ?? '')?.[1])
}
async function commands(): Promise<{ position: number; fact: { params: { to?: string } } }[]> {
  const { out } = await quorate('log', 'export', '--data', data, '--kind', 'CommandRequested')
  return out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
}

describe('a command whose guard does not end', () => {
  let poison = -1
  it('hangs every node; the parent kills them, and they hang again', async () => {
    run = new SiteRun(data, ['--site', site.file, '--faults', ...steady(dir, 2_500)])
    await run.started()
    await until(() => batteriesW(data) > 1_000)
    expect(await turn('end')).toMatchObject({ code: 0 })
    const pids = new Map((await nodes()).map(([name, pid]) => [name, new Set([pid])]))
    void turn('endless')
    await until(async () => {
      for (const [name, pid] of await nodes()) pids.get(name)!.add(pid)
      return [...pids.values()].every(all => all.size > 2) // killed, started anew, killed
    })
    poison = positionSaid()
    expect((await commands()).find(c => c.position === poison)?.fact.params.to).toBe('endless')
  })
  it('leaves the gateway alone, which falls back by itself', async () => {
    await until(() => batteriesW(data) === 0)
    const { gateway, supervisor } = await run.status()
    expect(['majority', 'single']).not.toContain(gateway!.voter)
    expect(supervisor).not.toBe('failed')
  })
  it('is passed once an administrator says so: the site votes again', async () => {
    expect(await skip(poison)).toMatchObject({ code: 0 })
    await until(() => run.whole())
    await until(() => batteriesW(data) > 1_000)
    expect(await turn('end')).toMatchObject({ code: 0 }) // from where it was: the other one has changed nothing
  })
  it('what was decided upon cannot be passed', async () => {
    expect(await skip((await commands())[0]!.position)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^SKIP_VOID: a certificate in the log is of a frame above/),
    })
  })
  it('is passed by every replica, by replay and by verify alike', async () => {
    const summary = await run.stop()
    expect(new Set(Object.values(summary.replicas).map(r => r.stateHash)).size).toBe(1)
    const replayed = await quorate('replay', '--data', data, '--definition', site.definition, '--json')
    const { different, replicas } = JSON.parse(replayed.out)
    expect([different, replicas.a.stateHash]).toEqual([0, summary.replicas.a!.stateHash])
    const verified = await quorate('log', 'verify', '--data', data, '--definition', site.definition)
    expect(verified.out).toContain('no problem')
    const inverter = new URL('../../actors/assets/pv-inverter.ts', import.meta.url).pathname
    const walked = await quorate('asset', 'test', inverter, '--history', data, '--definition', site.definition)
    expect(walked.code).toBe(0)
  })
})
