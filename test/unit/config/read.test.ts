import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { BATTERY } from '../../../sim/plant/physics/battery.ts'
import { PV } from '../../../sim/plant/physics/pv.ts'
import { plantSettingOf } from '../../../supervisors/config/plant.ts'
import { Misconfigured } from '../../../supervisors/config/problem.ts'
import { readConfig, readConfigOf } from '../../../supervisors/config/read.ts'

const dir = mkdtempSync(join(tmpdir(), 'quorate-config-'))
const file = join(dir, 'process.yaml')
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const SET = `\${SECRET}`
const NODE = `kind: node
name: node-a
data: data
keys: keys
log: { driver: redpanda, brokers: ['broker-1:9092'], sasl: { mechanism: plain, username: q, password: '${SET}' } }
uplink: 0.0.0.0:7400
http: { address: 127.0.0.1:7401, grants: [{ tenant: demo, tokenFile: token }] }
sites: [{ manifest: manifest.json }]
`
const PLANT = (assets: string) => `kind: plant
data: data
address: 127.0.0.1:5020
http: 127.0.0.1:5021
plant: { seed: home, assets: ${assets} }
`
const read = (text: string, environment: Record<string, string> = {}) => {
  writeFileSync(file, text)
  return readConfig(file, environment)
}
const problemsOf = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    if (error instanceof Misconfigured) return error.problems.map(p => [p.path, p.value, p.problem, p.fix])
    throw error
  }
  return []
}
const wrong = (text: string, environment: Record<string, string> = {}) => problemsOf(() => read(text, environment))

describe('the configuration of a process', () => {
  it('is filled in from the environment, and says what of it is not set', () => {
    const taken = read(`${NODE}logLevel: \${LEVEL:-warn}\n`, { SECRET: 's3' })
    expect(taken).toMatchObject({ logLevel: 'warn', log: { sasl: { password: 's3' } } })
    expect(read(`${NODE}logLevel: \${LEVEL:-warn}\n`, { SECRET: 's3', LEVEL: 'info' })).toMatchObject({
      logLevel: 'info',
    })
    // an empty one would be an empty password
    for (const environment of [{}, { SECRET: '' }])
      expect(wrong(NODE, environment)).toEqual([
        ['log.sasl.password', SET, 'the environment has no SECRET', expect.stringContaining('set SECRET, or write')],
      ])
  })

  it('keeps databases where it is told to, and shows no password of an address', () => {
    const at = (postgres: string) => `${NODE}projections: { postgres: '${postgres}' }\n`
    for (const one of ['none', 'embedded', 'postgres://q:s3@db:5432/quorate'])
      expect(read(at(one), { SECRET: 's3' })).toMatchObject({ projections: { postgres: one } })
    expect(wrong(at('mysql://q:s3@db:3306'), { SECRET: 's3' })).toEqual([
      [
        'projections.postgres',
        '"mysql://[hidden]@db:3306"',
        expect.any(String),
        expect.stringContaining('none, embedded'),
      ],
    ])
  })

  it('tells every mistake at once, with place, value and fix', () => {
    const text = NODE.replace('uplink: 0.0.0.0:7400', 'uplink: everywhere')
      .replace('data: data', 'dta: data\ndrain: 10')
      .replace('brokers:', 'borkers:')
      .replace('tenant: demo', 'tenant: Demo')
    expect(wrong(text, { SECRET: 's3' })).toEqual([
      ['dta', '"data"', 'nothing of this name belongs here', "take it out; did you mean 'data'?"],
      ['data', null, 'is missing', 'write a path, from the folder of this file'],
      ['drain', '10', 'is not what belongs here', 'write a time such as 10 s'],
      ['log.borkers', '["broker-1:9092"]', 'nothing of this name belongs here', "take it out; did you mean 'brokers'?"],
      ['log.brokers', null, 'is missing', 'write a list of addresses'],
      ['uplink', '"everywhere"', 'is not what belongs here', 'write an address such as 0.0.0.0:7400'],
      [
        'http.grants.0.tenant',
        '"Demo"',
        'is not what belongs here',
        'write lower-case letters, digits and dashes, beginning with a letter',
      ],
    ])
  })

  it('never shows a secret, written or filled in', () => {
    const literal = NODE.replace(`'${SET}'`, '7').replace('tokenFile: token', 'token: 12345, tokenFle: x')
    const said = JSON.stringify(wrong(`${literal}sites: 5\n`.replace('sites: [{ manifest: manifest.json }]\n', '')))
    expect(said).toContain('log.sasl.password')
    expect(said).not.toMatch(/12345|"7"/)
    expect(said).toContain('[hidden]')
    const filled = NODE.replace('username: q', "username: ''")
    expect(JSON.stringify(wrong(filled, { SECRET: 'hunter2' }))).not.toContain('hunter2')
  })

  it('of one driver is not told what another takes', () => {
    expect(wrong(NODE.replace('driver: redpanda', 'driver: kafka'), { SECRET: 's3' })).toEqual([
      ['log.driver', '"kafka"', 'is none that there is', 'write one of embedded, redpanda'],
    ])
    expect(wrong(NODE.replace(/^log: .*$/m, 'log: { driver: embedded }'))).toEqual([
      ['log.dir', null, 'is missing', 'write a path, from the folder of this file'],
    ])
  })

  it.each([
    ['', 'kind', 'is no kind of process'],
    ['kind: nod', 'kind', 'is no kind of process'],
    ['kind: [', '', expect.stringMatching(/^Flow sequence/)],
  ])('%j is refused', (text, path, problem) => {
    expect(wrong(text)).toEqual([
      [path, expect.anything(), problem, expect.any(String)].with(
        1,
        expect.toSatisfy(() => true),
      ),
    ])
  })

  it('of another process is refused with the verb for it', () => {
    writeFileSync(file, NODE)
    expect(problemsOf(() => readConfigOf('gateway', file, { SECRET: 's3' }))).toEqual([
      ['kind', '"node"', 'is no gateway', 'start it with `quorate node`'],
    ])
    expect(readConfigOf('node', file, { SECRET: 's3' }).name).toBe('node-a')
  })
})

describe('the configuration of a plant', () => {
  it('knows the parameters of the simulated devices, and no others', () => {
    const all = (type: string, of: object) =>
      `{ name: ${type}1, unit: 1, type: ${type}, parameters: ${JSON.stringify(of)} }`
    for (const asset of [all('battery', BATTERY), all('pv', PV)]) expect(wrong(PLANT(`[${asset}]`))).toEqual([])
    expect(wrong(PLANT('[{ name: bat1, unit: 1, type: battery, parameters: { chargeMaxWatt: 1 } }]'))).toEqual([
      ['plant.assets.0.parameters.chargeMaxWatt', '1', expect.any(String), "take it out; did you mean 'chargeMaxW'?"],
    ])
  })

  it('gives each device its own name and unit, and one connection', () => {
    const text = PLANT(
      '[{ name: a, unit: 1, type: grid }, { name: a, unit: 2, type: load }, { name: b, unit: 2, type: grid }]',
    )
    writeFileSync(file, text)
    expect(problemsOf(() => plantSettingOf(file, readConfigOf('plant', file, {}))).map(p => p[0])).toEqual([
      'plant.assets.1.name',
      'plant.assets.2.unit',
      'plant.assets',
    ])
  })
})
