/** A process that has no parent: how it ends, by itself and when it is told to. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { until } from './site-run.ts'

const CHILD = fileURLToPath(new URL('./alone-child.ts', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'quorate-alone-'))
afterAll(() => {
  for (const { child } of Alone.all) child.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
})

class Alone {
  static readonly all: Alone[] = []
  readonly child: ChildProcess
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  log = ''
  constructor(how: string) {
    const env = { ...process.env, QUORATE_LOG: 'info' }
    const argv = ['--disable-warning=ExperimentalWarning', CHILD, how, dir]
    this.child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.log += text
    })
    Alone.all.push(this)
    this.exited = new Promise(resolve => this.child.once('close', (code, signal) => resolve({ code, signal })))
  }
  said = (what: string) => until(() => this.log.includes(what))
}

describe('a process that stands alone', () => {
  it('drains when it is told to, and ends well', async () => {
    const alone = new Alone('drains')
    await alone.said('process runs')
    alone.child.kill('SIGTERM')
    expect(await alone.exited).toEqual({ code: 0, signal: null })
    expect(alone.log).toContain('"msg":"drained"')
  })
  it('is ended by force at its deadline', async () => {
    const alone = new Alone('late')
    await alone.said('process runs')
    alone.child.kill('SIGTERM')
    expect(await alone.exited).toEqual({ code: 1, signal: null })
    expect(alone.log).toContain('not drained within 1000 ms')
  })
  it('ends at once when it is told a second time, and a doubled Ctrl-C is one', async () => {
    const alone = new Alone('stuck')
    await alone.said('process runs')
    alone.child.kill('SIGINT')
    await alone.said('"msg":"draining"')
    const ended = alone.exited.then(() => true)
    await until(async () => {
      alone.child.kill('SIGTERM') // soon enough it is a second time
      return Promise.race([ended, new Promise<boolean>(resolve => setTimeout(resolve, 100, false))])
    })
    expect(await alone.exited).toEqual({ code: 1, signal: null })
    expect(alone.log).toContain('SIGTERM while draining')
  })
  it('that falls says why and exits for its service manager', async () => {
    const alone = new Alone('falls')
    expect(await alone.exited).toEqual({ code: 1, signal: null })
    expect(alone.log).toMatch(/"reason":"Error: it fell/)
  })
  it('that turns no more is killed, and the record named that it hangs on', async () => {
    const alone = new Alone('hang')
    expect(await alone.exited).toEqual({ code: null, signal: 'SIGKILL' })
    expect(alone.log).toContain('a process does not answer: killed')
    expect(alone.log).toContain('quorate log skip 42')
  })
})
