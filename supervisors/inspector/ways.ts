/** How what people decide in the inspector gets out of it: by the API of any node, and by whoever holds an administrator's key. */
import { FACT_TYPE } from '../../projections/api/routes/commands.ts'
import type { Submitted } from '../../projections/api/view.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { Nodes } from '../cli/nodes.ts'
import { admissionOf, type HttpConfig } from '../process/door.ts'
import { askRun } from '../run/control.ts'

export type Ways =
  /** The folder of a run: its nodes, and its trial key. */
  | { readonly kind: 'run'; readonly dir: string }
  /** The APIs of a deployment's nodes, and whose token counts there. */
  | {
      readonly kind: 'nodes'
      readonly http: Readonly<Record<string, string>>
      readonly grants: HttpConfig['grants']
    }
interface Site {
  readonly tenant: string
  readonly site: string
}

/** One node after another takes the same bytes, until one has; the step drops repeats by the id. */
export function submitBy(ways: Ways, of: Site): (body: string) => Promise<Submitted> {
  return async body => {
    const nodes = nodesOf(ways, of.tenant)
    let lost = ''
    for (const name of nodes.names) {
      const reply = await nodes.ask(name, `/api/v1/sites/${of.site}/commands`, { type: FACT_TYPE, body })
      if (reply.kind === 'answer') return { kind: 'appended', id: reply.body.id, position: reply.body.position }
      if (reply.kind === 'refused') return { kind: 'refused', code: reply.code, reason: reply.detail }
      lost = `${name}: ${reply.reason}`
    }
    throw new Refusal('UNAVAILABLE', `no node took it; it may have been taken all the same. ${lost}`)
  }
}
function nodesOf(ways: Ways, tenant: string): Nodes {
  if (ways.kind === 'run') return Nodes.of(ways.dir)
  const grant = admissionOf(ways).grants.find(each => each.tenant === tenant)
  if (!grant) throw new Refusal('FORBIDDEN', `no token of '${tenant}' is here for the nodes`)
  return new Nodes(ways.http, grant.token)
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
