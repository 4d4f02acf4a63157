/** Faults on demand, sent where they belong: signals to processes, the rest to the node or the plant itself. */
import { Refusal } from '../../protocol/words/errors.ts'
import type { Ask } from './control.ts'
import type { Run } from './run.ts'

const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = { kill: 'SIGKILL', stop: 'SIGSTOP', cont: 'SIGCONT' }

export async function faultOf(run: Run, allowed: boolean, { target = '', name = '', args = [] }: Ask): Promise<string> {
  if (!allowed) throw new Refusal('FAULTS_OFF', 'this run was not started with --faults')
  const process = run.process(target)
  const signal = SIGNALS[name]
  if (signal && (target !== 'plant' || name === 'kill')) {
    process.kill(signal)
    return `${signal} sent to ${target}, pid ${process.pid}`
  }
  if (target === 'plant') {
    if (name === 'mend') return String((await process.ask('mend', {})) ?? 'mended')
    await process.ask('fault', { name, args: argumentsOf(args) })
    return `fault ${name} at the plant ${args.join(' ')}`
  }
  if (target === 'gateway') throw new Refusal('BAD_REQUEST', `fault gateway '${name}': kill, stop or cont`)
  return process.ask('fault', { name, args })
}

/** `asset=bat1 ms=5000`: numbers are numbers. */
function argumentsOf(args: readonly string[]): Record<string, string | number> {
  return Object.fromEntries(
    args.map(arg => {
      const [key, value] = arg.split('=')
      if (!key || value === undefined) throw new Refusal('BAD_REQUEST', `'${arg}': write key=value, e.g. asset=bat1`)
      return [key, /^-?\d+$/.test(value) ? Number(value) : value]
    }),
  )
}
