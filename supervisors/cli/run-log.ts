/** Where the log of a run is: said at its first start, kept in its folder, and never another one by itself. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import type { Random } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { LogConfig } from '../config/shape.ts'
import { logFile, logOf } from '../real/logs.ts'
import { folders } from '../run/prepare.ts'
import type { Call } from './verb.ts'

type Redpanda = Extract<LogConfig, { driver: 'redpanda' }>

/** Null: as it was, or in the folder. Throws USAGE. */
export function logAsked(call: Call, random: Random): Redpanda | null {
  const driver = call.text('log')
  const brokers = (call.text('brokers') ?? '').split(',').filter(b => b !== '')
  if (driver !== undefined && driver !== 'embedded' && driver !== 'redpanda')
    throw new Refusal('USAGE', `--log '${driver}': embedded or redpanda`)
  if (driver !== 'redpanda') {
    if (brokers.length > 0 || call.flag('toy')) throw new Refusal('USAGE', '--brokers, --toy: only with --log redpanda')
    return null
  }
  if (brokers.length === 0) throw new Refusal('USAGE', '--log redpanda: name brokers, as --brokers 127.0.0.1:9092')
  const strange = brokers.find(b => !/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):\d{1,5}$/.test(b))
  if (strange !== undefined) throw new Refusal('USAGE', `--brokers '${strange}': write HOST:PORT`)
  // topics of its own: another folder's keys are not this one's
  return { driver, brokers, prefix: `run-${random.id().slice(0, 12).toLowerCase()}`, toy: call.flag('toy') }
}

/** Throws LOG_ELSEWHERE where the folder has another log already. */
export function keepLog(dir: string, asked: Redpanda | null): void {
  if (asked === null) return
  const there = logOf(dir)
  if (there.driver === 'embedded' && existsSync(folders(dir).manifest))
    throw new Refusal('LOG_ELSEWHERE', `the log of ${dir} is in that folder; a cluster begins with a new one`)
  const prefix = there.driver === 'redpanda' ? there.prefix : asked.prefix
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  writeFileSync(logFile(dir), `${JSON.stringify({ ...asked, ...(prefix && { prefix }) }, null, 2)}\n`)
}
