/** Every verb of the command line, in the order in which `--help` shows them. */
import { command } from './command.ts'
import { fault } from './fault.ts'
import { run } from './run.ts'
import type { Verb } from './verb.ts'

export const verbs: readonly Verb[] = [run, fault, command]
