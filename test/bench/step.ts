/**
 * One actor's step against the bare `machine.transition` of XState with a reused scope and its effects dropped, and
 * what idle actors cost in memory. Pairs in the order ABBA within one run; a row is the median of the pairs' ratios.
 * Alone: `node test/bench/step.ts`.
 */
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { battery } from '../../actors/assets/battery.ts'
import { setFrame } from '../../actors/kit/frame.ts'
import {
  type ActorState,
  activate,
  type ChartEvent,
  fireTimer,
  measure,
  nextDue,
  type Output,
  type Passive,
  type Placed,
  type PointValues,
  passivate,
  place,
  resolveSettings,
  startActor,
  stepActor,
  want,
} from '../../actors/kit/host.ts'
import type { Row } from './row.ts'

/** Short runs, many pairs: a neighbour on the machine then disturbs few of them. */
const PAIRS = 31
const STEPS = 6_000
const IDLE = 10_000
const GOOD: PointValues = {
  soc: 500,
  voltage: 800_000,
  linkVoltage: 790_000,
  current: 0,
  power: 0,
  temperature: 250,
  mode: 'remote',
}

interface Turn {
  readonly event: ChartEvent
  readonly values: PointValues
  readonly wanted: Readonly<Record<string, number>>
}
const WANTED = [{ power: -3_000 }, { power: 5_000 }, { power: 0 }]
const turn = (type: string, values: PointValues, wanted: Turn['wanted']): Turn => ({ event: { type }, values, wanted })
/** A control cycle: a frame, then a dispatch; every tenth frame crosses the border of derating. */
const CYCLE = Array.from({ length: 60 }, (_, i) =>
  i % 2 === 1
    ? turn('dispatched', GOOD, WANTED[i % 3]!)
    : turn('measured', i % 20 === 0 ? { ...GOOD, temperature: 510 } : GOOD, WANTED[0]!),
)
/** The order of contactors with its waits: many timers and effects. */
const CONTACTORS = ['stop', 'measured', 'start', 'measured'].map(type => turn(type, GOOD, WANTED[1]!))

export function benchStep(): readonly Row[] {
  const placed = placeBattery()
  const running = runningBattery(placed)
  const rows: Row[] = []
  for (const [name, turns] of [
    ['cycle', CYCLE],
    ['contactors', CONTACTORS],
  ] as const) {
    const bare = () => bareRun(placed, running, turns)
    const ours = () => ourRun(placed, running, turns)
    rows.push(...compare(`step, ${name}`, bare, ours))
  }
  return rows
}

export function benchMemory(): readonly Row[] {
  const placed = placeBattery()
  return memory(placed, runningBattery(placed))
}

function placeBattery(): Placed {
  const settings = resolveSettings(battery, { chargeMax: '100 kW', dischargeMax: '100 kW', deratedMax: '50 kW' })
  if (settings.kind === 'refused') throw new Error(settings.problems.map(p => p.text).join('; '))
  return place(battery, 'bat1', settings.values)
}

function runningBattery(placed: Placed): ActorState {
  const outputs: Output[] = []
  let actor = measure(placed, startActor(placed, 0, outputs), GOOD, 0, outputs).actor
  actor = stepActor(placed, actor, { type: 'start' }, GOOD, 0, outputs).actor
  actor = measure(placed, actor, GOOD, 1_000, outputs).actor
  actor = fireTimer(placed, actor, nextDue(actor)!, GOOD, outputs).actor
  return want(placed, actor, { power: -3_000 }, GOOD, 2_000, outputs).actor
}

const nothing = (): void => {}
const bareSystem = {
  _sendInspectionEvent: nothing,
  _bookId: () => 'bare',
  _register: nothing,
  _unregister: nothing,
  get: nothing,
  scheduler: { schedule: nothing, cancel: nothing },
}
const bareScope = {
  self: { id: 'bare', system: bareSystem },
  id: 'bare',
  sessionId: 'bare',
  logger: nothing,
  defer: nothing,
  emit: nothing,
  stopChild: nothing,
  system: bareSystem,
  actionExecutor: nothing,
} as never

function bareRun(placed: Placed, from: ActorState, turns: readonly Turn[]): unknown {
  const { machine } = placed.asset.program
  let chart = from.chart
  for (let i = 0; i < STEPS; i++) {
    const { event, values, wanted } = turns[i % turns.length]!
    setFrame(values, wanted, placed.settings, i)
    chart = machine.transition(chart as never, event as never, bareScope) as never
  }
  return chart.value
}

function ourRun(placed: Placed, from: ActorState, turns: readonly Turn[]): unknown {
  let actor = from
  for (let i = 0; i < STEPS; i++) {
    const { event, values, wanted } = turns[i % turns.length]!
    if (actor.wanted !== wanted) actor = { ...actor, wanted }
    actor = stepActor(placed, actor, event, values, i, []).actor
  }
  return actor.chart.value
}

function compare(name: string, bare: () => unknown, ours: () => unknown): Row[] {
  if (JSON.stringify(bare()) !== JSON.stringify(ours())) throw new Error(`${name}: the two do not end in one state`)
  const perSecond = (run: () => unknown): number => {
    const startMs = performance.now()
    run()
    return STEPS / ((performance.now() - startMs) / 1_000)
  }
  for (let i = 0; i < 3; i++) [perSecond(bare), perSecond(ours)]
  const ratios: number[] = []
  const rates: number[] = []
  for (let pair = 0; pair < PAIRS; pair++) {
    const order = pair % 2 === 0 ? [bare, ours] : [ours, bare]
    const [first, second] = order.map(perSecond) as [number, number]
    const [bareRate, ourRate] = pair % 2 === 0 ? [first, second] : [second, first]
    ratios.push(ourRate / bareRate)
    rates.push(ourRate)
  }
  ratios.sort((a, b) => a - b)
  rates.sort((a, b) => a - b)
  const middle = PAIRS >> 1
  const spread = [ratios[0]!, ratios[PAIRS - 1]!] as const
  return [
    { name: `${name}: ours over bare`, value: ratios[middle]!, unit: 'ratio', atLeast: 0.8, spread },
    { name: `${name}: ours`, value: Math.round(rates[middle]!), unit: 'steps/s' },
  ]
}

function memory(placed: Placed, running: ActorState): Row[] {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const used = (): number => {
    gc()
    return process.memoryUsage().heapUsed
  }
  const text = passivate(running).passive
  const before = used()
  const live = Array.from({ length: IDLE }, () => activate(placed, { passive: text }))
  const withLive = used()
  // A copy each, as if read from a snapshot: equal strings would be shared otherwise.
  const passive: Passive[] = live.map(actor => passivate(actor))
  const withBoth = used()
  if (live.length + passive.length !== 2 * IDLE) throw new Error('an actor is missing')
  const each = (bytes: number) => Math.round(bytes / IDLE)
  return [
    { name: `${IDLE} idle actors, live`, value: each(withLive - before), unit: 'bytes each', atMost: 4_000 },
    { name: `${IDLE} idle actors, passive`, value: each(withBoth - withLive), unit: 'bytes each', atMost: 1_000 },
  ]
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  for (const { name, value, unit, spread } of [...benchStep(), ...benchMemory()])
    process.stdout.write(
      `${name.padEnd(32)} ${String(Math.round(value * 1_000) / 1_000).padStart(10)} ${unit}` +
        `${spread ? `  (${spread.map(r => r.toFixed(2)).join(' to ')})` : ''}\n`,
    )
