/**
 * A deployment as its operator has it: folders by `quorate deploy`, each process by itself under a service manager that
 * starts anew what falls, HAProxy in front where it is there. Any free ports, the log on this machine.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { FACT_TYPE } from '../../projections/api/routes/commands.ts'
import { sealFact } from '../../protocol/codec/fact.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import { keyId } from '../../protocol/words/ids.ts'
import { above } from '../../supervisors/config/node.ts'
import { apisIn } from '../../supervisors/run/apis-file.ts'
import { folders } from '../../supervisors/run/prepare.ts'
import { quorate, until } from './site-run.ts'

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const MAIN = at('supervisors/main.ts')
const HAPROXY = at('supervisors/deployment/haproxy.cfg')
export const HOME = at('sim/sites/home.yaml')
export const hasHaproxy = spawnSync('haproxy', ['-v']).status === 0

export type Name = 'node-a' | 'node-b' | 'node-c' | 'gateway' | 'plant'
export const NAMES: readonly Name[] = ['node-a', 'node-b', 'node-c', 'plant', 'gateway']
interface Ready {
  readonly status: string
  readonly parts: readonly { readonly part: string; readonly ready: boolean; readonly says: string }[]
}
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process as a service manager runs it. */
class Service {
  readonly #start: (main: string) => ChildProcess
  #main = MAIN
  #child: ChildProcess
  #exited!: Promise<Exit>
  #wanted = true
  log = ''

  constructor(start: (main: string) => ChildProcess) {
    this.#start = start
    this.#child = this.#launch()
  }
  get pid(): number {
    return this.#child.pid!
  }
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
  /** Until it is asked for again. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.#wanted = false
    this.#child.kill(signal)
    return this.#exited
  }
  /** Of this checkout, or from now on of another. */
  again(main = this.#main): void {
    this.#main = main
    this.#wanted = true
    this.#child = this.#launch()
  }
  #launch(): ChildProcess {
    const child = this.#start(this.#main)
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.log = (this.log + text).slice(-200_000)
    })
    this.#exited = new Promise(resolve => child.once('close', (code, signal) => resolve({ code, signal })))
    void this.#exited.then(() => {
      if (this.#wanted) this.#child = this.#launch()
    })
    return child
  }
}

export class Deployed {
  readonly dir: string
  readonly #ports: readonly number[]
  readonly services: Readonly<Record<Name, Service>>
  readonly #inspectors: boolean
  #proxy: ChildProcess | null = null

  private constructor(dir: string, ports: readonly number[], inspectors: boolean) {
    this.dir = dir
    this.#ports = ports
    this.#inspectors = inspectors
    this.services = Object.fromEntries(NAMES.map(name => [name, this.#service(name)])) as Record<Name, Service>
  }
  /** With inspectors only where they matter: three more processes on few cores. */
  static async start(site: string, cycle: string, { inspectors = false } = {}): Promise<Deployed> {
    const dir = mkdtempSync(join(tmpdir(), 'quorate-deployed-'))
    const ports = await freePorts()
    const [a, b, c, plant, gateway, front] = ports.map(port => `127.0.0.1:${port}`)
    const options = [
      '--out',
      dir,
      '--nodes',
      `${a},${b},${c}`,
      '--plant',
      plant!,
      '--gateway',
      gateway!,
      '--cycle',
      cycle,
      ...(hasHaproxy ? ['--inspector', `http://${above(front!, 1)}`] : []),
    ]
    const written = await quorate('deploy', site, ...options)
    if (written.code !== 0) throw new Error(written.err)
    const deployed = new Deployed(dir, ports, inspectors)
    if (hasHaproxy) deployed.#startProxy()
    return deployed
  }
  async stop(): Promise<void> {
    this.#proxy?.kill('SIGKILL')
    await Promise.all(Object.values(this.services).map(service => service.stop('SIGKILL')))
    rmSync(this.dir, { recursive: true, force: true })
  }

  #service(name: Name): Service {
    const kind = name.split('-')[0]!
    const config = join(this.dir, name, `${kind}.yaml`)
    return new Service(main => {
      const argv = ['--disable-warning=ExperimentalWarning', main, kind, '--config', config]
      // with the channel of a launcher: should this process be killed, none of them stays behind
      const env = this.#inspectors ? process.env : { ...process.env, QUORATE_INSPECTOR: 'none' }
      return spawn(process.execPath, argv, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    })
  }
  #startProxy(): void {
    const env: NodeJS.ProcessEnv = { ...process.env, QUORATE_API: this.front, QUORATE_INSPECTOR: this.people }
    for (const [nth, letter] of ['A', 'B', 'C'].entries()) {
      env[`QUORATE_NODE_${letter}`] = `127.0.0.1:${this.#ports[nth]! + 1}`
      env[`QUORATE_INSPECTOR_${letter}`] = `127.0.0.1:${this.#ports[nth]! + 2}`
    }
    this.#proxy = spawn('haproxy', ['-db', '-f', HAPROXY], { env, stdio: 'ignore' })
  }

  /** Where people and programs ask: HAProxy, where it is there. */
  get front(): string {
    return hasHaproxy ? `127.0.0.1:${this.#ports[5]}` : `127.0.0.1:${this.#ports[0]! + 1}`
  }
  /** Where people look on: the same way. */
  get people(): string {
    return hasHaproxy ? `127.0.0.1:${this.#ports[5]! + 1}` : this.inspectorOf(0)
  }
  inspectorOf(nth: number): string {
    return `127.0.0.1:${this.#ports[nth]! + 2}`
  }
  /** Of its API, or of its health. */
  httpOf(name: Name): string {
    const port = this.#ports[['node-a', 'node-b', 'node-c', 'plant', 'gateway'].indexOf(name)]!
    return `127.0.0.1:${name === 'gateway' ? port : port + 1}`
  }
  async ready(name: Name): Promise<Ready | null> {
    try {
      return (await (await fetch(`http://${this.httpOf(name)}/readyz`)).json()) as Ready
    } catch {
      return null
    }
  }
  isReady = async (name: Name): Promise<boolean> => (await this.ready(name))?.status === 'ok'
  async wholeAgain(): Promise<void> {
    for (const name of NAMES) await until(() => this.isReady(name))
  }
  /** `quorate_inspector_up` of a node; null: it says nothing. */
  async inspectorUp(name: Name): Promise<number | null> {
    const text = await (await fetch(`http://${this.httpOf(name)}/metrics`, { headers: this.bearer })).text()
    const line = /^quorate_inspector_up (\d)$/m.exec(text)
    return line && Number(line[1])
  }
  /** Figures of the gateway, by their names and first label. */
  async figures(): Promise<Readonly<Record<string, number>>> {
    const text = await (await fetch(`http://${this.httpOf('gateway')}/metrics`)).text()
    const lines = text.split('\n').filter(line => line.startsWith('quorate_gateway'))
    return Object.fromEntries(
      lines.map(line => {
        const [, name = '', label, value] = /^(\w+)(?:\{\w+="(\w+)".*\})? (\S+)$/.exec(line) ?? []
        return [label === undefined || label === 'demo' ? name : `${name} ${label}`, Number(value)]
      }),
    )
  }
  slots = async (kind: string): Promise<number> => (await this.figures())[`quorate_gateway_slots_total ${kind}`]!

  get bearer(): Record<string, string> {
    return { Authorization: `Bearer ${readFileSync(apisIn(this.dir)!.token, 'utf8').trim()}` }
  }
  get(path: string, address = this.front): Promise<any> {
    return fetch(`http://${address}/api/v1${path}`, { headers: this.bearer }).then(reply => reply.json())
  }
  /** As an operator brings a new site up: what a busy machine has refused (a device read too late), again. */
  async commission(): Promise<void> {
    expect(await this.command('site', 'automatic')).toBe('confirmed')
    for (const asset of ['bat1', 'bat2', 'pv1'])
      await until(async () => {
        const { states } = await this.get(`/sites/home/assets/${asset}`)
        return (
          !states.some((s: string) => s.endsWith('disconnected')) ||
          (await this.command(asset, 'start').catch(() => '')) === 'confirmed'
        )
      })
    await until(async () => (await this.get('/sites/home/assets/bat1')).tags.includes('available'))
    expect(await this.command('site', 'manual')).toBe('confirmed')
  }
  /** What one node's replica has decided since it is asked, by cycle; so many of them. */
  async decisions(name: Name, count: number): Promise<ReadonlyMap<number, any>> {
    const abort = new AbortController()
    const url = `http://${this.httpOf(name)}/api/v1/sites/home/events`
    const response = await fetch(url, { headers: this.bearer, signal: abort.signal })
    const decided = new Map<number, any>()
    let rest = ''
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split('\n\n')
      rest = parts.pop()!
      for (const part of parts.filter(p => p.startsWith('event: decision'))) {
        const { cycle, candidate } = JSON.parse(/^data: (.*)$/m.exec(part)![1]!)
        decided.set(cycle, candidate)
      }
      if (decided.size >= count) break
    }
    abort.abort()
    return decided
  }
  /** Through the front, as its sender does it: the same bytes again until they are known to be taken; then to its end. */
  async command(target: string, name: string, params: Record<string, string> = {}): Promise<string> {
    const operator = openKey(folders(this.dir).keys('operator'), keyId('operator'))
    const id = `test-${crypto.randomUUID()}`
    const said = {
      v: 1,
      kind: 'CommandRequested',
      tenant: 'demo',
      site: 'home',
      by: 'operator',
      id,
      target,
      name,
      params,
    } as const
    const body = sealFact({ ...said, issuedAtMs: Date.now(), expiresMs: 60_000 }, operator)
    const headers = { ...this.bearer, 'Content-Type': FACT_TYPE }
    let state = 'accepted'
    await until(async () => {
      const reply = await fetch(`http://${this.front}/api/v1/sites/home/commands`, {
        method: 'POST',
        headers,
        body,
      }).catch(() => null)
      return reply?.status === 202 || reply?.status === 409 // a repeat: it was taken
    })
    await until(async () => {
      const reply = await this.get(`/commands/${id}`).catch(() => null)
      state = reply?.state ?? state
      if (state === 'rejected') throw new Error(`${target} ${name}: ${reply.code} ${reply.reason}`)
      return state !== 'accepted'
    })
    return state
  }
}

/** Doors of a node: for gateways, API, inspector, rows. */
const DOORS = 4
/** Six, each with those above it that a node takes; below those that the system hands out by itself. */
async function freePorts(): Promise<number[]> {
  const ports: number[] = []
  for (let port = 20_000 + Math.floor(Math.random() * 11_000); ports.length < 6; port += DOORS) {
    const free = await Promise.all(Array.from({ length: DOORS }, (_, i) => isFree(port + i)))
    if (!free.includes(false)) ports.push(port)
  }
  return ports
}
const isFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
