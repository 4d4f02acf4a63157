import type { Verb } from './verb.ts'
export const run: Verb = { name: 'run', text: 'Runs a whole site', options: {}, run: async () => 0 }
