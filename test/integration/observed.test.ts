/** What is not log-bound, in the log of a real run: told by each process of itself, read and verified by one that has nothing but the log. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { EDGE_CHARTS } from '../../edge/charts.ts'
import { parseDecided } from '../../protocol/codec/decided.ts'
import { readObserved } from '../../protocol/codec/observed.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import { openEmbeddedLog } from '../../protocol/log/embedded/index.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import type { ProcessObserved, TreeRow } from '../../protocol/words/observed.ts'
import { SUPERVISORS_CHARTS } from '../../supervisors/charts.ts'
import { sweep } from '../../supervisors/records/sweep.ts'
import { NODES } from '../../supervisors/site/who.ts'
import { folder, quorate, remove, SiteRun, until } from './site-run.ts'

const dir = folder()
const data = join(dir, 'data')
let run: SiteRun
afterAll(() => remove(dir))

/** All that processes have told so far, each verified. */
async function told(process: string): Promise<ProcessObserved[]> {
  const { manifest } = JSON.parse(readFileSync(join(data, 'manifest.json'), 'utf8')) as SignedManifest
  const log = await openEmbeddedLog({ dir: join(data, 'log', 'decisions'), topic: 'decisions', readOnly: true })
  const verifier = ed25519Verifier()
  const all: ProcessObserved[] = []
  for await (const records of sweep(log, manifest.partition))
    for (const { body } of records) {
      if (parseDecided(body)) continue
      const read = readObserved(body, manifest, verifier)
      expect(read.kind).toBe('observed')
      if (read.kind === 'observed' && read.observed.process === process) all.push(read.observed)
    }
  await log.close()
  return all
}
const newest = async (process: string) => (await told(process)).at(-1)
const rowOf = (observed: ProcessObserved | undefined, path: string): TreeRow | undefined =>
  observed?.tree.find(row => row.path === path)
/** The states that an actor was told to be in, one after the other. */
async function states(path: string): Promise<unknown[]> {
  const values = (await told('gateway')).map(({ charts }) => charts.find(chart => chart.path === path)?.value)
  return values.filter((value, i) => value !== values[i - 1])
}

describe('a run', () => {
  it('tells of every actor by a chart that is known, and of each process’s tree', async () => {
    run = new SiteRun(data, ['--faults'])
    await run.started()
    await until(() => run.whole())
    for (const process of [...NODES, 'gateway', 'run']) await until(async () => (await told(process)).length > 0)
    const known = new Set([...EDGE_CHARTS, ...SUPERVISORS_CHARTS].map(({ name }) => name))
    const { assets: own } = JSON.parse(readFileSync(join(data, 'manifest.json'), 'utf8')).manifest
    const believed = new Map([['site', 'site'], ...own.map(({ name, type }: any) => [name, type])])
    for (const process of ['node-a', 'gateway', 'run'])
      for (const { path, chart } of (await newest(process))!.charts) {
        const [, name] = /\/replica\/(\w+)$/.exec(path) ?? [] // an actor of the log, as this replica has it
        if (name === undefined) expect(known).toContain(chart)
        else expect([name, chart]).toEqual([name, believed.get(name)])
      }
    await until(async () => (await states('gateway/voter')).at(-1) === 'majority')
    const gateway = (await newest('gateway'))!
    const assets = ['bat1', 'bat2', 'grid', 'load1', 'pv1']
    const standing = gateway.charts.map(({ path }) => path).filter(path => !/command|pulse/.test(path))
    expect(standing.sort()).toEqual([
      'gateway',
      ...assets.map(name => `gateway/channel/${name}`),
      ...['delivery', 'outbox/durable', 'outbox/history', 'sampler', 'voter', 'writer'].map(p => `gateway/${p}`),
    ])
    expect(gateway.tree.map(({ path }) => path)).toEqual(
      ['', '/links', '/outbox', '/field', '/control'].map(path => `gateway${path}`),
    )
    expect(rowOf(await newest('run'), 'run')).toMatchObject({ kind: 'supervisor', strategy: 'oneForOne' })
    expect(gateway.factsPosition).toBeGreaterThan(0)
  })

  it('whose node is killed tells of the restart and of the new life', async () => {
    const before = (await newest('node-b'))!.life
    await run.fault('node-b', 'kill')
    await until(async () => (await newest('node-b'))!.life > before)
    await until(async () => rowOf(await newest('run'), 'run/node-b')?.state === 'up')
    await until(async () => (rowOf(await newest('run'), 'run/node-b') as { restarts: number }).restarts > 0)
    expect(rowOf(await newest('run'), 'run/node-b')).toMatchObject({
      restart: 'permanent',
      restarts: 1,
      lastExit: { reason: 'killed by SIGKILL' },
    })
    expect(rowOf(await newest('node-b'), 'node-b/replica')).toMatchObject({ state: 'up', restarts: 0, lastExit: null })
    expect((await newest('node-b'))!.charts.find(c => c.path === 'node-b/replica')).toMatchObject({ chart: 'replica' })
  })

  it('whose votes come too late tells how its channels hold, fall back and come again', async () => {
    await until(() => run.whole())
    for (const node of NODES) await run.fault(node, 'delay', '60000')
    await until(async () => (await states('gateway/channel/bat1')).includes('localLaw'))
    for (const node of NODES) await run.fault(node, 'mend')
    await until(async () => (await states('gateway/channel/bat1')).at(-1) === 'following')
    const channel = await states('gateway/channel/bat1')
    const fell = channel.indexOf('localLaw')
    expect(channel.slice(channel.lastIndexOf('following', fell), fell + 1)).toEqual([
      'following',
      'holding',
      'localLaw',
    ])
    expect(await states('gateway/voter')).toEqual(expect.arrayContaining(['majority', 'lapsed']))
  })

  it('leaves a log in which each of them can be checked and read', async () => {
    await run.stop()
    const verify = await quorate('log', 'verify', '--data', data)
    expect(verify).toMatchObject({ code: 0, out: expect.stringMatching(/[1-9]\d* observations/) })
    const replay = await quorate('replay', '--data', data)
    expect(replay.code).toBe(0)
    expect(replay.out).not.toContain('cannot be read')
    const cat = await quorate('log', 'cat', '--topic', 'decisions', '--kind', 'ProcessObserved', '--data', data)
    expect(cat.out).toMatch(/node-\w +ProcessObserved run \d+\.\d+: run running;.* run\/node-b up, 1 restarts;/)
    expect(cat.out).toMatch(/gateway +ProcessObserved gateway \d+\.\d+: .*gateway\/channel\/bat1 localLaw;/)
  })
})
