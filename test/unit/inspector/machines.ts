/** Charts to draw in tests: one with every kind of thing, and plants of any size. */
import { createMachine, fromPromise } from 'xstate'
import { Dice } from '../kit/random-machine.ts'

const UNITS = [
  'intake',
  'pump',
  'mixer',
  'heater',
  'tank',
  'filter',
  'press',
  'cooler',
  'outlet',
  'store',
  'boiler',
  'fan',
]
const STEPS = ['idle', 'checking', 'filling', 'running', 'emptying', 'rinsing', 'waiting']
const EVENTS = ['start', 'stop', 'full', 'empty', 'resume', 'next']

/** About `size` states: units that run through steps, some nested, some in two regions; all trip to one safe state. */
export function plant(size: number) {
  const dice = new Dice(11)
  const states: Record<string, unknown> = { safe: { on: { reset: 'intake0' } } }
  let count = 2
  const sequence = (length: number, depth: number): Record<string, unknown> => {
    count += length
    const names = Array.from({ length }, (_, i) => `${STEPS[i % STEPS.length]!}${i < STEPS.length ? '' : i}`)
    const step = (i: number) => {
      const next = names[(i + 1) % length]!
      const way = dice.chance(0.3)
        ? { after: { 2000: next } }
        : { on: { [dice.pick(EVENTS)]: { target: next, guard: 'permitted' } } }
      if (depth > 1 || count > size || !dice.chance(0.2)) return { entry: 'note', ...way }
      if (dice.chance(0.6)) return { ...way, ...sequence(3, depth + 1) }
      count += 2
      return { ...way, type: 'parallel', states: { left: sequence(2, depth + 1), right: sequence(2, depth + 1) } }
    }
    return { initial: names[0], states: Object.fromEntries(names.map((name, i) => [name, step(i)])) }
  }
  for (let i = 0; i === 0 || count < size - 5; i++) {
    count++
    const name = `${UNITS[i % UNITS.length]!}${Math.floor(i / UNITS.length)}`
    states[name] = {
      on: { trip: { target: 'safe', actions: 'alarm' } },
      ...sequence(Math.min(6, Math.max(3, size - count)), 0),
    }
  }
  return createMachine({ id: 'plant', initial: 'intake0', states } as never)
}

/** Parallel, timers, always, wildcards, self transitions, a restart of a region. */
export const lamp = createMachine({
  id: 'lamp',
  type: 'parallel',
  description: 'A lamp that dims and looks after itself',
  states: {
    light: {
      initial: 'off',
      states: {
        off: { on: { press: 'on' } },
        on: {
          tags: ['bright'],
          entry: 'glow',
          exit: ['dim', { type: 'log', params: { text: 'off again' } }],
          on: {
            press: 'off',
            brighter: { guard: 'belowMost', actions: 'step' },
            again: { target: 'on', reenter: true },
            heat: {},
          },
          after: { 600000: 'off', 1500: { actions: 'blink' } },
          always: { guard: 'daylight', target: 'off' },
        },
      },
    },
    care: {
      initial: 'good',
      on: { '*': { actions: 'count' }, 'part.*': { target: '.checked' } },
      states: { good: {}, checked: { type: 'final' } },
      onDone: { actions: 'told' },
    },
  },
})

/** Nesting, history with a default, forks, done, invoked actors, every form of guard. */
export const order = createMachine({
  id: 'order',
  initial: 'open',
  states: {
    open: {
      initial: 'cart',
      on: { cancel: 'cancelled' },
      onDone: 'paying',
      states: {
        cart: { on: { buy: [{ guard: 'stocked', target: 'address' }, { actions: 'explain' }] } },
        address: { on: { back: 'cart', next: 'confirmed' } },
        confirmed: { type: 'final' },
        back: { type: 'history', target: 'cart' },
        deepBack: { type: 'history', history: 'deep' },
      },
    },
    paying: {
      invoke: [
        { src: 'charge', id: 'charge', onDone: { target: 'sending', actions: 'keep' }, onError: 'open.back' },
        { src: fromPromise(async () => 1), onSnapshot: { actions: 'show' } },
      ],
      after: { patience: 'cancelled' },
    },
    sending: {
      type: 'parallel',
      onDone: 'done',
      on: { both: { target: ['sending.parcel.packed', 'sending.bill.sent'] } },
      states: {
        parcel: { initial: 'picked', states: { picked: { on: { pack: 'packed' } }, packed: { type: 'final' } } },
        bill: {
          initial: 'drafted',
          states: { drafted: { on: { send: '#sent' } }, sent: { id: 'sent', type: 'final' } },
        },
      },
    },
    done: { type: 'final' },
    cancelled: { type: 'final' },
  },
} as never)
