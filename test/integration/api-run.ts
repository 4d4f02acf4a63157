/** A real run of the example site, quick cycles, any free ports: its APIs and its command line. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FACT_TYPE } from '../../projections/api/routes/commands.ts'
import { sealFact } from '../../protocol/codec/fact.ts'
import type { Signer } from '../../protocol/codec/sign.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import type { FactOf } from '../../protocol/words/facts.ts'
import { keyId } from '../../protocol/words/ids.ts'
import { hostPorts } from '../../supervisors/real/ports.ts'
import { folders, type Prepared, prepare } from '../../supervisors/run/prepare.ts'
import { Run } from '../../supervisors/run/run.ts'
import { NODES } from '../../supervisors/site/members.ts'

const HOME = fileURLToPath(new URL('../../sim/sites/home.yaml', import.meta.url))
const MAIN = fileURLToPath(new URL('../../supervisors/main.ts', import.meta.url))
/** One cycle; quick, so that a life of a command takes moments. */
const CYCLE_MS = 200

export { NODES }
export type Node = (typeof NODES)[number]
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: any
}

export class ApiRun {
  readonly dir: string
  readonly run: Run
  readonly prepared: Prepared
  readonly #file: { http: Record<Node, string>; token: string }
  readonly token: string

  private constructor(dir: string, run: Run, prepared: Prepared) {
    this.dir = dir
    this.run = run
    this.prepared = prepared
    this.#file = JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8'))
    this.token = readFileSync(this.#file.token, 'utf8').trim()
  }
  static async start(): Promise<ApiRun> {
    process.env.QUORATE_LOG ??= 'error'
    const dir = mkdtempSync(join(tmpdir(), 'quorate-api-'))
    const ports = hostPorts('run', dir)
    const prepared = await prepare({ dir, siteFile: HOME, random: ports.random, cycleMs: CYCLE_MS })
    const pace = { kind: 'realtime', factor: 1 } as const
    const options = { prepared, pace, faults: true, mode: 'automatic', inputs: {}, ports, failed: () => {} } as const
    const run = new Run(options)
    await run.start()
    await run.firstCycle()
    await run.commission()
    return new ApiRun(dir, run, prepared)
  }
  async stop(): Promise<void> {
    await this.run.stop()
    rmSync(this.dir, { recursive: true, force: true })
  }

  url(node: Node, path: string): string {
    return `http://${this.#file.http[node]}${path}`
  }
  get bearer(): Record<string, string> {
    return { Authorization: `Bearer ${this.token}` }
  }
  async get(path: string, node: Node = 'node-a', headers: Record<string, string> = {}): Promise<Reply> {
    return replyOf(await fetch(this.url(node, path), { headers: { ...this.bearer, ...headers } }))
  }
  async post(body: string, node: Node = 'node-a', headers: Record<string, string> = {}): Promise<Reply> {
    const all = { ...this.bearer, 'Content-Type': FACT_TYPE, ...headers }
    return replyOf(await fetch(this.url(node, '/api/v1/sites/home/commands'), { method: 'POST', headers: all, body }))
  }

  signer(of: string): Signer {
    return openKey(folders(this.dir).keys(of), keyId(of))
  }
  seal(change: Partial<FactOf<'CommandRequested'>>, signer = this.signer('operator')): string {
    const { tenant, site } = this.prepared.signed.manifest
    return sealFact(
      {
        v: 1,
        kind: 'CommandRequested',
        tenant,
        site,
        by: signer.key,
        id: `test-${crypto.randomUUID()}`,
        target: 'site',
        name: 'manual',
        params: {},
        issuedAtMs: this.run.nowMs,
        expiresMs: 30_000,
        ...change,
      },
      signer,
    )
  }
  /** Signs, sends, waits for the end. */
  async command(target: string, name: string, params: Record<string, string> = {}, node: Node = 'node-a') {
    const reply = await this.post(this.seal({ target, name, params }), node, { Prefer: 'wait=40' })
    return reply.json as { id: string; state: string; code: string | null; reason: string }
  }
  /** What the plant's own register of a battery holds, W. */
  async setpointAtPlant(asset: string): Promise<number | null> {
    const { state } = (await this.run.plantView()) as { state: { assets: Record<string, any> } }
    return state.assets[asset].control.setpointW
  }

  /** `quorate command ...`, to its end. */
  quorate(...args: string[]): Promise<{ readonly code: number; readonly lines: any[]; readonly err: string }> {
    const argv = ['--disable-warning=ExperimentalWarning', MAIN, 'command', ...args, '--data', this.dir, '--json']
    return new Promise(resolve => {
      execFile(process.execPath, argv, (error, out, err) => {
        const lines = out
          .split('\n')
          .filter(Boolean)
          .map(line => JSON.parse(line))
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, lines, err })
      })
    })
  }

  /** Events of a stream until `enough` of them are there. */
  async events(
    node: Node,
    enough: (events: readonly StreamEvent[]) => boolean,
    lastId?: string,
  ): Promise<StreamEvent[]> {
    const abort = new AbortController()
    const headers = { ...this.bearer, ...(lastId !== undefined && { 'Last-Event-ID': lastId }) }
    const response = await fetch(this.url(node, '/api/v1/sites/home/events'), { headers, signal: abort.signal })
    const events: StreamEvent[] = []
    let rest = ''
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split('\n\n')
      rest = parts.pop()!
      events.push(...parts.filter(p => p.startsWith('event')).map(eventOf))
      if (enough(events)) break
    }
    abort.abort()
    return events
  }
}

export interface StreamEvent {
  readonly type: string
  readonly id: string | null
  readonly data: any
}
function eventOf(part: string): StreamEvent {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1]
  return { type: field('event')!, id: field('id') ?? null, data: JSON.parse(field('data')!) }
}
async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text()
  const json = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : null
  return { status: response.status, headers: response.headers, text, json }
}
/** Until it holds; the test's own time limit ends it. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(resolve => setTimeout(resolve, 50))
}
