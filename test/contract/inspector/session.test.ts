/** `quorate inspect` without its page: processes that load, run, break and come back. */
import { afterEach, expect, test } from 'vitest'
import { MachineSession, type SessionOptions } from '../../../projections/inspector/machine/session.ts'
import type { MachineView } from '../../../projections/inspector/machine/words.ts'
import { DOOR, MachineFile } from './machine-file.ts'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})
function follow(body: string, options: Partial<SessionOptions> = {}) {
  const file = new MachineFile(body)
  const lines: string[] = []
  const session = new MachineSession({ file: file.path, say: line => lines.push(line), ...options })
  ends.push(() => {
    session.close()
    file.remove()
  })
  return { file, session, lines }
}
function until(session: MachineSession, holds: (view: MachineView) => boolean): Promise<MachineView> {
  return new Promise(done => {
    const look = (view: MachineView) => {
      if (!holds(view)) return
      leave()
      done(view)
    }
    const leave = session.onChange(look)
    look(session.view)
  })
}
const troubled = (code: string) => (view: MachineView) => view.trouble?.code === code
const lives = (id: string) => (view: MachineView) => view.moment?.live.includes(id) ?? false

test('a machine is loaded, started, sent to, and starts again', async () => {
  const { session } = follow(DOOR)
  const first = await until(session, lives('door.shut'))
  expect(first).toMatchObject({ name: 'door', revision: 1, trouble: null, unresolved: [] })
  expect(first.moment!.events).toEqual([{ type: 'open', can: true, leadsTo: ['door.ajar'] }])
  expect(session.chart!.id).toBe('door')
  session.send({ type: 'open' })
  const { moment } = await until(session, lives('door.ajar'))
  expect(moment).toMatchObject({ event: 'open', last: ['door.shut|open|0'], refused: null, status: 'active' })
  expect(JSON.parse(moment!.context)).toEqual({ opened: 1 })
  session.reset()
  await until(session, lives('door.shut'))
})

test('a refused event names the guard that said no; an unknown one nobody', async () => {
  const { session } = follow(DOOR)
  await until(session, lives('door.shut'))
  session.send({ type: 'open' })
  await until(session, lives('door.ajar'))
  session.send({ type: 'lock' })
  const { moment } = await until(session, view => view.moment?.refused?.event === 'lock')
  expect(moment!.refused!.by).toEqual([{ state: 'door.ajar', guard: 'closed', edge: 'door.ajar|lock|0' }])
  expect(moment!.events.find(({ type }) => type === 'lock')!.can).toBe(false)
  session.send({ type: 'fly' })
  const unknown = await until(session, view => view.moment?.refused?.event === 'fly')
  expect(unknown.moment!.refused!.by).toEqual([])
})

test('a saved edit is another chart; a broken one says so and leaves the last that worked, which the next save mends', async () => {
  const { file, session, lines } = follow(DOOR)
  await until(session, lives('door.shut'))
  file.write(DOOR.replaceAll('ajar', 'open'))
  const second = await until(session, view => view.revision === 2 && view.moment !== null)
  expect(session.chart!.nodes.map(({ key }) => key)).toContain('open')
  file.write(`const x = 1\nthrow new Error('no contactor')`)
  const broken = await until(session, troubled('MACHINE_FILE_THROWS'))
  expect(broken.trouble!.text).toBe('no contactor (line 3)')
  expect(broken).toMatchObject({ revision: second.revision, name: 'door' })
  expect(lines.join('\n')).toContain('MACHINE_FILE_THROWS: no contactor (line 3)\n  Mend what the message names')
  session.send({ type: 'open' })
  await until(session, lives('door.open'))
  file.write(DOOR)
  const mended = await until(session, view => view.trouble === null && view.revision === 3)
  expect(mended.trouble).toBeNull()
  expect(lines.at(-1)).toBe('door.ts: loaded again')
})

test.each([
  ['does not parse', 'export const = 1', 'MACHINE_FILE_THROWS'],
  ['has no machine', 'export const x = 1', 'MACHINE_NOT_FOUND'],
  ['has several', `${DOOR}\nexport const other = createMachine({ id: 'other' })`, 'MACHINE_AMBIGUOUS'],
  [
    'is refused by XState',
    `export const m = createMachine({ id: 'm', initial: 'a', states: { a: { on: { E: 'nowhere' } } } })`,
    'MACHINE_FILE_THROWS',
  ],
  ['does not end', 'for (;;) {}', 'MACHINE_ENDLESS'],
])('a file that %s', async (_what, body, code) => {
  const { file, session } = follow(body, { answerMsMax: code === 'MACHINE_ENDLESS' ? 1_000 : 60_000 })
  await until(session, troubled(code))
  expect(session.chart).toBeNull()
  if (code === 'MACHINE_ENDLESS') return
  file.write(DOOR)
  await until(session, lives('door.shut'))
})

test('of several machines one is chosen', async () => {
  const { session } = follow(`${DOOR}\nexport const other = createMachine({ id: 'other' })`, { exportName: 'other' })
  expect((await until(session, lives('other'))).name).toBe('other')
})

test('names with nothing behind them are said, and do nothing', async () => {
  const { session, lines } = follow(`
    export const m = createMachine({ id: 'm', initial: 'a', states: {
      a: { entry: 'ring', after: { soon: 'b' }, on: { E: { guard: 'allowed', target: 'b' } } }, b: {} } })`)
  await until(session, lives('m.a'))
  session.send({ type: 'E' })
  const { moment, unresolved } = await until(session, view => view.moment?.refused?.event === 'E')
  expect(unresolved.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['action ring', 'guard allowed', 'delay soon'])
  expect(moment!.live).toContain('m.a')
  expect(lines.join()).toContain('nothing stands behind action ring, guard allowed, delay soon')
})

test('timers run, and an action that throws or never ends is told', async () => {
  const body = (action: string) => `
    export const m = createMachine({ id: 'm', initial: 'a', states: {
      a: { after: { 20: 'b' } }, b: { on: { go: { target: 'c', actions: () => { ${action} } } } }, c: {} } })`
  const { file, session } = follow(body(`throw new Error('stuck valve')`), { answerMsMax: 2_000 })
  await until(session, lives('m.b'))
  session.send({ type: 'go' })
  expect((await until(session, view => view.moment?.error != null)).moment!.error).toBe('stuck valve')
  file.write(body('for (;;) {}'))
  await until(session, view => view.revision === 2 && lives('m.b')(view))
  session.send({ type: 'go' })
  await until(session, troubled('MACHINE_ENDLESS'))
  session.reset()
  await until(session, view => view.trouble === null && lives('m.b')(view))
})

test('a file that goes away and comes back', async () => {
  const { file, session } = follow(DOOR)
  await until(session, lives('door.shut'))
  const { rmSync } = await import('node:fs')
  rmSync(file.path)
  await until(session, troubled('MACHINE_FILE_GONE'))
  file.write(DOOR)
  await until(session, view => view.trouble === null && view.revision === 2)
})

test('an asset is moved by the frame that is written for it; a value of another unit is refused with what to write', async () => {
  const { session } = follow(
    `export { battery } from '${new URL('../../../actors/assets/battery.ts', import.meta.url)}'`,
  )
  await until(session, lives('battery.operating.disconnected'))
  session.send({ type: 'start' })
  const { moment } = await until(session, view => view.moment?.refused?.event === 'start')
  expect(moment!.refused!.by.map(({ guard }) => guard)).toEqual(['safe'])
  session.write({ group: 'points', name: 'temperature', text: '25 kW' })
  const { frame } = await until(session, view => Boolean(view.frame?.problem))
  expect(frame!.problem).toContain('temperature')
  session.write({ group: 'points', name: 'mode', text: 'local' })
  const local = await until(session, lives('battery.local'))
  expect(local.frame!.inputs.find(({ name }) => name === 'mode')).toMatchObject({ text: 'local' })
  expect(local.unresolved).toEqual([])
  expect(local.moment!.refused).toBeNull()
})
