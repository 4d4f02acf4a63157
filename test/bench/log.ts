import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { openEmbeddedLog } from '../../protocol/log/embedded/index.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import { openBare } from './log-bare.ts'
import { benchBroker } from './log-broker.ts'
import { median, quantile, type Row } from './row.ts'

/**
 * The embedded log with two following processes against bare node:sqlite in one process: the same bodies, batches, disk
 * and durability, both open all along, many short slices in the order ABBA, the median of the pairs' ratios: a neighbour
 * who flushes the same disk then disturbs both sides of a pair alike. Then how late a follower in another process is,
 * and what two idle followers cost.
 */
interface Case {
  readonly batch: number
  readonly outstanding: number
}

const CASES: readonly Case[] = [
  { batch: 1, outstanding: 1 },
  { batch: 10, outstanding: 1 },
  { batch: 100, outstanding: 1 },
  { batch: 1000, outstanding: 1 },
  { batch: 1, outstanding: 8 },
]
type Goal = (one: Case) => { readonly atLeast?: number }
const goalAsItIs: Goal = ({ batch, outstanding }) => (batch <= 10 && outstanding === 1 ? { atLeast: 0.7 } : {})
const goalSlowed: Goal = one =>
  one.outstanding > 1 ? { atLeast: 0.9 } : one.batch <= 10 ? goalAsItIs(one) : { atLeast: 0.5 }
const BODY = `{"x":"${'y'.repeat(291)}"}`
const SLOW_FLUSH_US = 1000
/** Fresh threads run cold code; a log runs for months. */
const WARM_UP_MS = 300
const SLICE_MS = 80
const PAIRS = 61
const PAIRS_QUICK = 31
/** The followers' last reading must not fall into the bare side's slice. */
const CATCH_UP_MS = 15

export async function benchLog(quick = false): Promise<readonly Row[]> {
  const rows = [
    ...(await throughput('flush as it is', quick, goalAsItIs)),
    ...(await lateness(quick)),
    await idle(quick),
  ]
  rows.push(...(await benchBroker(quick)))
  const shim = compileShim()
  if (!shim)
    return [...rows, { name: 'flush slowed', value: Number.NaN, unit: '', detail: 'no C compiler: not measured' }]
  return [...rows, ...(await slowed(shim, quick))]
}

/** In a process of its own, since a preload only takes hold at the start. */
async function slowed(shim: string, quick: boolean): Promise<readonly Row[]> {
  const env = { ...process.env, LD_PRELOAD: shim, FLUSH_US: `${SLOW_FLUSH_US}` }
  const child = fork(import.meta.filename, ['slowed', ...(quick ? ['--quick'] : [])], { env })
  const [rows] = await once(child, 'message')
  fs.rmSync(path.dirname(shim), { recursive: true })
  return rows as Row[]
}

function compileShim(): string | null {
  const shim = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'flush-')), 'slow-flush.so')
  try {
    const source = path.join(import.meta.dirname, 'slow-flush.c')
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', shim, source, '-ldl'], { stdio: 'ignore' })
    return shim
  } catch {
    return null
  }
}

async function throughput(disk: string, quick: boolean, goalOf: Goal): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const one of CASES) {
    const { ratios, ourRates, bareRates } = await compared(one, quick ? PAIRS_QUICK : PAIRS)
    const outstanding = one.outstanding > 1 ? `, ${one.outstanding} outstanding` : ''
    rows.push({
      name: `log append, batches of ${one.batch}${outstanding}, ${disk}`,
      value: median(ratios),
      unit: 'ratio',
      ...goalOf(one),
      spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
      detail: `the middle half of the pairs; ${median(ourRates).toFixed(0)}/s against ${median(bareRates).toFixed(0)}/s`,
    })
  }
  return rows
}

async function compared(one: Case, pairs: number) {
  return await inFolder(bareDir =>
    inFolder(async dir => {
      const bare = openBare(bareDir, one.batch, BODY)
      const ours = await openOurs(dir, one)
      bare.run(WARM_UP_MS)
      await ours.run(WARM_UP_MS)
      const ratios: number[] = []
      const ourRates: number[] = []
      const bareRates: number[] = []
      for (let pair = 0; pair < pairs; pair++) {
        for (const side of pair % 2 === 0 ? (['bare', 'ours'] as const) : (['ours', 'bare'] as const))
          if (side === 'bare') bareRates.push(bare.run(SLICE_MS))
          else ourRates.push(await ours.run(SLICE_MS))
        ratios.push(ourRates[pair]! / bareRates[pair]!)
      }
      bare.close()
      await ours.close()
      return { ratios, ourRates, bareRates }
    }),
  )
}

/** At the end both followers must have every record. */
async function openOurs(dir: string, { batch, outstanding }: Case) {
  const log = await openEmbeddedLog({ dir, topic: 'facts' })
  const followers = await Promise.all([startFollower(dir), startFollower(dir)])
  const records = Array.from({ length: batch }, () => ({ partition: 0, body: BODY }))
  let count = 0
  return {
    /** Records per second. */
    async run(ms: number): Promise<number> {
      const before = count
      const start = performance.now()
      await Promise.all(
        Array.from({ length: outstanding }, async () => {
          while (performance.now() - start < ms) {
            await log.append(records)
            count += batch
          }
        }),
      )
      const rate = ((count - before) / (performance.now() - start)) * 1000
      await new Promise(resolve => setTimeout(resolve, CATCH_UP_MS))
      return rate
    },
    async close(): Promise<void> {
      await Promise.all(followers.map(follower => ask(follower, { upTo: count })))
      await endAll(followers, log)
    },
  }
}

/** Intended times of appending, not the times at which it came to it: a stall is everybody's delay. */
async function lateness(quick: boolean): Promise<readonly Row[]> {
  return await inFolder(async dir => {
    const log = await openEmbeddedLog({ dir, topic: 'facts' })
    const followers = await Promise.all([startFollower(dir), startFollower(dir)])
    const everyMs = 5
    const count = quick ? 400 : 1500
    const start = performance.timeOrigin + performance.now() + 50
    const acknowledged: number[] = []
    for (let i = 0; i < count; i++) {
      const waitMs = start + i * everyMs - (performance.timeOrigin + performance.now())
      await new Promise(resolve => setTimeout(resolve, Math.max(0, waitMs)))
      await log.append([{ partition: 0, body: BODY }])
      acknowledged.push(performance.timeOrigin + performance.now())
    }
    const late: number[] = []
    for (const follower of followers) {
      const seen = (await ask(follower, { upTo: count })) as number[]
      for (let i = 0; i < count; i++) late.push(Math.max(0, seen[i]! - acknowledged[i]!))
    }
    await endAll(followers, log)
    late.sort((a, b) => a - b)
    const detail = `two followers, an append every ${everyMs} ms, n=${late.length}; from the acknowledgement on`
    return [
      { name: 'log follower in another process, late, p50', value: quantile(late, 0.5), unit: 'ms', detail },
      { name: 'log follower in another process, late, p99', value: quantile(late, 0.99), unit: 'ms', detail },
    ]
  })
}

async function idle(quick: boolean): Promise<Row> {
  return await inFolder(async dir => {
    const log = await openEmbeddedLog({ dir, topic: 'facts' })
    const followers = await Promise.all([startFollower(dir), startFollower(dir)])
    await log.append([{ partition: 0, body: BODY }])
    const shares = (await Promise.all(
      followers.map(follower => ask(follower, { idleMs: quick ? 2000 : 8000 })),
    )) as number[]
    await endAll(followers, log)
    return {
      name: 'log follower, idle',
      value: Math.max(...shares),
      unit: 'percent of a core',
      detail: 'the costlier of two following processes',
    }
  })
}

async function startFollower(dir: string): Promise<ChildProcess> {
  const child = fork(path.join(import.meta.dirname, 'log-follower.ts'), [dir])
  await once(child, 'message')
  return child
}

async function ask(child: ChildProcess, question: object): Promise<unknown> {
  child.send(question)
  return (await once(child, 'message'))[0]
}

async function endAll(followers: readonly ChildProcess[], log: EventLog): Promise<void> {
  for (const follower of followers) {
    const exit = once(follower, 'exit')
    follower.disconnect()
    await exit
  }
  await log.close()
}

async function inFolder<T>(run: (dir: string) => Promise<T>): Promise<T> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'log-bench-'))
  try {
    return await run(dir)
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}

if (process.argv[1] === import.meta.filename) {
  const quick = process.argv.includes('--quick')
  if (process.argv.includes('slowed')) {
    process.send?.(await throughput(`each flush slowed by ${SLOW_FLUSH_US} us`, quick, goalSlowed))
    process.disconnect?.()
  } else {
    for (const { name, value, unit, detail } of await benchLog(quick)) {
      process.stdout.write(`${name}: ${value.toFixed(2)} ${unit} (${detail})\n`)
    }
  }
}
