import { isDeepStrictEqual } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { assign, createMachine, fromPromise, initialTransition, sendParent, transition } from 'xstate'
import * as kernel from '../../../actors/kit/kernel.ts'
import { shortcut } from '../../../actors/kit/shortcut.ts'
import { Dice, EVENTS, randomMachine } from './random-machine.ts'

const MACHINES = 600
const EVENTS_EACH = 15

/** XState warns of guards that throw and of cycles. */
const { warn } = console
beforeEach(() => {
  console.warn = () => {}
})
afterEach(() => {
  console.warn = warn
})

/** Effects in the words of the public API, without what both sides only do inside the step. */
function ofKernel(effects: readonly kernel.KernelEffect[]): unknown[] {
  return effects.map(effect => {
    switch (effect.kind) {
      case 'timer':
        return ['xstate.raise', effect.event, effect.delayMs, effect.id]
      case 'cancel':
        return ['xstate.cancel', effect.id]
      case 'emit':
        return ['xstate.emit', effect.event]
      default:
        return [effect.name, effect.params ?? null]
    }
  })
}
function ofPublic(actions: readonly any[]): unknown[] {
  return actions.flatMap(({ type, params }) => {
    if (type === 'xstate.enqueueActions') return []
    if (type === 'xstate.raise')
      return typeof params.delay === 'number' ? [[type, params.event, params.delay, params.id]] : []
    if (type === 'xstate.cancel') return [[type, params.sendId]]
    if (type === 'xstate.emit') return [[type, params.event]]
    return [[type, params ?? null]]
  })
}
const show = (value: unknown) => JSON.stringify(value)
const attempt = <T>(run: () => T): { readonly value?: T; readonly error?: string } => {
  try {
    return { value: run() }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

describe('the kernel equals the public transition()', () => {
  test(`over ${MACHINES} random machines, live and thawed`, () => {
    let compared = 0
    let idle = 0
    let plain = 0
    let refused = 0
    const differences: string[] = []
    for (let seed = 1; seed <= MACHINES; seed++) {
      const dice = new Dice(seed)
      const drawn = attempt(() => randomMachine(dice))
      if (!drawn.value) continue
      const machine = drawn.value
      const input = { n: dice.below(5) }
      const at = attempt(() => initialTransition(machine as never, input as never) as any)
      const started = kernel.initial(machine, input)
      const publicError = at.error ?? (at.value?.[0].status === 'error' ? at.value[0].error.message : undefined)
      if (publicError !== undefined) {
        expect(started, `seed ${seed}`).toMatchObject({ kind: 'failed', reason: publicError })
        continue
      }
      if (started.kind === 'failed') {
        expect(started.code, `seed ${seed}`).toBe('broken-configuration')
        continue
      }
      const same = (what: string, ours: unknown, theirs: unknown) => {
        if (!isDeepStrictEqual(ours, theirs)) differences.push(`${what}: ${show(ours)} / ${show(theirs)}`)
      }
      same(`seed ${seed} state`, kernel.freeze(started.snapshot), kernel.freeze(at.value[0]))
      same(`seed ${seed} effects`, ofKernel(started.effects), ofPublic(at.value[1]))
      let live = started.snapshot
      for (let i = 0; i < EVENTS_EACH; i++) {
        const where = `seed ${seed}, event ${i}`
        const waits = live._nodes.flatMap(node => node.after.map(t => t.eventType as string))
        const type = waits.length > 0 && dice.chance(0.25) ? dice.pick(waits) : dice.pick([...EVENTS, 'Z'])
        const event = { type, x: dice.below(5) }
        const thawed = kernel.thaw(machine, JSON.parse(JSON.stringify(kernel.freeze(live))))
        const expected = attempt(() => transition(machine as never, live as never, event as never) as any)
        const stepped = kernel.transition(machine, live, event)
        if (expected.error !== undefined) {
          same(`${where} throws`, stepped.kind === 'failed' && stepped.reason, expected.error)
          continue
        }
        if (stepped.kind === 'failed') {
          same(`${where} fails`, stepped.code, 'broken-configuration')
          refused++
          break
        }
        same(`${where} state`, kernel.freeze(stepped.snapshot), kernel.freeze(expected.value[0]))
        same(`${where} tags`, stepped.snapshot.tags, expected.value[0].tags)
        same(`${where} effects`, ofKernel(stepped.effects), ofPublic(expected.value[1]))
        same(`${where} unmoved`, stepped.snapshot === live, expected.value[0] === live)
        const enabled: readonly any[] = machine.getTransitionData(live as never, event as never)
        same(`${where} taken`, stepped.taken, enabled.length > 0)
        same(`${where} moves`, stepped.moves[0], enabled)
        const short = shortcut(machine, live, event)
        if (short) short.taken ? plain++ : idle++
        const again = kernel.transition(machine, thawed, event)
        same(`${where} thawed`, again.kind, 'stepped')
        if (again.kind === 'stepped') {
          same(`${where} thawed state`, kernel.freeze(again.snapshot), kernel.freeze(stepped.snapshot))
          same(`${where} thawed effects`, ofKernel(again.effects), ofKernel(stepped.effects))
        }
        compared++
        live = stepped.snapshot
      }
    }
    expect(differences).toEqual([])
    expect(compared).toBeGreaterThan(3_000)
    expect(idle, 'told to take nothing').toBeGreaterThan(500)
    expect(plain, 'taken without XState').toBeGreaterThan(500)
    expect(refused).toBeLessThan(10)
  }, 30_000)

  test('a live snapshot is in document order, as a thawed one is (K5)', () => {
    // After GO, region a re-enters behind b in XState's own order; its `always` would then run second.
    const always = (guard: (n: number) => boolean, action: string) => ({
      guard: ({ context }: any) => guard(context.log.length),
      actions: action,
    })
    const note = (text: string) => assign({ log: ({ context }: any) => [...context.log, text] })
    const machine: kernel.Machine = createMachine(
      {
        id: 'm',
        type: 'parallel',
        context: { log: [] as string[] },
        states: {
          a: { initial: 'x', states: { x: { on: { GO: 'y' } }, y: { always: always(n => n < 2, 'na') } } },
          b: { initial: 'y', states: { y: { always: always(n => n > 0 && n < 3, 'nb') } } },
        },
      } as any,
      { actions: { na: note('a'), nb: note('b') } } as any,
    ) as never
    const started = kernel.initial(machine) as kernel.Stepped
    const { snapshot } = kernel.transition(machine, started.snapshot, { type: 'GO' }) as kernel.Stepped
    const orders = snapshot._nodes.map(node => node.order)
    expect(orders).toEqual([...orders].sort((a, b) => a - b))
    expect(kernel.thaw(machine, kernel.freeze(snapshot))._nodes).toEqual(snapshot._nodes)
  })
})

describe('what a log actor may not do comes back as a failure, and the next step is clean', () => {
  const boom = () => {
    throw new Error('boom')
  }
  const spawnOne = ({ spawn }: any) => ({ child: spawn(createMachine({}), { id: 'x' }) })
  const sendSelf = ({ self }: any) => {
    self.send({ type: 'X' })
    return {}
  }
  const inB = (b: object) => ({ initial: 'a', states: { a: { on: { GO: 'b' } }, b, c: {} } })
  const cases: [what: string, config: any, implementation: any, code: string, reason: RegExp][] = [
    ['guard throws', { on: { GO: { guard: boom } } }, {}, 'guard-or-assign-threw', /boom/],
    ['assign throws', { on: { GO: { actions: assign(boom) } } }, {}, 'guard-or-assign-threw', /^boom/],
    [
      'a cycle of always',
      { initial: 'a', states: { a: { on: { GO: 'b' } }, b: { always: 'c' }, c: { always: 'b' } } },
      {},
      'endless',
      /^Infinite loop detected: the machine has processed more than 100 microsteps/,
    ],
    [
      'invoked machine',
      inB({ invoke: { src: 'c' } }),
      { actors: { c: createMachine({}) } },
      'not-an-asset-effect',
      /./,
    ],
    [
      'promise',
      inB({ invoke: { src: 'c' } }),
      { actors: { c: fromPromise(async () => 1) } },
      'not-an-asset-effect',
      /./,
    ],
    ['sendParent', { on: { GO: { actions: sendParent({ type: 'X' } as any) } } }, {}, 'guard-or-assign-threw', /./],
    ['spawn in assign', { on: { GO: { actions: assign(spawnOne as any) } } }, {}, 'not-an-asset-effect', /./],
    [
      'self.send',
      { on: { GO: { actions: assign(sendSelf as any) } } },
      {},
      'guard-or-assign-threw',
      /^self.send is not available inside a log actor/,
    ],
  ]
  for (const [what, config, implementation, code, reason] of cases)
    test(what, () => {
      const options = { maxIterations: kernel.MICROSTEPS_MAX }
      const machine: kernel.Machine = createMachine({ id: 'm', options, ...config }, implementation) as never
      const started = kernel.initial(machine) as kernel.Stepped
      const result = kernel.transition(machine, started.snapshot, { type: 'GO' })
      expect(result).toMatchObject({ kind: 'failed', code, reason: expect.stringMatching(reason) })
      expect(kernel.transition(machine, started.snapshot, { type: 'OTHER' })).toMatchObject({
        kind: 'stepped',
        effects: [],
        taken: false,
      })
    })

  test('an impossible configuration out of history in a parallel state (K6)', () => {
    const machine: kernel.Machine = createMachine({
      id: 'm',
      type: 'parallel',
      states: {
        a: { initial: 'x', states: { x: { on: { GO: 'h' } }, y: {}, h: { type: 'history' } } },
        b: {},
        c: { on: { GO: '#m.b' } },
      },
    } as any) as never
    const started = kernel.initial(machine) as kernel.Stepped
    expect(kernel.transition(machine, started.snapshot, { type: 'GO' })).toEqual({
      kind: 'failed',
      code: 'broken-configuration',
      reason: "'m' has an inactive region",
    })
  })
})
