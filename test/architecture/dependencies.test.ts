/** Who may import whom, and that nothing but the adapters touches the machine (DESIGN: folders, seams). */
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { FOLDERS, ROOT, type Source, sourceOf, sources } from './sources.ts'

const all = sources()
const within = (path: string, places: readonly string[]) =>
  places.some(place => path === place || path.startsWith(`${place}/`))
const packageOf = (name: string) => (name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : name.split('/')[0]!)

test('the reader of sources sees what is planted, and not what is only written about', () => {
  const planted = sourceOf(
    'actors/x.ts',
    `import a from 'node:fs'
export { b } from '../edge/y.ts'
import type {
  C,
} from "xstate"
const d = await import('./z.ts')
// setTimeout( Math.random
const e = 'Date.now()' /* fetch( */
const f = Math.random() ** 2`,
  )
  expect(planted.imports).toEqual(['node:fs', 'edge/y.ts', 'xstate', 'actors/z.ts'])
  expect(using(planted)).toEqual(['randomness', 'an inexact function'])
})

/** The first rule that a file falls under counts. */
const MAY: readonly [from: string, to: readonly string[]][] = [
  ['protocol', ['protocol']],
  ['actors', ['actors', 'protocol/words', 'protocol/codec']],
  // charts that live run on the injected clock
  ['edge', ['edge', 'protocol', 'actors/kit', 'actors/laws', 'supervisors/kit']],
  // the fold, and what people are told of the lives of commands and alarms
  [
    'projections',
    [
      ...['projections', 'protocol', 'actors/kit', 'actors/laws'],
      ...['actors/controller', 'actors/commands', 'actors/alarms'],
    ],
  ],
  ['supervisors/kit', ['supervisors/kit', 'protocol', 'actors/kit']],
  ['supervisors', ['supervisors', 'protocol', 'actors', 'edge', 'projections']],
  ['sim', ['sim', 'supervisors', 'protocol', 'actors', 'edge', 'projections']],
  ['test', FOLDERS],
]
test('imports follow the directions of the design', () => {
  const wrong = all.flatMap(({ path, imports }) => {
    const [, may] = MAY.find(([from]) => within(path, [from]))!
    const own = imports.filter(name => within(name, FOLDERS))
    return own.filter(name => !within(name, may)).map(name => `${path} imports ${name}`)
  })
  // a live chart asks for its clock by the type of the port alone
  expect(wrong.filter(line => line !== 'actors/kit/machine.ts imports protocol/ports.ts')).toEqual([])
})

test('only five files of the kit know XState, and those that run anybody’s machine for the inspector', () => {
  const knowing = all
    .filter(({ imports }) => imports.some(name => packageOf(name) === 'xstate'))
    .map(({ path }) => path)
  const may = ['compile', 'kernel', 'machine', 'paths', 'shortcut'].map(file => `actors/kit/${file}.ts`)
  const anybodys = ['process', 'run'].map(file => `projections/inspector/machine/${file}.ts`)
  expect(knowing.filter(path => !within(path, [...may, ...anybodys, 'test']))).toEqual([])
})

test('actors import no node: module and no package but XState', () => {
  const wrong = all
    .filter(({ path }) => within(path, ['actors']))
    .flatMap(({ path, imports }) =>
      imports
        .filter(name => !within(name, FOLDERS) && packageOf(name) !== 'xstate')
        .map(name => `${path} imports ${name}`),
    )
  expect(wrong).toEqual([])
})

/** What differs between replicas, or makes something happen outside a step. */
const FORBIDDEN: readonly [what: string, pattern: RegExp][] = [
  ['a clock', /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\b|\bhrtime\b/],
  ['randomness', /\bMath\.random\b|\brandomUUID\b|\bgetRandomValues\b|\brandomBytes\b/],
  ['the environment', /\bprocess\.\w|\bglobalThis\b/],
  ['a timer', /\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|\bqueueMicrotask\b/],
  ['the network', /\bfetch\(|\bnew WebSocket\b/],
  ['an inexact function', /\*\*|\bMath\.(pow|exp|log\w*|sin|cos|tan|atan2?|cbrt|hypot)\b/],
]
const using = ({ code }: Source) => FORBIDDEN.filter(([, pattern]) => pattern.test(code)).map(([what]) => what)

test('actors use no clock, randomness, environment or timer', () => {
  const named = ['actors/kit/purity.ts', 'actors/kit/check-values.ts']
  const found = all
    .filter(({ path }) => within(path, ['actors']) && !within(path, named))
    .flatMap(source => using(source).map(what => `${source.path} uses ${what}`))
  expect(found).toEqual([])
})

/** Where the real world comes in. */
const ADAPTERS = [
  ...[
    'supervisors/real',
    'supervisors/process',
    'supervisors/run',
    'supervisors/cli',
    'supervisors/site',
    'supervisors/config',
    'supervisors/deployment',
  ],
  ...[
    'supervisors/main.ts',
    'supervisors/node/process.ts',
    'supervisors/gateway/process.ts',
    'supervisors/projector/process.ts',
    'supervisors/inspector',
  ],
  ...['protocol/log/embedded', 'protocol/log/redpanda', 'protocol/identity', 'protocol/ingress/http'],
  ...[
    'edge/drivers/modbus/transport.ts',
    'projections',
    'sim/plant',
    'sim/cli',
    'sim/worker.ts',
    'sim/scenario/open.ts',
    'sim/scenario/report/page.ts',
    'sim/scenarios/inputs',
    'sim/world/world.ts',
    'sim/world/guard.ts',
    'test',
  ],
]
/** Machinery that is not a source of difference: a thread's own queue, a hash, an assertion. */
const MACHINERY: readonly [what: string, pattern: RegExp][] = [
  ['a bare timer', /\bsetTimeout\(|\bsetInterval\(|\bsetImmediate\(/],
  ['the wall clock', /\bDate\.now\b|\bnew Date\(\s*\)/],
  ['randomness', /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b/],
  ['a socket', /\bnew WebSocket/],
]
test('nobody but the adapters has timers, clocks, sockets, files or processes of its own', () => {
  const outside = all.filter(({ path }) => !within(path, ADAPTERS) && !within(path, ['actors']))
  const found = outside.flatMap(({ path, imports, code }) => [
    ...MACHINERY.filter(([, pattern]) => pattern.test(code)).map(([what]) => `${path} uses ${what}`),
    ...imports
      .filter(
        name =>
          /^(node:)?(fs|net|child_process|worker_threads|http|https|dgram|os|tls)(\/|$)/.test(name) || name === 'ws',
      )
      .map(name => `${path} imports ${name}`),
  ])
  expect(found).toEqual([])
})

test('no file outside sim and test imports the simulator', () => {
  const wrong = all
    .filter(({ path }) => !within(path, ['sim', 'test']))
    .filter(({ imports }) => imports.some(name => within(name, ['sim'])))
  expect(wrong.map(({ path }) => path)).toEqual([])
})

test('the top level is fixed', () => {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0')
  const top = [...new Set(tracked.filter(file => file.includes('/')).map(file => file.split('/')[0]!))]
  const tools = ['bin', '.ci', '.github']
  expect(top.filter(folder => !([...FOLDERS, ...tools] as string[]).includes(folder))).toEqual([])
})

test('no file is called for having no concept', () => {
  const vague = /(^|\/)(utils?|common|helpers?|misc|manager)(\/|\.|-|$)/
  expect(all.map(({ path }) => path).filter(path => vague.test(path))).toEqual([])
})
