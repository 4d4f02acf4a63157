/** How what people decide in the inspector gets out of it: by the API of any node, and by whoever holds an administrator's key. */
import { readFileSync } from 'node:fs'
import { FACT_TYPE } from '../../projections/api/routes/commands.ts'
import type { Submitted } from '../../projections/api/view.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { Nodes } from '../cli/nodes.ts'
import { askRun } from '../run/control.ts'

export type Ways =
  /** The folder of a run: its nodes, and its trial key. */
  | { readonly kind: 'run'; readonly dir: string }
  | { readonly kind: 'nodes'; readonly http: Readonly<Record<string, string>>; readonly tokenFile: string }

/** One node after another takes the same bytes, until one has; the step drops repeats by the id. */
export function submitBy(ways: Ways, site: string): (body: string) => Promise<Submitted> {
  return async body => {
    const nodes =
      ways.kind === 'run' ? Nodes.of(ways.dir) : new Nodes(ways.http, readFileSync(ways.tokenFile, 'utf8').trim())
    let lost = ''
    for (const name of nodes.names) {
      const reply = await nodes.ask(name, `/api/v1/sites/${site}/commands`, { type: FACT_TYPE, body })
      if (reply.kind === 'answer') return { kind: 'appended', id: reply.body.id, position: reply.body.position }
      if (reply.kind === 'refused') return { kind: 'refused', code: reply.code, reason: reply.detail }
      lost = `${name}: ${reply.reason}`
    }
    throw new Refusal('UNAVAILABLE', `no node took it; it may have been taken all the same. ${lost}`)
  }
}
export function enrolBy(ways: Ways): (publicKey: string) => Promise<{ readonly id: string }> {
  return async publicKey => {
    if (ways.kind === 'run') return (await askRun(ways.dir, { do: 'enrol', target: publicKey })) as { id: string }
    throw new Refusal(
      'FORBIDDEN',
      `an administrator enrols keys here: quorate manifest enrol operator-NAME --public-key ${publicKey}`,
    )
  }
}
