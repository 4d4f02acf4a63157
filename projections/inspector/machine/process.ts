/**
 * The process that imports somebody's file and runs its machine: whatever that does ends here. `process.argv`: file,
 * export. A new process for every version of the file, so that nothing of an older one stays.
 */
import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import { HandFrame } from './frame.ts'
import { MachineRun, withStandIns, type XState } from './run.ts'
import { findSubject, unresolvedOf } from './subject.ts'
import { type FromRunner, type ToRunner, type Trouble, trouble } from './words.ts'

const [, , file = '', wanted] = process.argv
const url = pathToFileURL(file).href
const tell = (message: FromRunner): void => void process.send?.(message)
const inTrouble = (about: Trouble): void => tell({ kind: 'trouble', trouble: about })
process.once('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole group; who started this process ends it
process.on('SIGINT', () => {})
process.on('uncaughtException', error => inTrouble(trouble('MACHINE_BROKEN', whereThrown(error))))
process.on('unhandledRejection', error => inTrouble(trouble('MACHINE_BROKEN', whereThrown(error))))

/** What an asset is told when its frame changes. */
const CAUSES = { points: 'measured', wanted: 'dispatched', settings: null } as const

/** The message, with the line of the file where it was thrown. */
function whereThrown(error: unknown): string {
  if (!(error instanceof Error)) return `it throws ${String(error)}`
  const line = new RegExp(`${basename(file).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}:(\\d+)`).exec(
    error.stack ?? '',
  )?.[1]
  return `${error.message.split('\n')[0]}${line ? ` (line ${line})` : ''}`
}

/** The file's own XState where it has one: two copies do not know each other's actors. */
async function xstateOf(): Promise<XState> {
  try {
    return (await import(import.meta.resolve('xstate', url))) as XState
  } catch {
    return import('xstate')
  }
}

async function start(): Promise<void> {
  const exported = (await import(url)) as Record<string, unknown>
  const found = findSubject(exported, wanted)
  if (found.kind === 'trouble') return inTrouble(found.trouble)
  const { subject } = found
  const xstate = await xstateOf()
  const unresolved = subject.checked ? [] : unresolvedOf(subject.machine)
  const machine = withStandIns(subject.machine, unresolved, xstate)
  const { chart, edgeOf } = subject.describe(machine)
  const frame = subject.asset && new HandFrame(subject.asset)
  const frameNow = (problem: string) => frame && { inputs: frame.inputs, problem }
  tell({ kind: 'loaded', name: subject.name, chart, unresolved, frame: frameNow('') })
  const run = new MachineRun({ machine, chart, edgeOf, xstate, tell: moment => tell({ kind: 'moment', moment }) })
  process.on('message', (message: ToRunner) => {
    frame?.inForce(Date.now())
    if (message.kind === 'write') {
      const problem = frame?.set(message.group, message.name, message.text) ?? ''
      tell({ kind: 'frame', frame: frameNow(problem)! })
      const told = CAUSES[message.group]
      if (problem === '' && told !== null) run.cause({ type: told })
    } else if (message.kind === 'send') run.send(message.event)
    else if (message.kind === 'reset') run.reset()
    else run.tellNow()
  })
}

try {
  await start()
} catch (error) {
  inTrouble(trouble('MACHINE_FILE_THROWS', whereThrown(error)))
}
