/** A real run of a site through its command line: started, watched by its JSON lines, told faults, stopped. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Note } from '../../edge/notebook.ts'
import { parseJournal } from '../../protocol/journal.ts'
import { type RecordedWrite, readRecord } from '../../sim/plant/record.ts'
import { hostClock } from '../../supervisors/real/clock.ts'
import { askRun } from '../../supervisors/run/control.ts'
import type { ProjectorsStatus } from '../../supervisors/run/projectors.ts'
import type { Run } from '../../supervisors/run/run.ts'
import type { Summary } from '../../supervisors/run/summary.ts'

const MAIN = fileURLToPath(new URL('../../supervisors/main.ts', import.meta.url))
const NODE = ['--disable-warning=ExperimentalWarning', MAIN]

export type Status = Awaited<ReturnType<Run['status']>> & {
  readonly projections: ProjectorsStatus
  readonly views: string | null
}
export type Line = { readonly kind: string; readonly [field: string]: any }

export const folder = (): string => mkdtempSync(join(tmpdir(), 'quorate-'))
/** Ends what still runs of all that was started, too. */
export async function remove(dir: string): Promise<void> {
  for (const run of SiteRun.all) {
    run.kill()
    await run.exited
  }
  rmSync(dir, { recursive: true, force: true })
}

/** Inputs of one value each: a load, and no sun. */
export function steady(dir: string, loadW: number): string[] {
  const series = (name: string, value: number) => {
    const file = join(dir, `${name}.csv`)
    writeFileSync(file, `power\n${`${value}\n`.repeat(10)}`)
    return file
  }
  return ['--load', `${series('load', -loadW)}?sign=consumption-negative`, '--pv', series('pv', 0)]
}
/** What the plant's batteries are set to, together. */
export const batteriesW = (data: string): number =>
  Object.values(readRecord(join(data, 'plant')).state.assets).reduce(
    (sum, a) => sum + (a.type === 'battery' ? (a.control.setpointW ?? 0) : 0),
    0,
  )
/** Setpoints after a write of the plant's record that moved its two batteries away from what they gave together. */
export function strayed(data: string, after: number, totalW: number): RecordedWrite[] {
  const held: Record<string, number> = {}
  return readRecord(join(data, 'plant')).writes.filter(w => {
    if (w.register !== 'setpoint' || w.outcome !== 'accepted' || !w.asset.startsWith('bat')) return false
    held[w.asset] = w.applied!
    return w.number > after && !(Math.abs(held.bat1! + held.bat2! - totalW) <= STRAY_W)
  })
}
/** Each setpoint that the plant took, to read where one strayed. */
const setpoints = (data: string): string[] =>
  readRecord(join(data, 'plant'))
    .writes.filter(w => w.register === 'setpoint')
    .map(w => `${w.number} ${w.atMs} ${w.asset} ${w.applied}`)
const STRAY_W = 150
/** A write is stamped with the plant's last step, which comes late on a busy machine. */
const STAMP_MS = 500

/** What a site is left with when its gateway has ended. */
export interface Left {
  readonly write: number
  readonly totalW: number
  /** The end of the last verdict's validity, by the gateway's own notebook, ms of the plant's time. */
  readonly validUntilMs: number
}
export function leftBy(data: string): Left {
  const notes = parseJournal(readFileSync(join(data, 'gateway', 'notebook'))).records.map(r => JSON.parse(r) as Note)
  const { verdict } = notes.findLast(n => n.k === 'verdict')!
  const { writes, aheadMs } = readRecord(join(data, 'plant'))
  return {
    write: writes.at(-1)!.number,
    totalW: batteriesW(data),
    validUntilMs: hostClock.wallMs() + verdict.validUntilMs - hostClock.monotonicMs() + aheadMs,
  }
}
/** S25: a start moves nothing while the last verdict holds; one that took longer comes back to the same. */
export async function resumesQuietly(data: string, { write, totalW, validUntilMs }: Left): Promise<void> {
  const early = strayed(data, write, totalW).filter(w => w.atMs + STAMP_MS < validUntilMs)
  expect(early, `${totalW} W were held until ${validUntilMs}; then\n${setpoints(data).join('\n')}`).toEqual([])
  await until(() => Math.abs(batteriesW(data) - totalW) <= STRAY_W)
}

export class SiteRun {
  static readonly all: SiteRun[] = []
  readonly dir: string
  readonly lines: Line[] = []
  readonly child: ChildProcess
  readonly exited: Promise<number | null>
  stderr = ''
  #waiting: { readonly found: (line: Line) => boolean; readonly resolve: (line: Line) => void }[] = []

  /** Without databases, and without the inspector, unless it is about them. */
  constructor(dir: string, args: readonly string[], projections = false, inspector = false) {
    this.dir = dir
    const views = [...(projections ? [] : ['--no-projections']), ...(inspector ? [] : ['--no-inspector'])]
    this.child = spawn(process.execPath, [...NODE, 'run', '--json', '--data', dir, ...views, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let rest = ''
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n')
      rest = parts.pop()!
      for (const part of parts) this.#take(JSON.parse(part) as Line)
    })
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-20_000)
    })
    SiteRun.all.push(this)
    this.exited = new Promise(resolve => this.child.once('close', resolve))
  }

  /** The next line like this one, from the first line on or from now on. */
  line(found: (line: Line) => boolean, fromNow = false): Promise<Line> {
    const there = fromNow ? undefined : this.lines.find(found)
    if (there) return Promise.resolve(there)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ found, resolve })
      void this.exited.then(code => reject(new Error(`the run ended with ${code}: ${this.stderr}`)))
    })
  }
  started(): Promise<Line> {
    return this.line(line => line.kind === 'started')
  }
  /** So many more receipts with a verdict. */
  async decided(more: number): Promise<void> {
    for (let i = 0; i < more; i++) {
      const cycles = new Set(this.lines.filter(l => l.kind === 'frame').map(l => `${l.epoch}.${l.cycle}`))
      await this.line(l => l.kind === 'frame' && !cycles.has(`${l.epoch}.${l.cycle}`), true)
    }
  }
  fault(target: string, name: string, ...args: string[]): Promise<unknown> {
    return askRun(this.dir, { do: 'fault', target, name, args })
  }
  status(): Promise<Status> {
    return askRun(this.dir, { do: 'status' }) as Promise<Status>
  }
  async pids(): Promise<Record<string, number>> {
    return (await this.status()).pids
  }
  /** Every replica votes and the gateway is linked to all of them. */
  async whole(): Promise<boolean> {
    const { nodes, gateway } = await this.status()
    const voting = Object.values(nodes)
      .filter(n => n?.replica === 'voting')
      .map(n => n!.cycle)
    return voting.length === 3 && Math.max(...voting) - Math.min(...voting) <= 1 && gateway?.links.length === 3
  }
  async stop(): Promise<Summary> {
    this.child.kill('SIGINT')
    return this.summary()
  }
  async summary(): Promise<Summary> {
    const code = await this.exited
    const last = this.lines.at(-1)
    if (last?.kind !== 'summary') throw new Error(`no summary; exit ${code}: ${this.stderr}`)
    return last as unknown as Summary
  }
  kill(): void {
    this.child.kill('SIGKILL')
  }

  #take(line: Line): void {
    this.lines.push(line)
    const found = this.#waiting.filter(w => w.found(line))
    this.#waiting = this.#waiting.filter(w => !found.includes(w))
    for (const { resolve } of found) resolve(line)
  }
}

/** One call of the command line, to its end. */
export function quorate(
  ...args: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [...NODE, ...args], { maxBuffer: 64_000_000 }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err })
    })
  })
}

/** Until it holds; a test's own time limit ends it. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise(resolve => setTimeout(resolve, 50))
}
