/**
 * A file with a machine, followed: every save starts a process of its own with the new version. The version before stays
 * on the screen and alive until the new one has loaded; if that does not load, the trouble says why.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, type FSWatcher, readdirSync, statSync, unwatchFile, watch, watchFile } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Chart } from '../chart/chart.ts'
import {
  type FrameInput,
  type FromRunner,
  type MachineEvent,
  type MachineView,
  type ToRunner,
  type Trouble,
  trouble,
  type Unresolved,
} from './words.ts'

const SCRIPT = new URL('./process.ts', import.meta.url)
const EXEC_ARGV = ['--disable-warning=ExperimentalWarning', '--experimental-import-meta-resolve']
/** An editor writes a file in several steps. */
const SETTLE_MS = 60
/** Where the system tells nothing of changes (some network and container mounts), the file is looked at. */
const POLL_MS = 500
/** Who has not loaded, or answered, by then is in a loop. */
export const ANSWER_MS_MAX = 8_000
const SOURCES = /\.(m|c)?(ts|js)$|\.json$/

export interface SessionOptions {
  readonly file: string
  readonly exportName?: string
  readonly answerMsMax?: number
  /** Each trouble, and its end, as a line. */
  readonly say: (line: string) => void
}

export class MachineSession {
  readonly #o: SessionOptions
  readonly #watcher: FSWatcher
  readonly #listeners = new Set<(view: MachineView) => void>()
  #settling: NodeJS.Timeout | undefined
  /** Of the version that was loaded last. */
  #sources = ''
  #limit: NodeJS.Timeout | undefined
  /** In force, and the next one while it loads. */
  #child: ChildProcess | undefined
  #loading: ChildProcess | undefined
  #chart: Chart | null = null
  #view: MachineView

  constructor(options: SessionOptions) {
    this.#o = options
    this.#view = {
      file: basename(options.file),
      revision: 0,
      name: null,
      trouble: null,
      unresolved: [],
      moment: null,
      frame: null,
    }
    const changed = (name: string | null) => {
      if (name === null || SOURCES.test(name)) this.#settle()
    }
    this.#watcher = watch(dirname(options.file), (_event, name) => changed(name))
    this.#watcher.on('error', () => {}) // the folder is gone; the poll finds it again
    watchFile(options.file, { interval: POLL_MS }, () => this.#settle())
    this.#load()
  }

  get view(): MachineView {
    return this.#view
  }
  get chart(): Chart | null {
    return this.#chart
  }
  onChange(listener: (view: MachineView) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  send(event: MachineEvent): void {
    this.#ask({ kind: 'send', event })
  }
  write(input: Omit<FrameInput, 'unit'>): void {
    if (this.#view.frame) this.#ask({ kind: 'write', ...input })
  }
  reset(): void {
    if (this.#child) this.#ask({ kind: 'reset' })
    else this.#load()
  }
  close(): void {
    clearTimeout(this.#settling)
    clearTimeout(this.#limit)
    this.#watcher.close()
    unwatchFile(this.#o.file)
    for (const child of [this.#child, this.#loading]) child?.kill('SIGKILL')
    this.#child = this.#loading = undefined
  }

  #settle(): void {
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => {
      // one save is seen twice, and a reading changes nothing
      if (sourcesOf(dirname(this.#o.file)) !== this.#sources) this.#load()
    }, SETTLE_MS)
  }

  #load(): void {
    this.#loading?.kill('SIGKILL')
    this.#loading = undefined
    const { file, exportName } = this.#o
    this.#sources = sourcesOf(dirname(file))
    if (!existsSync(file)) {
      this.#trouble(trouble('MACHINE_FILE_GONE', `there is no file ${file}`))
      return
    }
    const child = fork(SCRIPT, [file, ...(exportName === undefined ? [] : [exportName])], { execArgv: EXEC_ARGV })
    this.#loading = child
    this.#limited(child)
    child.on('message', (message: FromRunner) => this.#heard(child, message))
    child.on('error', () => {}) // `exit` follows, or it was never there
    child.once('exit', code => {
      if (child !== this.#child && child !== this.#loading) return
      this.#drop(child)
      this.#trouble(trouble('MACHINE_BROKEN', `its process ended with ${code}`))
    })
  }

  #ask(message: ToRunner): void {
    const child = this.#child
    if (!child?.connected) return
    child.send(message)
    child.send({ kind: 'ask' } satisfies ToRunner)
    this.#limited(child)
  }

  #limited(child: ChildProcess): void {
    clearTimeout(this.#limit)
    const ms = this.#o.answerMsMax ?? ANSWER_MS_MAX
    this.#limit = setTimeout(() => {
      this.#drop(child)
      child.kill('SIGKILL')
      this.#trouble(trouble('MACHINE_ENDLESS', `it has not answered for ${ms / 1_000} s`))
    }, ms)
  }
  #drop(child: ChildProcess): void {
    if (child === this.#child) this.#child = undefined
    if (child === this.#loading) this.#loading = undefined
  }

  #heard(child: ChildProcess, message: FromRunner): void {
    if (child !== this.#child && child !== this.#loading) return
    clearTimeout(this.#limit)
    switch (message.kind) {
      case 'loaded': {
        this.#child?.kill('SIGKILL')
        this.#child = child
        this.#loading = undefined
        const { name, chart, unresolved, frame } = message
        this.#chart = chart
        if (this.#view.trouble) this.#o.say(`${this.#view.file}: loaded again`)
        if (unresolved.length > 0) this.#o.say(missing(this.#view.file, unresolved))
        this.#show({ name, unresolved, frame, trouble: null, moment: null, revision: this.#view.revision + 1 })
        return
      }
      case 'trouble':
        if (child === this.#loading) {
          this.#drop(child)
          child.kill('SIGKILL')
        }
        this.#trouble(message.trouble)
        return
      case 'frame':
        this.#show({ frame: message.frame })
        return
      case 'moment':
        if (child === this.#child) this.#show({ moment: message.moment })
    }
  }

  #trouble(about: Trouble): void {
    const { trouble: before, file } = this.#view
    if (before?.text !== about.text) this.#o.say(`${file}: ${about.code}: ${about.text}\n  ${about.fix}`)
    this.#show({ trouble: about })
  }

  #show(change: Partial<MachineView>): void {
    this.#view = { ...this.#view, ...change }
    for (const listener of this.#listeners) listener(this.#view)
  }
}

/** What the file may import from beside it: names, times and sizes. */
function sourcesOf(folder: string): string {
  try {
    const names = readdirSync(folder).filter(name => SOURCES.test(name))
    return names.map(name => `${name} ${stamp(join(folder, name))}`).join('\n')
  } catch {
    return '' // the folder is gone
  }
}
function stamp(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? `${stat.mtimeMs} ${stat.size}` : 'gone'
}

function missing(file: string, unresolved: readonly Unresolved[]): string {
  const names = unresolved.map(({ kind, name }) => `${kind} ${name}`).join(', ')
  return `${file}: nothing stands behind ${names}\n  Give them in setup() or machine.provide(); until then they do nothing`
}
