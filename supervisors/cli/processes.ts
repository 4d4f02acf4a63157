/** `quorate node|gateway|plant --config FILE`: one process of a deployment, under a service manager. */
import { join } from 'node:path'
import { Refusal } from '../../protocol/words/errors.ts'
import { parse, raw } from '../../protocol/words/units.ts'
import { gatewayConfigOf } from '../config/gateway.ts'
import { above, nodeConfigOf } from '../config/node.ts'
import { plantSettingOf } from '../config/plant.ts'
import { readConfigOf } from '../config/read.ts'
import type { FileOf, Kind } from '../config/shape.ts'
import { composeGateway } from '../gateway/compose.ts'
import { statusOf } from '../gateway/status.ts'
import { openNode } from '../node/open.ts'
import { type Standing, standAlone } from '../process/stand-alone.ts'
import { hostPorts } from '../real/ports.ts'
import { StatusDoor } from '../real/status-door.ts'
import { Inspector } from '../run/inspector.ts'
import { Projectors } from '../run/projectors.ts'
import type { Call, Verb } from './verb.ts'

const DRAIN = '10 s'

interface Process {
  readonly name: string
  readonly marks?: readonly string[]
  open(): Promise<Standing>
}

function processVerb<K extends Kind>(kind: K, text: string, prepare: (path: string, file: FileOf<K>) => Process): Verb {
  return {
    name: kind,
    text,
    options: {
      config: { type: 'string', value: 'FILE', text: 'Its configuration; `quorate config check` looks at it' },
    },
    stays: true,
    run(call) {
      const path = pathOf(call, kind)
      const file = readConfigOf(kind, path, process.env)
      process.env.QUORATE_LOG ??= file.logLevel ?? 'info'
      const drainMs = raw(parse('s', file.drain ?? DRAIN, 'drain'))
      return standAlone({ ...prepare(path, file), drainMs })
    },
  }
}
function pathOf(call: Call, kind: Kind): string {
  const path = call.text('config')
  if (path === undefined) throw new Refusal('USAGE', `${kind}: name its configuration with --config`)
  return path
}

export const nodeVerb = processVerb(
  'node',
  'Runs one node: its replica of each of its sites, their way in, its API',
  (path, file) => {
    const config = nodeConfigOf(path, file)
    return { name: config.name, marks: config.sites.map(site => site.data), open: () => nodeWithMore(config) }
  },
)

/** Its databases and its inspector are beside it: they begin after it, end after it, and what befalls them is theirs. */
async function nodeWithMore(config: ReturnType<typeof nodeConfigOf>): Promise<Standing> {
  const node = await openNode(config)
  const inspector = inspectorOf(config)
  if (inspector) node.metrics.inspector(() => inspector.up())
  const beside = [...projectorsOf(config), ...(inspector ? [inspector] : [])]
  for (const each of beside) void each.start()
  return {
    async stop() {
      await node.stop()
      await Promise.all(beside.map(each => each.stop()))
    },
  }
}
function projectorsOf(config: ReturnType<typeof nodeConfigOf>): Projectors[] {
  const { name, log, http, servers, views, lagMsMax, sites } = config
  return sites.map(({ manifest: { manifest }, definitions, data }, nth) => {
    const { tenant, site } = manifest
    const of = { folderOf: (projection: string) => join(data, projection), log, manifest, definitions, lagMsMax }
    const own = views === null ? null : { ...http, address: above(views, nth) }
    const ports = hostPorts(name, data, { of: { node: name, tenant, site } })
    const opened = (address: string) => ports.note('info', 'rows are asked for here', { address })
    return new Projectors(of, servers, ports, own && { http: own, opened })
  })
}
function inspectorOf({ name, data, inspector }: ReturnType<typeof nodeConfigOf>): Inspector | null {
  if (!inspector) return null
  const ports = hostPorts(name, data, { of: { node: name } })
  return new Inspector(inspector, ports, address => ports.note('info', 'people look on here', { address }))
}

export const gatewayVerb = processVerb('gateway', 'Runs the gateway of one site', (path, file) => {
  const config = gatewayConfigOf(path, file)
  return {
    name: 'gateway',
    async open() {
      const { tree } = await composeGateway(config)
      const door = await StatusDoor.open(file.http, statusOf(tree)) // before the rest: whoever asks is told how far it is
      await tree.start()
      return {
        async stop() {
          door.drain()
          await tree.stop()
          door.close()
        },
      }
    },
  }
})

/** The simulated plant is composed where it lives. */
const PLANT = new URL('../../sim/plant/stand-alone.ts', import.meta.url).href

export const plantVerb = processVerb(
  'plant',
  'Runs a simulated plant behind Modbus TCP, to try a deployment on',
  (path, file) => {
    const setting = plantSettingOf(path, file)
    return { name: 'plant', open: async () => (await import(PLANT)).openPlant(setting, file.http) as Promise<Standing> }
  },
)
