/** `quorate sim --scenario`: plays files and folders of scenarios, tells each as it ends, writes the reports. */
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from '../../protocol/words/errors.ts'
import { junit } from '../../supervisors/records/junit.ts'
import { suiteOf } from '../scenario/report/junit.ts'
import { page } from '../scenario/report/page.ts'
import { resultAsData, resultInWords } from '../scenario/report/words.ts'
import { holds } from '../scenario/result.ts'
import type { Done, Job } from '../scenario/worker.ts'
import type { Say, SimCall } from './call.ts'
import { Pool } from './pool.ts'

const WORKER = new URL('../scenario/worker.ts', import.meta.url)

export async function playAll(call: SimCall, say: Say): Promise<number> {
  const paths = call.scenarios.flatMap(filesOf)
  const pool = new Pool<Job, Done>({
    worker: WORKER,
    jobs: Math.min(call.jobs, paths.length),
    died: ({ path }, text) => ({ kind: 'failed', path, text }),
  })
  const all = await Promise.all(
    paths.map(async path => {
      const done = await pool.run({ path, plotted: call.html !== null })
      tell(done, call.json, say)
      return done
    }),
  )
  pool.close()
  if (call.junit !== null) writeFileSync(call.junit, junit(all.map(suiteOf)))
  if (call.html !== null) writeFileSync(call.html, page(all))
  const right = all.filter(done => done.kind === 'done' && holds(done.result)).length
  if (!call.json && all.length > 1) say(`${right} of ${all.length} scenarios are as expected`)
  if (all.some(done => done.kind === 'refused')) return 2
  return right === all.length ? 0 : 1
}

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  const files = readdirSync(path).filter(name => /\.(ts|ya?ml)$/.test(name))
  if (files.length === 0) throw new Refusal('USAGE', `--scenario ${path}: no scenario is in it`)
  return files.sort().map(name => join(path, name))
}

function tell(done: Done, json: boolean, say: Say): void {
  if (done.kind === 'done') {
    const { result, tookMs } = done
    if (json) say(JSON.stringify(resultAsData(result, tookMs)))
    else for (const line of resultInWords(result, tookMs)) say(line)
  } else if (json) say(JSON.stringify(done))
  else say(done.kind === 'refused' ? `SCENARIO: refused\n${done.text}` : `${done.path}: FAILED: ${done.text}`)
}
