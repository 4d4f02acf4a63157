import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * A shell that holds one end of a pipe: when this process dies, however it dies, the pipe ends and the shell does what
 * `orphaned` says. So no broker outlives its test.
 */
const WATCH = '(cat <&3 >/dev/null; eval "$ORPHANED") & w=$!'

/** A program that is killed with this process. Resolves when it has a process id. */
export async function spawnGuarded(
  program: string,
  args: readonly string[],
  output: number,
): Promise<{ readonly pid: number; readonly exited: Promise<unknown> }> {
  const script = `exec 3<&0; "$@" </dev/null >&4 2>&4 & p=$!; echo $p; ORPHANED="kill -9 $p"; ${WATCH}; wait $p; kill $w`
  const shell = spawn('sh', ['-c', script, 'sh', program, ...args], {
    stdio: ['pipe', 'pipe', 'ignore', 'ignore', output],
    detached: true, // what is sent to the whole group (Ctrl-C) would end the watch before its work
  })
  const exited = once(shell, 'exit')
  const [line] = await once(shell.stdout!, 'data')
  return { pid: Number(line), exited }
}

/** Runs a command line when this process dies; ended earlier, it does nothing. */
export function whenOrphaned(command: string): ChildProcess {
  const script = `cat >/dev/null; ${command}`
  return spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
}
