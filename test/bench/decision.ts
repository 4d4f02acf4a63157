/**
 * The decision path, from a frame's emission to the read-back of what was decided: five processes against the same
 * input and output done bare in one, in blocks of cycles that alternate ABBA. Then its parts, in a run that says them.
 * Alone: `node test/bench/decision.ts`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseFact } from '../../protocol/codec/fact.ts'
import { PARTS } from '../../protocol/trace.ts'
import type { ManifestAsset } from '../../protocol/words/manifest.ts'
import type { SiteFile } from '../../supervisors/site/file.ts'
import { Bare } from './decision-bare.ts'
import { median, quantile, type Row, spreadOf } from './row.ts'

const BLOCK = 40
const EVERY_MS = 50
/** A candidate of the household is about as long. */
const CANDIDATE = JSON.stringify({ actions: 'x'.repeat(1_500) })
const FRAME = `signature ${JSON.stringify({ points: Array.from({ length: 32 }, () => ({ ageMs: 3, quality: 'good', unit: 'W', value: 230_000 })) })}`

interface Ready {
  readonly site: SiteFile
  readonly assets: readonly ManifestAsset[]
}
interface Said {
  readonly part: string
  readonly cycle: number
  readonly atUs: number
}

export async function benchDecision(quick = false): Promise<readonly Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'decision-'))
  try {
    const rows = await againstBare(join(dir, 'pairs'), quick ? 7 : 11)
    return [...rows, ...(await parts(join(dir, 'parts'), quick ? 100 : 300))]
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function againstBare(dir: string, pairs: number): Promise<Row[]> {
  const child = start(dir, 'warn')
  child.stderr!.pipe(process.stderr)
  const [{ site, assets }] = (await once(child, 'message')) as [Ready]
  const bare = await Bare.open(join(dir, 'bare'), site, assets)
  const bareBlocks: number[][] = []
  const took: number[] = []
  const runBare = async () => {
    const block: number[] = []
    const startMs = performance.now()
    for (let i = 0; i < BLOCK; i++) {
      const waitMs = startMs + i * EVERY_MS - performance.now()
      if (waitMs > 0) await new Promise(resolve => setTimeout(resolve, waitMs))
      block.push(await bare.decide(FRAME, CANDIDATE))
    }
    return block
  }
  const runOurs = async () => void took.push(...((await ask(child, { count: BLOCK, everyMs: EVERY_MS })) as number[]))
  await runBare()
  for (let pair = 0; pair < pairs; pair++)
    for (const side of pair % 2 === 0 ? ['bare', 'ours'] : ['ours', 'bare'])
      if (side === 'bare') bareBlocks.push(await runBare())
      else await runOurs()
  const bodies = (await ask(child, 'stop')) as string[]
  await bare.close()
  const latencies = bodies.flatMap(body => latencyOf(body) ?? []).slice(-pairs * BLOCK)
  const ourBlocks = bareBlocks.map((_, i) => latencies.slice(i * BLOCK, (i + 1) * BLOCK))
  if (ourBlocks.at(-1)!.length < BLOCK) throw new Error(`${latencies.length} decisions were read back`)
  const detail = `${pairs} pairs of ${BLOCK} cycles, one each ${EVERY_MS} ms; three setpoints written in each`
  const rows: Row[] = []
  for (const q of [0.5, 0.99]) {
    const ratios = ourBlocks.map((block, i) => quantile(block, q) / quantile(bareBlocks[i]!, q))
    const name = `decision, p${q * 100}`
    // a block holds too few for its own p99: there, all of ours against all of bare
    const ratio = q === 0.5 ? median(ratios) : quantile(ourBlocks.flat(), q) / quantile(bareBlocks.flat(), q)
    rows.push(
      { name: `${name}: ours over bare`, value: ratio, unit: 'ratio', atMost: 2.5, spread: spreadOf(ratios), detail },
      { name: `${name}: ours`, value: quantile(ourBlocks.flat(), q) / 1_000, unit: 'ms' },
      { name: `${name}: bare`, value: quantile(bareBlocks.flat(), q) / 1_000, unit: 'ms' },
    )
  }
  const whole = 'lockstep cycle, claims of time to settled, p50'
  return [...rows, { name: whole, value: median(took), unit: 'ms', detail: 'of host time; site time 1 s' }]
}

/** Says of each part how long after the one before it came; of several nodes the one that the vote waited for. */
async function parts(dir: string, count: number): Promise<Row[]> {
  const child = start(dir, 'debug')
  const said = new Map<number, Said[]>()
  createInterface({ input: child.stderr! }).on('line', line => {
    if (!line.includes('"trace"')) return
    const one = JSON.parse(line) as Said
    said.set(one.cycle, [...(said.get(one.cycle) ?? []), one])
  })
  await once(child, 'message')
  await ask(child, { count, everyMs: EVERY_MS })
  await ask(child, 'stop')
  const waits = new Map(PARTS.map(part => [part, [] as number[]]))
  for (const cycle of [...said.values()].slice(-count)) {
    // of three nodes the second decides
    const at = (part: string) =>
      quantile(
        cycle.filter(s => s.part === part).map(s => s.atUs),
        part === 'stepped' || part === 'signed' ? 0.5 : 0,
      )
    let before = at('emitted')
    for (const part of PARTS) {
      waits.get(part)!.push(at(part) - before)
      if (part !== 'appended') before = at(part) // followers read while the acknowledgement is on its way
    }
  }
  return PARTS.map(part => {
    const all = waits.get(part)!.filter(Number.isFinite)
    return {
      name: `decision, part: ${part}`,
      value: median(all) / 1_000,
      unit: 'ms',
      detail: `p99 ${(quantile(all, 0.99) / 1_000).toFixed(2)} ms`,
    }
  })
}

export function latencyOf(body: string): number | undefined {
  const parsed = parseFact(body)
  return parsed.kind === 'fact' && parsed.fact.kind === 'ReceiptRecorded' ? parsed.fact.latencyUs : undefined
}
/** `brokers`: of the cluster that keeps the log, not the folder. */
export function start(dir: string, level: string, brokers: readonly string[] = []): ChildProcess {
  const env = { ...process.env, QUORATE_LOG: level }
  const execArgv = ['--disable-warning=ExperimentalWarning']
  return fork(join(import.meta.dirname, 'decision-run.ts'), [dir, brokers.join()], {
    env,
    execArgv,
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
}
export async function ask(child: ChildProcess, question: unknown): Promise<unknown> {
  child.send(question as object)
  return (await once(child, 'message'))[0]
}

if (process.argv[1] === import.meta.filename)
  for (const { name, value, unit, spread, detail } of await benchDecision(process.argv.includes('--quick')))
    process.stdout.write(
      `${name}: ${value.toFixed(2)} ${unit} (${spread?.map(r => r.toFixed(2)).join(' to ') ?? ''} ${detail ?? ''})\n`,
    )
