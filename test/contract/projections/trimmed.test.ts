/** A database that is lost after the log was trimmed: real processes, engines and logs. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEmbeddedLog } from '../../../protocol/log/embedded/index.ts'
import type { EventLog, Topic } from '../../../protocol/log/event-log.ts'
import { keptOf } from '../../../supervisors/node/beginning.ts'
import { sealSnapshot } from '../../../supervisors/node/shared-snapshot.ts'
import { Spawned } from '../../../supervisors/process/spawn.ts'
import type { KeepingStatus } from '../../../supervisors/projector/keeping.ts'
import type { Begun, ProjectorConfig } from '../../../supervisors/projector/process.ts'
import { openEngine } from '../../../supervisors/site/engine.ts'
import { readSiteFile } from '../../../supervisors/site/file.ts'
import { HOME, Recorder } from '../../bench/recording.ts'
import { folder } from '../../integration/site-run.ts'

const SCRIPT = new URL('../../../supervisors/projector/process.ts', import.meta.url)
const CYCLES = 400
/** The state that is signed is of the end of this cycle. */
const SIGNED_CYCLE = 240
const TOKEN = 'e'.repeat(64)

const dir = folder()
let facts: EventLog
let snapshots: EventLog
let recorder: Recorder
/** Of the state that is signed. */
let place: number
const started: Spawned[] = []

beforeAll(async () => {
  process.env.QUORATE_LOG = 'error'
  recorder = new Recorder(readSiteFile(HOME).file, (await openEngine([])).hash)
  const at = (topic: Topic) => ({ dir: join(dir, 'log', topic), topic })
  facts = await openEmbeddedLog({ ...at('facts'), segmentBytesMax: 100_000 })
  snapshots = await openEmbeddedLog(at('snapshots'))
  await (await openEmbeddedLog(at('history'))).close()
  const { manifest, options, signers, fold } = recorder
  const { topicId } = await facts.describe()
  let kept = ''
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    await facts.append(recorder.next().map(body => ({ partition: 0, body })))
    if (cycle === SIGNED_CYCLE) kept = JSON.stringify(keptOf(fold, options, topicId))
  }
  place = JSON.parse(kept).fold.position
  await facts.trim(0, place - 100)
  const { earliest } = await facts.ends(0)
  expect(earliest).toBeGreaterThan(0)
  expect(earliest).toBeLessThanOrEqual(place + 1)
  sign = by => snapshots.append([sealSnapshot(kept, manifest, 0, signers[by]!)!])
}, 60_000)
let sign: (by: string) => Promise<unknown>
afterAll(async () => {
  await Promise.all(started.map(one => one.stop()))
  await facts.close()
  await snapshots.close()
  rmSync(dir, { recursive: true, force: true })
})

async function start(): Promise<{ process: Spawned; begun: Begun }> {
  const process = new Spawned('timeseries', SCRIPT)
  started.push(process)
  const begun = await process.ask<Begun>('start', {
    projection: 'timeseries',
    dir: join(dir, 'timeseries'),
    log: { driver: 'embedded', dir: join(dir, 'log') },
    manifest: recorder.manifest,
    definitions: [],
    lagMsMax: 60_000,
    server: null,
    views: { address: '127.0.0.1:0', grants: [{ tenant: recorder.manifest.tenant, token: TOKEN }] },
  } satisfies ProjectorConfig)
  return { process, begun }
}
const wait = (ms: number) => new Promise<void>(done => setTimeout(done, ms))

test('without a state that two nodes have signed it stays down, and says why', async () => {
  await sign('node-a')
  await expect(start()).rejects.toMatchObject({
    code: 'LOG_GONE',
    detail: expect.stringContaining('no snapshot that two nodes have signed'),
  })
  await started.pop()!.stop()
}, 60_000)

test('with one it begins there, and status, metrics, pages and a rebuild say so', async () => {
  await sign('node-b')
  const { process, begun } = await start()
  const from = place + 1
  let status!: KeepingStatus
  do {
    await wait(50)
    status = await process.ask<KeepingStatus>('status')
  } while (status.behindRecords > 100)
  expect(status.from).toBe(from)
  const ask = (path: string) => fetch(`http://${begun.views}${path}`, { headers: { Authorization: `Bearer ${TOKEN}` } })
  const page = (await (await ask('/api/v1/sites/home/points?limit=1')).json()) as any
  expect(page).toMatchObject({ items: [{ cycle: SIGNED_CYCLE + 1 }], checkpoint: { from } })
  expect(await (await ask('/metrics')).text()).toContain(
    `quorate_projection_from{site="home",projection="timeseries"} ${from}`,
  )
  await process.ask('rebuild', { from: null, verify: true })
  do {
    await wait(50)
    status = await process.ask<KeepingStatus>('status')
  } while (status.rebuild?.phase !== 'done' && status.rebuild?.phase !== 'failed')
  expect(status.rebuild).toMatchObject({ phase: 'done', from, compared: { equal: true } })
}, 60_000)
