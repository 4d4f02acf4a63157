/**
 * `npm run histories`: records the histories of this folder anew, each a short run of an example site through the command
 * line, exported. Run it when a change of what is decided is meant; the diff of the suite says what changed.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { folder, quorate, remove, SiteRun } from '../integration/site-run.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))

interface Recording {
  readonly name: string
  /** Inputs by name, a value each `stepS` seconds. */
  readonly inputs: Readonly<Record<string, readonly number[]>>
  readonly stepS: number
  readonly options: readonly string[]
  /** What people ask for while it runs, each once the one before it has ended. */
  readonly commands?: readonly (readonly string[])[]
}

const RECORDINGS: readonly Recording[] = [
  {
    name: 'start-and-peak',
    inputs: { load: [-400, -3_000, -3_600, -800], pv: [0, 0, 500, 3_500] },
    stepS: 60,
    options: ['--cycle', '10s', '--pace', 'lockstep', '--for', '4min'],
  },
  {
    name: 'manual',
    inputs: { load: [-1_500, -1_500], pv: [600, 600] },
    stepS: 60,
    options: ['--cycle', '2s'],
    commands: [
      ['site', 'manual'],
      ['bat1', 'setpoint', 'name=power', 'value=700W'],
      ['bat1', 'cap', 'power=300W'],
      ['pv1', 'setpoint', 'name=powerMax', 'value=400W'],
      ['bat2', 'stop'],
      ['site', 'safe'],
      ['site', 'automatic'],
      ['bat2', 'start'],
    ],
  },
  {
    name: 'fcr',
    inputs: {
      frequency: [50, 49.98, 49.9, 49.82, 49.95, 50, 50.04, 50.15, 50.2, 50.02, 50, 50],
      voltage: [27_000, 27_000, 27_000, 27_000, 27_000, 27_000, 27_000, 27_000, 27_000, 27_000, 15_000, 27_000],
    },
    stepS: 10,
    options: ['--cycle', '5s', '--pace', 'lockstep', '--for', '2min'],
  },
]
const UNITS: Readonly<Record<string, string>> = {
  load: 'unit=W&sign=consumption-negative',
  pv: 'unit=W',
  frequency: 'unit=Hz',
  voltage: 'unit=V',
}

async function record({ name, inputs, stepS, options, commands = [] }: Recording, dir: string): Promise<void> {
  const given = Object.entries(inputs).flatMap(([input, values]) => {
    const file = join(dir, `${name}-${input}.csv`)
    writeFileSync(file, `value\n${values.join('\n')}\n`)
    return [`--${input}`, `${file}?step=${stepS}s&${UNITS[input]}`]
  })
  const data = join(dir, name)
  const run = new SiteRun(data, [...given, ...options])
  try {
    if (commands.length > 0) {
      await run.started()
      await run.decided(5)
      for (const command of commands) {
        const { code, err } = await quorate('command', 'home', ...command, '--wait', '--data', data)
        if (code !== 0) throw new Error(`${command.join(' ')}: ${err}`)
      }
      await run.decided(3)
      await run.stop()
    } else await run.summary()
  } finally {
    run.kill()
  }
  writeFileSync(join(HERE, `${name}.jsonl`), await exported(data))
}

/** The facts, and what one node decided of them: three equal records would make the file twice as long. */
async function exported(data: string): Promise<string> {
  const facts = await quorate('log', 'export', '--data', data)
  const decisions = await quorate('log', 'export', '--data', data, '--topic', 'decisions')
  if (facts.code + decisions.code !== 0) throw new Error(facts.err + decisions.err)
  const own = decisions.out.split('\n').filter(line => line.includes('"by":"node-a"'))
  return `${facts.out}${own.join('\n')}\n`
}

const dir = folder()
try {
  for (const recording of RECORDINGS) {
    await record(recording, dir)
    process.stdout.write(`${recording.name} recorded\n`)
  }
} finally {
  await remove(dir)
}
