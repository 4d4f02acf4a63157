/** `quorate sign-in`: a fresh link to the inspector, for whoever may read the token. */
import { existsSync, readFileSync } from 'node:fs'
import { isLoopback } from '../../projections/api/access.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { nodeConfigOf } from '../config/node.ts'
import { readConfigOf } from '../config/read.ts'
import { admissionOf } from '../process/door.ts'
import { hostClock } from '../real/clock.ts'
import { apisIn } from '../run/apis-file.ts'
import { signInLink } from '../run/inspector.ts'
import { folders } from '../run/prepare.ts'
import { dataOption, origin } from './options.ts'
import type { Call, Verb } from './verb.ts'

interface Doors {
  /** `https://host:port` of each address at which people look on. */
  readonly origins: readonly string[]
  readonly token: string
}

export const signIn: Verb = {
  name: 'sign-in',
  text: 'Prints a link that signs in at the inspector: good once, for ten minutes; of each node where several serve it',
  options: {
    data: { ...dataOption, text: 'Data folder of the run, or folder of the deployment' },
    config: { type: 'string', value: 'FILE', text: 'Of a node instead: its configuration' },
    tenant: { type: 'string', value: 'TENANT', text: 'With --config: whose sites, where the node has several tenants' },
    at: { type: 'string', value: 'ORIGIN', text: 'Where people reach it, as https://host:port (as it is known here)' },
  },
  async run(call) {
    const { origins, token } = doorsOf(call)
    const at = origin(call, 'at')
    for (const each of at === undefined ? origins : [at]) call.say(signInLink(each, token, hostClock.wallMs()))
    return 0
  },
}

/** Throws NO_RUN, UNAVAILABLE, CONFIG, USAGE. */
function doorsOf(call: Call): Doors {
  const config = call.text('config')
  if (config !== undefined) return ofNode(config, call.text('tenant'))
  const dir = call.text('data')!
  const deployed = apisIn(dir)
  if (deployed) return { origins: deployed.inspectors, token: tokenIn(deployed.token) }
  const { run } = folders(dir)
  if (!existsSync(run)) throw new Refusal('NO_RUN', `no run in ${dir}`)
  const { inspector, token } = JSON.parse(readFileSync(run, 'utf8')) as { inspector: string | null; token: string }
  if (inspector === null) throw new Refusal('UNAVAILABLE', `the run in ${dir} serves no inspector, or not yet`)
  return { origins: [`http://${inspector}`], token: tokenIn(token) }
}
const tokenIn = (file: string): string => readFileSync(file, 'utf8').trim()

function ofNode(path: string, tenant: string | undefined): Doors {
  const { inspector } = nodeConfigOf(path, readConfigOf('node', path, process.env))
  if (!inspector) throw new Refusal('UNAVAILABLE', `${path} serves no inspector`)
  const { address, hosts = [] } = inspector.http
  const { grants } = admissionOf(inspector.http)
  const tenants = [...new Set(grants.map(grant => grant.tenant))]
  const whose = tenant ?? (tenants.length === 1 ? tenants[0] : undefined)
  const grant = grants.find(each => each.tenant === whose)
  if (!grant) throw new Refusal('USAGE', `--tenant: name one of ${tenants.join(', ')}`)
  const host = isLoopback(address) ? address : `${hosts[0]}${address.slice(address.lastIndexOf(':'))}`
  return { origins: [`http://${host}`], token: grant.token }
}
