/**
 * A whole site for the decision benchmark, as `quorate run` composes it: three nodes, plant and gateway as processes.
 * Lockstep, so that the parent says when a cycle begins; how long a decision takes is host time all the same.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { logFile, logOf, openTopic } from '../../supervisors/real/logs.ts'
import { hostPorts } from '../../supervisors/real/ports.ts'
import { prepare } from '../../supervisors/run/prepare.ts'
import { LOCKSTEP_START_MS, Run } from '../../supervisors/run/run.ts'
import { HOME } from './recording.ts'

const CYCLE_MS = 1_000
/** Commands of the first start are carried out and the code is warm. */
const WARM_UP = 60

/** The example household, with setpoints that are written anew in every cycle. */
function siteThatWrites(dir: string): string {
  const maps = join(dirname(HOME), 'maps')
  mkdirSync(join(dir, 'maps'), { recursive: true })
  for (const name of readdirSync(maps)) {
    const text = readFileSync(join(maps, name), 'utf8')
    writeFileSync(join(dir, 'maps', name), text.replaceAll(/refreshMs: \d+/g, 'refreshMs: 1'))
  }
  copyFileSync(HOME, join(dir, 'site.yaml'))
  return join(dir, 'site.yaml')
}

const dir = process.argv[2]!
/** Of a cluster that keeps the log; empty: the folder does. */
const brokers = (process.argv[3] ?? '').split(',').filter(broker => broker !== '')
if (brokers.length > 0) {
  mkdirSync(join(dir, 'data'), { recursive: true })
  writeFileSync(logFile(join(dir, 'data')), JSON.stringify({ driver: 'redpanda', brokers, prefix: 'decision' }))
}
const ports = hostPorts('bench', join(dir, 'bench'))
const prepared = await prepare({ dir: join(dir, 'data'), siteFile: siteThatWrites(dir), random: ports.random })
const failed = (reason: string) => {
  process.stderr.write(`${reason}\n`)
  process.exit(1)
}
const pace = { kind: 'lockstep' } as const
const run = new Run({ prepared, pace, faults: false, mode: 'automatic', inputs: {}, ports, failed })
await run.start()
let cycle = 0
/** Cycles that begin at times meant beforehand; returns how long each took from claim of time to settled. */
async function cycles(count: number, everyMs: number): Promise<number[]> {
  const took: number[] = []
  const startMs = performance.now()
  for (let i = 0; i < count; i++) {
    const waitMs = startMs + i * everyMs - performance.now()
    if (waitMs > 0) await new Promise(resolve => setTimeout(resolve, waitMs))
    const beganMs = performance.now()
    await run.advance(LOCKSTEP_START_MS + ++cycle * CYCLE_MS)
    took.push(performance.now() - beganMs)
    if (cycle === 1) await run.commission()
  }
  return took
}
await cycles(WARM_UP, 0)

type Question = { readonly count: number; readonly everyMs: number } | 'stop'
process.on('message', async (question: Question) => {
  if (question !== 'stop') return void process.send!(await cycles(question.count, question.everyMs))
  await run.stop()
  const log = await openTopic(logOf(prepared.dir), 'facts', { readOnly: true })
  const bodies: string[] = []
  for (let from = 0; ; ) {
    const records = await log.read(prepared.signed.manifest.partition, from, 256)
    if (records.length === 0) break
    for (const { body } of records) bodies.push(body)
    from = records.at(-1)!.position + 1
  }
  await log.close()
  process.send!(bodies, () => {
    rmSync(join(dir, 'data'), { recursive: true, force: true })
    process.exit(0)
  })
})
// whoever asked is gone: its children see this process end, and end too
process.on('disconnect', () => process.exit(0))
process.send!({ site: prepared.site.file, assets: prepared.signed.manifest.assets })
