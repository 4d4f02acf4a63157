/** A file with a machine, in a folder of its own, that a test writes again and again. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const XSTATE = import.meta.resolve('xstate')

export class MachineFile {
  readonly #folder = mkdtempSync(join(tmpdir(), 'quorate-inspect-'))
  readonly path = join(this.#folder, 'door.ts')

  constructor(body: string) {
    this.write(body)
  }
  /** XState's `createMachine`, `setup` and `assign` are there. */
  write(body: string): void {
    writeFileSync(this.path, `import { assign, createMachine, setup } from '${XSTATE}'\n${body}\n`)
  }
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

export const DOOR = `
export const door = setup({ guards: { closed: () => false } }).createMachine({
  id: 'door',
  initial: 'shut',
  context: { opened: 0 },
  states: {
    shut: { on: { open: { target: 'ajar', actions: assign({ opened: ({ context }) => context.opened + 1 }) } } },
    ajar: { on: { shut: 'shut', lock: { guard: 'closed', target: 'locked' } }, after: { 100: { guard: 'closed', target: 'shut' } } },
    locked: {},
  },
})`
