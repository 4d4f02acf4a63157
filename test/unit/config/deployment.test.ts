/** What `quorate deploy` writes is fit for its processes; what somebody makes of it is told. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { checkConfig } from '../../../supervisors/config/check.ts'
import { nodeConfigOf } from '../../../supervisors/config/node.ts'
import { Misconfigured } from '../../../supervisors/config/problem.ts'
import { readConfigOf } from '../../../supervisors/config/read.ts'
import { type Deployment, writeDeployment } from '../../../supervisors/deployment/write.ts'
import { logOf } from '../../../supervisors/real/logs.ts'
import { hostRandom } from '../../../supervisors/real/random.ts'
import { apisIn } from '../../../supervisors/run/apis-file.ts'
import { readSiteFile } from '../../../supervisors/site/file.ts'

const here = mkdtempSync(join(tmpdir(), 'quorate-deploy-'))
const original = join(here, 'original')
const dir = join(here, 'dir')
const site = readSiteFile(fileURLToPath(new URL('../../../sim/sites/home.yaml', import.meta.url)))
const OPTIONS: Omit<Deployment, 'dir'> = {
  site,
  random: hostRandom,
  nodes: ['node-a:7400', 'node-b:7400', 'node-c:7400'],
  plant: 'plant:5020',
  gateway: '127.0.0.1:7480',
  brokers: [],
  apis: [],
  inspector: null,
}
beforeAll(() => writeDeployment({ ...OPTIONS, dir: original }))
beforeEach(() => {
  rmSync(dir, { recursive: true, force: true })
  cpSync(original, dir, { recursive: true })
})
afterAll(() => rmSync(here, { recursive: true, force: true }))

const at = (name: string) => join(dir, name, `${name.split('-')[0]}.yaml`)
const NAMES = ['node-a', 'node-b', 'node-c', 'gateway', 'plant']
function wrong(name: string, change: (file: any) => void, environment = {}): string[][] {
  const file = parse(readFileSync(at(name), 'utf8'))
  change(file)
  writeFileSync(at(name), stringify(file))
  try {
    checkConfig(at(name), environment)
  } catch (error) {
    if (error instanceof Misconfigured) return error.problems.map(p => [p.path, p.problem])
    throw error
  }
  return []
}

describe('the folders of a deployment', () => {
  it('are fit for each process, and carry its own key and no other', () => {
    for (const name of NAMES) expect(checkConfig(at(name), {})).toBe(name.split('-')[0])
    for (const name of NAMES.slice(0, 4)) expect(readdirSync(join(dir, name, 'keys'))).toEqual([`${name}.key`])
    expect(existsSync(join(dir, 'plant', 'keys'))).toBe(false)
    expect(readdirSync(join(dir, 'keys')).sort()).toEqual(['administrator', 'operator'])
  })
  it('are written once', async () => {
    await expect(writeDeployment({ ...OPTIONS, dir })).rejects.toThrow(/^FILE_EXISTS/)
  })
  it('name a replicated log to the nodes, and to the tools', async () => {
    const brokers = ['broker-a:9092', 'broker-b:9092']
    const other = join(here, 'replicated')
    await writeDeployment({ ...OPTIONS, dir: other, brokers })
    const log = { driver: 'redpanda', brokers }
    expect(parse(readFileSync(join(other, 'node-c/node.yaml'), 'utf8')).log).toEqual(log)
    expect([logOf(other), logOf(dir)]).toEqual([log, { driver: 'embedded', dir: join(dir, 'log') }])
  })
  it('say where they differ from machine to machine by the environment', () => {
    expect(wrong('node-a', file => expect(file.data).toBe(`\${QUORATE_DATA:-data}`))).toEqual([])
    const { http } = parse(readFileSync(at('node-b'), 'utf8'))
    expect(http).toMatchObject({ address: '0.0.0.0:7401', hosts: ['node-b', `\${QUORATE_HOST:-localhost}`] })
  })
})

describe('the inspector of a node', () => {
  const configOf = (name: string, environment: Record<string, string> = {}) =>
    nodeConfigOf(at(name), readConfigOf('node', at(name), environment))
  const change = (name: string, act: (file: any) => void) => {
    const file = parse(readFileSync(at(name), 'utf8'))
    act(file)
    writeFileSync(at(name), stringify(file))
  }

  it('is served of all its sites, and sends what people sign to itself first', () => {
    const { inspector, http, sites } = configOf('node-b')
    expect(inspector).toMatchObject({
      http: { address: '0.0.0.0:7402', hosts: ['node-b', 'localhost'], grants: [{ tenant: 'demo' }] },
      sites: [{ manifest: sites[0]!.manifest.manifest, definitions: [] }],
    })
    const { ways } = inspector as { ways: { http: object; grants: object } }
    expect(Object.entries(ways.http)).toEqual([
      ['node-b', '127.0.0.1:7401'],
      ['node-a', 'node-a:7401'],
      ['node-c', 'node-c:7401'],
    ])
    expect(ways.grants).toEqual(http.grants)
  })
  it('is left out where the environment or the file says so', () => {
    expect(configOf('node-a', { QUORATE_INSPECTOR: 'none' }).inspector).toBeNull()
    change('node-a', file => delete file.inspector)
    expect(configOf('node-a').inspector).toBeNull()
  })
  it('answers under the name that people know', async () => {
    const other = join(here, 'named')
    await writeDeployment({ ...OPTIONS, dir: other, inspector: 'https://plant.example:8443' })
    const file = join(other, 'node-a/node.yaml')
    const { hosts } = nodeConfigOf(file, readConfigOf('node', file, { QUORATE_HOST: 'host-1' })).inspector!.http
    expect(hosts).toEqual(['node-a', 'host-1', 'plant.example'])
    expect([apisIn(other)!.inspectors, apisIn(dir)!.inspectors]).toEqual([
      ['https://plant.example:8443'],
      ['http://node-a:7402', 'http://node-b:7402', 'http://node-c:7402'],
    ])
  })
})

describe('what does not fit together is told', () => {
  it.each<[string, string, (file: any) => void, string, RegExp]>([
    ['a key that is not there', 'node-a', f => (f.keys = 'none'), 'keys', /^holds no node-a\.key/],
    ['a name that the manifest has for another key', 'node-a', f => (f.name = 'node-b'), 'keys', /^holds no node-b/],
    ['a manifest that is not there', 'node-a', f => (f.sites[0].manifest = 'm.json'), 'sites.0.manifest', /^ENOENT/],
    ['no manifest', 'node-a', f => (f.sites[0].manifest = '../apis.json'), 'sites.0.manifest', /^is no manifest/],
    [
      'a definition that is not there',
      'node-a',
      f => (f.sites[0].definitions = ['x.ts']),
      'sites.0.definitions.0',
      /no such file/,
    ],
    ['a site twice', 'node-a', f => f.sites.push(f.sites[0]), 'sites.1.manifest', /^demo\.home is there already/],
    ['beyond loopback no names', 'node-a', f => delete f.http.hosts, 'http.hosts', /^is missing/],
    ['no token', 'node-a', f => delete f.http.grants[0].tokenFile, 'http.grants.0', /^has not one of/],
    [
      'a token that can be guessed',
      'node-a',
      f => (f.http.grants = [{ tenant: 'demo', token: 'x' }]),
      'http.grants.0',
      /can be guessed/,
    ],
    ['people beyond loopback, no names', 'node-a', f => delete f.inspector.hosts, 'inspector.hosts', /^is missing/],
    ['no token for people', 'node-a', f => (f.inspector.grants = []), 'inspector.grants', /^is not what belongs here/],
    [
      'two doors at one address',
      'node-a',
      f => (f.inspector.address = '127.0.0.1:7401'),
      'inspector.address',
      /^is where http/,
    ],
    ['no address', 'node-a', f => (f.inspector.address = 'nowhere'), 'inspector.address', /^is not what belongs here/],
    ['a node missing', 'gateway', f => f.nodes.pop(), 'nodes', /^the manifest has node-c too/],
    ['a device nowhere', 'gateway', f => delete f.devices.bat1, 'devices', /^says not where bat1 is/],
    ['a device of no asset', 'gateway', f => (f.devices.bat9 = '192.0.2.1:502/1'), 'devices.bat9', /^is no asset/],
    ['the key of another', 'gateway', f => (f.keys = '../node-a/keys'), 'keys', /^holds no gateway\.key/],
  ])('%s', (_, name, change, path, problem) => {
    expect(wrong(name, change)).toEqual([[path, expect.stringMatching(problem)]])
  })
  it('a key file that holds another key than the manifest names', () => {
    cpSync(join(dir, 'node-b/keys/node-b.key'), join(dir, 'node-a/keys/node-a.key'))
    expect(wrong('node-a', () => {})).toEqual([['name', expect.stringMatching(/has another public key for it/)]])
  })
  it('a manifest that nobody has signed', () => {
    const file = join(dir, 'node-a/manifest.json')
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), signatures: {} }))
    expect(wrong('node-a', () => {})).toEqual([['sites.0.manifest', expect.stringMatching(/^MANIFEST_SIGNATURES/)]])
  })
})
