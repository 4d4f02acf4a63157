/** Where the log of a run is: said at its first start, kept in its folder, and never another one by itself. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { Random } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { logFile, logOf } from '../real/logs.ts'
import { folders } from '../run/prepare.ts'
import { addresses } from './options.ts'
import type { Call } from './verb.ts'

/** Throws USAGE; LOG_ELSEWHERE where the folder's log has begun and is another one. */
export function keepLog(call: Call, dir: string, random: Random): void {
  const driver = call.text('log')
  const brokers = addresses(call, 'brokers')
  const toy = call.flag('toy')
  if (driver !== undefined && driver !== 'embedded' && driver !== 'redpanda')
    throw new Refusal('USAGE', `--log '${driver}': embedded or redpanda`)
  if (driver !== 'redpanda' && (brokers.length > 0 || toy))
    throw new Refusal('USAGE', '--brokers, --toy: only with --log redpanda')
  if (driver === 'redpanda' && brokers.length === 0)
    throw new Refusal('USAGE', '--log redpanda: name brokers, as --brokers 127.0.0.1:9092')
  if (driver === undefined) return
  const there = logOf(dir)
  if (driver !== there.driver && existsSync(folders(dir).manifest)) {
    const where = there.driver === 'embedded' ? 'that folder' : `the cluster at ${there.brokers.join(', ')}`
    throw new Refusal('LOG_ELSEWHERE', `the log of ${dir} is in ${where}; another one begins with another folder`)
  }
  if (driver === 'embedded') {
    rmSync(logFile(dir), { force: true })
    return
  }
  // topics of its own: another folder's keys are not this one's
  const prefix = (there.driver === 'redpanda' && there.prefix) || `run-${random.id().slice(0, 12).toLowerCase()}`
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  writeFileSync(logFile(dir), `${JSON.stringify({ driver, brokers, prefix, toy }, null, 2)}\n`)
}
