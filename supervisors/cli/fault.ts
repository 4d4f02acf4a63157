/** Faults on demand, against a run started with `--faults` on a simulated plant. */
import { Refusal } from '../../protocol/words/errors.ts'
import { askRun } from '../run/control.ts'
import { dataOption } from './options.ts'
import type { Verb } from './verb.ts'

export const fault: Verb = {
  name: 'fault',
  text: 'Makes a part of a running site faulty: node b kill|stop|corrupt|lie|delay MS|clock +1h, gateway kill, plant FAULT [key=value ...]',
  arguments: 'node a|b|c NAME [ARG] | gateway kill|stop | plant NAME [key=value ...] | plant mend',
  options: { data: dataOption },
  async run(call) {
    const [kind, ...rest] = call.positionals
    const target = kind === 'node' ? `node-${rest.shift()}` : kind
    const [name, ...args] = rest
    if (!target || !name || !['node', 'gateway', 'plant'].includes(kind ?? ''))
      throw new Refusal(
        'USAGE',
        `fault ${call.positionals.join(' ')}: say what and how, e.g. \`quorate fault node b lie\``,
      )
    call.say(String(await askRun(call.text('data')!, { do: 'fault', target, name, args })))
    return 0
  },
}
