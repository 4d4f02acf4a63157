/** The nodes of a run as the command line finds them: their APIs, by name. None of them is needed, none is believed alone. */
import { existsSync, readFileSync } from 'node:fs'
import { type ErrorCode, Refusal } from '../../protocol/words/errors.ts'
import { apisIn } from '../run/apis-file.ts'
import { folders } from '../run/prepare.ts'

/** A node that hangs is passed over after this. */
const ANSWER_MS_MAX = 3_000
/** As many must say the same before it is believed: one of them may err or lie. */
const WITNESSES = 2

export type Reply =
  | { readonly kind: 'answer'; readonly status: number; readonly body: any }
  | { readonly kind: 'refused'; readonly status: number; readonly code: ErrorCode; readonly detail: string }
  /** No answer, or none of ours: what was asked for may have been done. */
  | { readonly kind: 'lost'; readonly reason: string }

export class Nodes {
  readonly #addresses: Readonly<Record<string, string>>
  readonly #token: string

  constructor(addresses: Readonly<Record<string, string>>, token: string) {
    this.#addresses = addresses
    this.#token = token
  }
  /** Of the run on this data folder, or of the deployment that it holds. Throws NO_RUN. */
  static of(dir: string): Nodes {
    const { run } = folders(dir)
    const deployed = apisIn(dir)
    if (deployed) return new Nodes(deployed.http, readFileSync(deployed.token, 'utf8').trim())
    if (!existsSync(run)) throw new Refusal('NO_RUN', `no run in ${dir}`)
    const { http, token } = JSON.parse(readFileSync(run, 'utf8')) as { http?: Record<string, string>; token: string }
    if (!http) throw new Refusal('NO_RUN', `the run in ${dir} names no HTTP address`)
    return new Nodes(http, readFileSync(token, 'utf8').trim())
  }

  get names(): readonly string[] {
    return Object.keys(this.#addresses)
  }
  get witnesses(): number {
    return Math.min(WITNESSES, this.names.length)
  }

  async ask(node: string, path: string, post?: { readonly type: string; readonly body: string }): Promise<Reply> {
    const headers: Record<string, string> = { Authorization: `Bearer ${this.#token}` }
    if (post) headers['Content-Type'] = post.type
    try {
      const response = await fetch(`http://${this.#addresses[node]}${path}`, {
        method: post ? 'POST' : 'GET',
        headers,
        ...(post && { body: post.body }),
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      })
      const body: any = await response.json()
      const { status } = response
      if (status < 400) return { kind: 'answer', status, body }
      if (status >= 500) return { kind: 'lost', reason: `${body.code}: ${body.detail}` }
      return { kind: 'refused', status, code: body.code, detail: body.detail }
    } catch (error) {
      return { kind: 'lost', reason: (error as Error).message }
    }
  }
  /** The same of every node, by its name. */
  async askAll(path: string): Promise<ReadonlyMap<string, Reply>> {
    return new Map(await Promise.all(this.names.map(async node => [node, await this.ask(node, path)] as const)))
  }
}
