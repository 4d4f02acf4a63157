/**
 * How the command line reaches a run on this machine: a socket in its data folder that only its owner can open. One
 * JSON line asks, one answers.
 */
import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { RebuildAsked } from '../../projections/runner/rebuild.ts'
import { type ErrorCode, Refusal } from '../../protocol/words/errors.ts'

const LINE_BYTES_MAX = 1_000_000
const ANSWER_MS_MAX = 30_000
const socketIn = (dir: string) => join(dir, 'control.sock')

export interface Ask {
  readonly do: 'fault' | 'status' | 'stop' | 'rebuild' | 'drop' | 'enrol'
  readonly target?: string
  readonly name?: string
  readonly args?: readonly string[]
  readonly rebuild?: RebuildAsked
  readonly build?: number
}
type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: ErrorCode; readonly reason: string }

export function serveControl(dir: string, answer: (ask: Ask) => Promise<unknown>): Server {
  rmSync(socketIn(dir), { force: true })
  const server = createServer(socket => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('error', () => {})
    socket.on('data', chunk => {
      text += chunk
      if (text.length > LINE_BYTES_MAX) socket.destroy()
      if (!text.includes('\n')) return
      void reply(text, answer).then(r => socket.end(`${JSON.stringify(r)}\n`))
      text = ''
    })
  })
  server.listen(socketIn(dir), () => chmodSync(socketIn(dir), 0o600))
  return server
}
async function reply(text: string, answer: (ask: Ask) => Promise<unknown>): Promise<Reply> {
  try {
    return { ok: true, value: (await answer(JSON.parse(text) as Ask)) ?? null }
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, code: error.code, reason: error.detail }
    return { ok: false, code: 'UNAVAILABLE', reason: error instanceof Error ? error.message : String(error) }
  }
}

/** Throws NO_RUN, or what the run refused. */
export function askRun(dir: string, ask: Ask): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketIn(dir))
    let text = ''
    socket.setEncoding('utf8')
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy(new Error('no answer')))
    socket.on('connect', () => socket.write(`${JSON.stringify(ask)}\n`))
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('error', () => reject(new Refusal('NO_RUN', `no run answers in ${dir}`)))
    socket.on('end', () => {
      if (text === '') return reject(new Refusal('NO_RUN', `the run in ${dir} ended`))
      const r = JSON.parse(text) as Reply
      if (r.ok) resolve(r.value)
      else reject(new Refusal(r.code, r.reason))
    })
  })
}
