/**
 * A whole site on a replicated log: as long as a verdict's validity outlasts the stall of its brokers, no slot is
 * uncovered and no output moves (L1), whatever is done to them.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRecord } from '../../sim/plant/record.ts'
import { batteriesW, folder, quorate, remove, SiteRun, steady, strayed, until } from '../integration/site-run.ts'
import { leaderInSync } from './admin.ts'
import { type Cluster, findCluster, type Hands } from './cluster.ts'

const SITES = fileURLToPath(new URL('../../sim/sites/', import.meta.url))
const LOAD_W = 2_500
const PEAK_W = 950

const source = await findCluster()
const dir = folder()
const data = join(dir, 'data')
let cluster: Cluster
let hands: Hands
let run: SiteRun

/** The example household, whose verdicts hold for longer than a slow machine takes to elect a leader. */
function patientHome(): string {
  const file = join(dir, 'home.yaml')
  const home = readFileSync(join(SITES, 'home.yaml'), 'utf8')
  writeFileSync(
    file,
    home.replace('cycle: 1 s\n', 'cycle: 1 s\nvalidity: 30 s\n').replaceAll('map: maps/', `map: ${SITES}maps/`),
  )
  return file
}
const start = () =>
  new SiteRun(data, [
    ...['--site', patientHome(), '--log', 'redpanda', '--brokers', cluster.brokers.join(), '--faults'],
    ...steady(dir, LOAD_W),
  ])
const prefix = (): string => (JSON.parse(readFileSync(join(data, 'log.json'), 'utf8')) as { prefix: string }).prefix
const leader = (): Promise<number> => leaderInSync(cluster.brokers, `${prefix()}.facts`, hands.ids.length)

beforeAll(async () => {
  if (source.kind === 'none') return
  cluster = await source.open()
  hands = cluster.hands!
})
afterAll(async () => {
  await remove(dir)
  await cluster?.stop()
})

describe.skipIf(source.kind === 'none' || !source.ours)('a site on three brokers', () => {
  test('starts, votes, and its tools read its log', async () => {
    run = start()
    await run.started()
    await until(() => run.whole())
    await until(() => batteriesW(data) > LOAD_W - PEAK_W - 100)
    const tail = await quorate('log', 'cat', '--data', data, '--kind', 'ManifestInstalled')
    expect(tail).toMatchObject({ code: 0, out: expect.stringContaining('ManifestInstalled version 1') })
  })

  test('covers each slot while its leader is killed, hangs, and all brokers are restarted', async () => {
    await run.decided(3)
    const settledAt = readRecord(join(data, 'plant')).writes.at(-1)!.number
    const killed = await leader()
    await hands.kill(killed)
    await run.decided(5)
    await hands.start(killed)
    const hung = await leader()
    await hands.pause(hung)
    await run.decided(5)
    await hands.resume(hung)
    for (const id of hands.ids) {
      await leader()
      await hands.terminate(id)
      await run.decided(2)
      await hands.start(id)
    }
    await leader()
    await run.decided(3)
    const { gateway } = await run.status()
    expect(gateway!.slots.uncovered).toBe(0)
    expect(strayed(data, settledAt, LOAD_W - PEAK_W)).toEqual([])
  })

  test('stopped in order, each replica ends in the same state, and the record holds', async () => {
    await until(() => run.whole())
    const summary = await run.stop()
    process.stdout.write(`slots over a killed, a hung and three restarted brokers: ${JSON.stringify(summary.cycles)}\n`)
    expect(new Set(Object.values(summary.replicas).map(r => r.stateHash)).size).toBe(1)
    const verified = await quorate('log', 'verify', '--data', data)
    expect([verified.code, verified.out]).toEqual([0, expect.any(String)])
    const backup = await quorate('backup', join(dir, 'backup'), '--data', data)
    expect(backup).toMatchObject({ code: 1, err: expect.stringMatching(/^LOG_ELSEWHERE/m) })
  })
})
