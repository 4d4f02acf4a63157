/** The tally in a process of its own: a fact whose step does not end must not hold up the parent, which ends such steps. */
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import type { LogConfig } from '../config/shape.ts'
import { serveParent } from '../process/child.ts'
import { openTopic } from '../real/logs.ts'
import { skipsIn } from '../records/skips.ts'
import { openEngine } from '../site/engine.ts'
import { draw, type ScreenInputs } from './screen.ts'
import { summaryOf, type Uncounted } from './summary.ts'
import { Tally } from './tally.ts'

export interface TallyConfig {
  /** The folder of the log. */
  readonly log: LogConfig
  readonly partition: number
  readonly tenant: string
  readonly site: string
  readonly definitions: readonly string[]
  /** Where this run began; null: here. */
  readonly countFrom: number | null
  /** Each fact is told as a line on standard output, from now on. */
  readonly saying: boolean
}
/** What a tally lacks by then is not in the log. */
const SETTLE_MS_MAX = 3_000
const SETTLE_LOOK_MS = 10

async function open(config: TallyConfig) {
  const facts = await openTopic(config.log, 'facts', { readOnly: true })
  const { definitions, hash } = await openEngine(config.definitions)
  const { tenant, site, partition } = config
  const of = { tenant, site, verifier: ed25519Verifier() }
  const { passed } = await skipsIn(facts, partition, of)
  const tally = new Tally(facts, partition, { ...of, definitions, engine: hash, passed })
  const { next } = await facts.ends(partition)
  const countFrom = config.countFrom ?? next
  if (config.saying) say(tally, next)
  tally.start(countFrom)
  return { facts, tally, countFrom }
}
let running: Awaited<ReturnType<typeof open>> | null = null
const own = () => {
  if (!running) throw new Error('not started')
  return running
}

function say(tally: Tally, from: number): void {
  tally.onFact = fact => {
    if (tally.fold.position >= from) process.stdout.write(`${JSON.stringify(lineOf(fact))}\n`)
  }
}
function lineOf(fact: Parameters<Tally['onFact']>[0]): object {
  if (fact.kind === 'AlarmObserved') {
    const { alarm, asset, about, state, text } = fact
    return { kind: 'alarm', alarm, asset, about, state, text }
  }
  if (fact.kind === 'FrameMeasured') return { kind: 'frame', epoch: fact.epoch, cycle: fact.cycle, slots: fact.slots }
  const { epoch, cycle, source, dissent, writes, commands, latencyUs } = fact
  return { kind: 'receipt', epoch, cycle, source, dissent, writes, commands, latencyUs }
}

/** The last receipts reach it a moment after they are in the log. */
async function settled(tally: Tally, end: number): Promise<void> {
  for (let ms = 0; ms < SETTLE_MS_MAX && tally.fold.position < end; ms += SETTLE_LOOK_MS)
    await new Promise(resolve => setTimeout(resolve, SETTLE_LOOK_MS))
}

async function stop(): Promise<void> {
  running?.tally.stop()
  await running?.facts.close()
  running = null
}

process.stdout.on('error', () => {}) // whoever read the lines has gone
serveParent(
  {
    start: async (config: TallyConfig) => {
      running = await open(config)
      return running.countFrom
    },
    say: () => say(own().tally, 0),
    draw: (inputs: Omit<ScreenInputs, 'tally'>) => draw({ ...inputs, tally: own().tally }),
    /** Of everything up to this position. */
    sum: async ({ end, ...inputs }: Uncounted & { end: number }) => {
      const { tally } = own()
      await settled(tally, end)
      tally.onFact = () => {} // the summary is the last line
      return summaryOf({ ...inputs, tally })
    },
    stop,
  },
  stop,
)
