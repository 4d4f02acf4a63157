/** Projectors that are killed at any moment, over a log that grows: in the end the rows are those of one go (S20, S22). */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signCandidate } from '../../../protocol/codec/candidate.ts'
import { canonical, sha256 } from '../../../protocol/codec/canonical.ts'
import { manifestHash } from '../../../protocol/codec/manifest.ts'
import type { Logs } from '../../../protocol/ports.ts'
import { Spawned } from '../../../supervisors/process/spawn.ts'
import type { KeepingStatus } from '../../../supervisors/projector/keeping.ts'
import type { ProjectorConfig } from '../../../supervisors/projector/process.ts'
import { closeLogs, openLogs } from '../../../supervisors/real/logs.ts'
import { readSiteFile } from '../../../supervisors/site/file.ts'
import { HOME, record } from '../../bench/recording.ts'
import { folder } from '../../integration/site-run.ts'
import { Postgres } from './postgres.ts'

const SCRIPT = new URL('../../../supervisors/projector/process.ts', import.meta.url)
const KILLS = 100
/** Records that come in while one process lives. */
const RECORDS = 75
/** A busy machine makes lives longer, and not the test for ever. */
const LIFE_MS_MAX = 400
/** Processes that load while another one works: loading is most of a short life. */
const LOADING = 2

const { bodies, manifest, node } = record(readSiteFile(HOME).file, (KILLS * RECORDS) / 5)
/** A gateway without a link for three cycles in ten; now and then it sends both ways what was in doubt. */
const isLate = (cycle: number): boolean => cycle % 10 > 6
const inDoubt = (cycle: number): boolean => cycle % 25 === 0
const cycleOf = (body: string): number => Number(/"cycle":(\d+),/.exec(body)?.[1])
const isFrame = (body: string): boolean => body.includes('"kind":"FrameMeasured"')
/** What one replica records of its decision: whatever it says, it is the replica's. */
function decided(cycle: number, position: number): string {
  const { tenant, site, timing } = manifest
  const hashes = { manifest: manifestHash(manifest), engine: sha256('engine'), chain: sha256(String(cycle)) }
  const actions = { mode: 'automatic', assets: {}, laws: [], commands: [] } as const
  const of = { v: 1, tenant, site, epoch: 1, cycle, position, validityMs: timing.validityMs } as const
  const signed = signCandidate({ ...of, ...hashes, actions: { ...actions, laws: [], commands: [] } }, node)
  return canonical({ v: 1, kind: 'Decided', site, position, ...signed })
}
const dir = folder()
beforeAll(async () => {
  process.env.QUORATE_LOG = 'error'
  process.env.NODE_COMPILE_CACHE = join(dir, 'compiled') // kept by a process that ends in order: loading is most of a short life
  const first = new Spawned('first', SCRIPT)
  await first.ask('alive')
  await first.stop()
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const recordOf = (body: string) => ({ partition: 0, body })
/** What one of the projectors follows. */
class Growing {
  readonly dir: string
  readonly #logs: Logs
  #appended = 0

  private constructor(dir: string, logs: Logs) {
    this.dir = dir
    this.#logs = logs
  }
  static async open(name: string): Promise<Growing> {
    const at = join(dir, name, 'log')
    return new Growing(at, await openLogs({ driver: 'embedded', dir: at }))
  }
  /** What comes in during this life. */
  async append(life: number): Promise<void> {
    const more = bodies.slice(this.#appended, (life + 1) * RECORDS)
    const frames = more.filter(isFrame)
    const { facts, history, decisions } = this.#logs
    const late = frames.filter(body => isLate(cycleOf(body)) || inDoubt(cycleOf(body)))
    await history.append([...late, ...late.slice(0, 2)].map(recordOf))
    await facts.append(more.filter(body => !isFrame(body) || !isLate(cycleOf(body))).map(recordOf))
    await decisions.append(frames.map(body => recordOf(decided(cycleOf(body), this.#appended))))
    this.#appended += more.length
  }
  async last(topic: 'facts' | 'history' | 'decisions'): Promise<number> {
    return (await this.#logs[topic].ends(0)).next - 1
  }
  close(): Promise<void> {
    return closeLogs(this.#logs)
  }
}
function configOf(projection: ProjectorConfig['projection'], log: Growing, server: string | null): ProjectorConfig {
  const own = {
    dir: join(dir, projection),
    log: { driver: 'embedded' as const, dir: log.dir },
    manifest,
    definitions: [],
    lagMsMax: 60_000,
    server,
    views: null,
  }
  return { projection, ...own }
}
const wait = (ms: number) => new Promise<void>(done => setTimeout(done, ms))
/** The topic beside is at its end then, too: one that waits for a frame that is not in the rows yet may be a few short. */
async function caughtUp(process: Spawned, within: (behind: number) => boolean): Promise<KeepingStatus> {
  for (;;) {
    const status = await process.ask<KeepingStatus>('status')
    if (within(status.behindRecords) && within(status.beside.behindRecords)) return status
    await wait(20)
  }
}

/** Kills at a moment of the life that was drawn, longer lives where they were too short to get anywhere. */
async function killed(
  log: Growing,
  config: ProjectorConfig,
  within: (behind: number) => boolean,
): Promise<KeepingStatus> {
  const waiting: Spawned[] = []
  const next = () => {
    while (waiting.length < LOADING) waiting.push(new Spawned(config.projection, SCRIPT))
    return waiting.shift()!
  }
  await log.append(0)
  const first = next()
  await first.ask('start', config)
  const beganMs = performance.now()
  await caughtUp(first, within)
  let livesMs = Math.min(LIFE_MS_MAX, 50 + (performance.now() - beganMs))
  let last = -1
  first.kill('SIGKILL')
  for (let life = 1; life < KILLS; life++) {
    await log.append(life)
    const process = next()
    const started = process.ask('start', config).then(
      () => true,
      () => false,
    )
    const up = Math.random() < 0.2 ? true : await started // now and then it is killed while it begins
    await wait(Math.random() * livesMs)
    const status = up && life % 10 === 0 ? await process.ask<KeepingStatus>('status').catch(() => null) : null
    if (status) {
      livesMs = status.checkpoint <= last ? Math.min(LIFE_MS_MAX, livesMs * 1.5) : livesMs
      last = status.checkpoint
    }
    process.kill('SIGKILL')
    await process.exited
  }
  const process = next()
  for (const unused of waiting) unused.kill('SIGKILL')
  await process.ask('start', config)
  await caughtUp(process, within)
  await process.ask('rebuild', { from: null, verify: true })
  for (;;) {
    const status = await process.ask<KeepingStatus>('status')
    if (status.rebuild?.phase === 'done' || status.rebuild?.phase === 'failed') {
      await process.stop()
      return status
    }
    await wait(20)
  }
}

test(`${KILLS} kills of the operational projector leave the rows of one go`, async () => {
  const [log, postgres] = await Promise.all([Growing.open('operational'), Postgres.start()])
  const { access } = postgres.server
  const server = `postgres://${access.admin}:${access.passwords.admin}@${access.host}:${access.port}/${access.database}`
  const status = await killed(log, configOf('operational', log, server), behind => behind === 0)
  await postgres.stop()
  const position = await log.last('facts')
  expect(status.rebuild).toMatchObject({ phase: 'done', compared: { equal: true, position } })
  expect(status.beside.checkpoint).toBe(await log.last('decisions'))
  await log.close()
}, 600_000)

test(`${KILLS} kills of the projector of time series leave the rows of one go`, async () => {
  const log = await Growing.open('timeseries')
  // what is in an open slice is not there yet
  const status = await killed(log, configOf('timeseries', log, null), behind => behind < RECORDS)
  expect(status.rebuild).toMatchObject({ phase: 'done', compared: { equal: true } })
  expect(status.rebuild!.compared!.position).toBeGreaterThan((await log.last('facts')) - RECORDS)
  expect(status.beside.checkpoint).toBeGreaterThan((await log.last('history')) - RECORDS)
  await log.close()
}, 600_000)
