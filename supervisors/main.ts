/** The command line: finds the verb, runs it, turns a refusal into one readable line and an exit code. */
import { Refusal } from '../protocol/words/errors.ts'
import { parseCall, usage } from './cli/verb.ts'
import { verbs } from './cli/verbs.ts'

const HEAD = `quorate: voted control of energy sites

usage: quorate VERB [options]      quorate VERB --help
`
const overview = (): string => {
  const width = Math.max(...verbs.map(v => v.name.length))
  return [HEAD, ...verbs.map(v => `  ${v.name.padEnd(width)}  ${v.text}`)].join('\n')
}

const abandoned = (): never => process.exit(1)

/** The launcher is let go of by ourselves: its end says nothing any more. */
function leaveLauncher(): void {
  process.removeListener('disconnect', abandoned)
  if (process.connected) process.disconnect()
}

async function main(argv: readonly string[]): Promise<number> {
  const verb = [...verbs]
    .sort((a, b) => b.name.length - a.name.length)
    .find(v => v.name.split(' ').every((word, i) => argv[i] === word))
  const asked = argv.includes('--help') || argv.includes('-h')
  if (!verb) {
    const wrong = argv.length > 0 && !asked
    process[wrong ? 'stderr' : 'stdout'].write(`${wrong ? `USAGE: no verb '${argv[0]}'\n\n` : ''}${overview()}\n`)
    return wrong ? 2 : 0
  }
  if (asked) {
    process.stdout.write(`${usage(verb)}\n`)
    return 0
  }
  // started by a launcher that is gone: nobody waits any more
  if (!verb.stays) process.once('disconnect', abandoned)
  return verb.run(parseCall(verb, argv.slice(verb.name.split(' ').length)))
}

try {
  process.exitCode = await main(process.argv.slice(2))
  leaveLauncher()
} catch (error) {
  leaveLauncher()
  if (!(error instanceof Refusal)) throw error
  process.stderr.write(`${error.message}\n${error.fix}.\n`)
  process.exit(error.code === 'USAGE' ? 2 : 1) // whatever was begun ends with its channel to this process
}
