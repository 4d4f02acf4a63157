/** `quorate deploy`: the folders of a first deployment, one for each process. */
import { resolve } from 'node:path'
import { Refusal } from '../../protocol/words/errors.ts'
import { writeDeployment } from '../deployment/write.ts'
import { hostRandom } from '../real/random.ts'
import { readSiteFile } from '../site/file.ts'
import { NODES } from '../site/who.ts'
import { cycleMs } from './manifest.ts'
import { addresses, origin } from './options.ts'
import type { Verb } from './verb.ts'

export const deploy: Verb = {
  name: 'deploy',
  text: 'Writes the folders of a first deployment: for each process its configuration, the signed manifest, its own key',
  arguments: 'SITEFILE',
  options: {
    out: { type: 'string', value: 'DIR', default: './deployment', text: 'Where to write them' },
    nodes: {
      type: 'string',
      value: 'HOST:PORT,...',
      default: NODES.map(name => `${name}:7400`).join(','),
      text: 'Where the gateway reaches each node; API, inspector and rows are at the next ports',
    },
    plant: {
      type: 'string',
      value: 'HOST:PORT',
      default: 'plant:5020',
      text: 'Where the gateway reaches the simulated plant; its health is one port above',
    },
    gateway: {
      type: 'string',
      value: 'HOST:PORT',
      default: '127.0.0.1:7480',
      text: "The gateway's health and figures",
    },
    brokers: { type: 'string', value: 'HOST:PORT,...', text: 'The replicated log (the embedded one, for one machine)' },
    apis: { type: 'string', value: 'HOST:PORT,...', text: 'Where `quorate command` asks (each node)' },
    inspector: { type: 'string', value: 'ORIGIN', text: 'Where people look on, as https://host:port (at each node)' },
    cycle: { type: 'string', value: 'TIME', text: 'Control cycle T, e.g. 1s (as the site file says)' },
  },
  async run(call) {
    const [file, ...rest] = call.positionals
    if (file === undefined || rest.length > 0) throw new Refusal('USAGE', 'deploy: name one site file')
    const nodes = addresses(call, 'nodes')
    if (nodes.length !== NODES.length)
      throw new Refusal('USAGE', `--nodes: ${NODES.length} addresses, one for each node`)
    const cycle = call.text('cycle')
    const dir = resolve(call.text('out')!)
    const written = await writeDeployment({
      dir,
      site: readSiteFile(file),
      random: hostRandom,
      ...(cycle !== undefined && { cycleMs: cycleMs(cycle) }),
      nodes,
      plant: addresses(call, 'plant')[0]!,
      gateway: addresses(call, 'gateway')[0]!,
      brokers: addresses(call, 'brokers'),
      apis: addresses(call, 'apis'),
      inspector: origin(call, 'inspector') ?? null,
    })
    for (const folder of written) call.say(folder)
    call.say(`${dir}/keys holds the keys of people: keep them apart from every process`)
    return 0
  },
}
