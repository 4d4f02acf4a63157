/** `quorate config check`: what is wrong with configurations, all of it, before anything starts. */
import { Refusal } from '../../protocol/words/errors.ts'
import { checkConfig } from '../config/check.ts'
import { Misconfigured, type Problem } from '../config/problem.ts'
import { jsonOption } from './options.ts'
import type { Verb } from './verb.ts'

export const configCheck: Verb = {
  name: 'config check',
  text: 'Says what is wrong with configurations of processes, with place, value and fix; starts nothing',
  arguments: 'FILE...',
  options: { json: jsonOption },
  async run(call) {
    if (call.positionals.length === 0) throw new Refusal('USAGE', 'config check: name a file')
    let code = 0
    for (const file of call.positionals) {
      const { process, problems, words } = checkedOf(file)
      if (problems.length > 0) code = 1
      call.say(call.flag('json') ? JSON.stringify({ kind: 'config', file, process, problems }) : words)
    }
    return code
  },
}

interface Checked {
  /** Null: it cannot be told. */
  readonly process: string | null
  readonly problems: readonly Problem[]
  readonly words: string
}
function checkedOf(file: string): Checked {
  try {
    const kind = checkConfig(file, process.env)
    return { process: kind, problems: [], words: `${file}: fit for a ${kind}` }
  } catch (error) {
    if (error instanceof Misconfigured) return { process: null, problems: error.problems, words: error.detail }
    throw error
  }
}
