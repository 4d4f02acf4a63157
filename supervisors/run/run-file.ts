/** The file of a run: how the command line finds it, and how a second run on one folder is refused. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Refusal } from '../../protocol/words/errors.ts'
import { folders } from './prepare.ts'

interface RunFile {
  readonly pid: number
  readonly site: string
  readonly faults: boolean
  /** Where the API's token is. */
  readonly token: string
  readonly http: Readonly<Record<string, string | undefined>>
  /** Where the rows of the databases are served; null: not yet, or not at all. */
  readonly views: string | null
  /** Where the inspector is served; null: not yet, or not at all. */
  readonly inspector: string | null
  readonly pids: Readonly<Record<string, number>>
}
export function writeRunFile(dir: string, run: RunFile): void {
  writeFileSync(folders(dir).run, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 })
}

/** Throws RUN_ACTIVE: two runs on one folder would be two gateways at one plant. */
export function refuseSecondRun(dir: string): void {
  const { run } = folders(dir)
  if (!existsSync(run)) return
  const { pid } = JSON.parse(readFileSync(run, 'utf8')) as { pid: number }
  if (pid !== process.pid && alive(pid)) throw new Refusal('RUN_ACTIVE', `process ${pid} runs on ${dir}`)
}
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
