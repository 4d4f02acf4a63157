/**
 * Sentences of expectation, read word by word into their object forms. What cannot be read says up to where it was
 * understood, which words could follow there, and the form that comes nearest.
 */
import { nearest } from '../../actors/kit/nearest.ts'
import { type Duration, ENDS, type Expectation, type Moment, PRIORITIES, SLOT_CLASSES, type When } from './words.ts'

export const FORMS = {
  value:
    'QUANTITY [over DURATION] below|above|at most|at least VALUE | between VALUE and VALUE | falls to|rises to VALUE [WHEN]',
  state: 'ASSET|site in STATE [WHEN]',
  alarm: 'alarm SOURCE.NAME [WHEN]',
  noAlarm: 'no alarm [SOURCE.NAME | above PRIORITY] [WHEN]',
  slots: 'at most NUMBER onTime|late|held|uncovered slots [WHEN]',
  verdicts: 'every verdict by majority|ENGINE [WHEN]',
  command: 'command NAME of ASSET|site confirmed|rejected|failed|expired|superseded|cancelled|unknown [WHEN]',
  energy: 'energy balance within VALUE %',
  frames: 'no missing frame',
} as const
const WHEN = 'from TIME to TIME | from TIME | until TIME | within DURATION of|after TIME'

export type Read = { readonly kind: 'read'; readonly expectation: Expectation } | Unread
interface Unread {
  readonly kind: 'unread'
  readonly text: string
}

export function readSentence(text: string): Read {
  const words = new Words(text)
  const form = formOf(words)
  try {
    const expectation = READERS[form](words)
    if (!words.ended) words.fail('the end', ...(WHEN_FORMS.has(form) ? ['from', 'until', 'within'] : []))
    return { kind: 'read', expectation }
  } catch (error) {
    if (!(error instanceof Stuck)) throw error
    const then = WHEN_FORMS.has(form) ? `; WHEN: ${WHEN}` : ''
    return { kind: 'unread', text: `'${text}' ${error.message} Write: ${FORMS[form]}${then}` }
  }
}

class Stuck extends Error {}

class Words {
  readonly #words: readonly string[]
  #at = 0

  constructor(text: string) {
    this.#words = text.trim().split(/\s+/)
  }
  get ended(): boolean {
    return this.#at === this.#words.length
  }
  peek(ahead = 0): string {
    return this.#words[this.#at + ahead] ?? ''
  }
  /** The next word, whatever it is. */
  any(what: string): string {
    if (this.ended) this.fail(what)
    return this.#words[this.#at++]!
  }
  is(word: string): boolean {
    if (this.peek() !== word) return false
    this.#at++
    return true
  }
  one<T extends string>(...words: readonly T[]): T {
    const word = words.find(w => this.is(w))
    return word ?? this.fail(...words)
  }
  pattern(what: string, pattern: RegExp, count = 1): string {
    const text = this.#words.slice(this.#at, this.#at + count).join(' ')
    if (!pattern.test(text)) this.fail(what)
    this.#at += count
    return text
  }
  fail(...wanted: readonly string[]): never {
    const done = this.#words.slice(0, this.#at).join(' ')
    const understood = done === '' ? 'is not understood' : `is understood up to '${done}'`
    const list = wanted.map(w => (/^[a-z]+$/i.test(w) ? `'${w}'` : w)).join(', ')
    if (this.ended) throw new Stuck(`${understood}; there should follow ${list}.`)
    const word = this.peek()
    const near = nearest(
      word,
      wanted.filter(w => /^[a-z]+$/i.test(w)),
    )
    throw new Stuck(`${understood}; '${word}' stands where ${list} should${near.startsWith('; did') ? near : '.'}`)
  }
}

type Form = keyof typeof FORMS
const WHEN_FORMS = new Set<Form>(['value', 'state', 'alarm', 'noAlarm', 'slots', 'verdicts', 'command'])

/** By its first words; for a misspelt one, the nearest. */
function formOf(words: Words): Form {
  const first = words.peek()
  if (words.peek(1) === 'in' && !first.includes('.')) return 'state'
  const heads: Readonly<Record<string, Form>> = {
    alarm: 'alarm',
    no: words.peek(1) === 'missing' ? 'frames' : 'noAlarm',
    at: 'slots',
    every: 'verdicts',
    command: 'command',
    energy: 'energy',
  }
  if (Object.hasOwn(heads, first)) return heads[first]!
  if (first.includes('.') || VERBS.has(words.peek(1)) || first === 'import' || first === 'export') return 'value'
  const near = /'(.*)'/.exec(nearest(first, Object.keys(heads)))?.[1]
  return heads[near ?? ''] ?? 'value'
}
const VERBS = new Set(['over', 'below', 'above', 'between', 'falls', 'rises', 'at'])

const DURATION = /^\d+(\.\d+)? (ms|s|min|h)$/
const CLOCK = /^(\d\d:\d\d(:\d\d)?|start|end)$/
const duration = (w: Words) => w.pattern('a duration such as 30 s', DURATION, 2) as Duration
const quantity = (w: Words) => w.pattern('a value with its unit such as 60 kW', /^-?\d+(\.\d+)? \S+$/, 2)
const moment = (w: Words): Moment =>
  CLOCK.test(w.peek()) ? (w.any('') as Moment) : (w.pattern('a time such as 17:00 or 5 min', DURATION, 2) as Moment)

function whenOf(w: Words): { when?: When } {
  if (w.is('until')) return { when: { to: moment(w) } }
  if (w.is('from')) {
    const from = moment(w)
    return { when: w.is('to') ? { from, to: moment(w) } : { from } }
  }
  if (!w.is('within')) return {}
  const within = duration(w)
  w.one('of', 'after')
  return { when: { within, after: moment(w) } }
}

const READERS: { readonly [F in Form]: (w: Words) => Expectation } = {
  value(w) {
    const of = w.any('a quantity such as bat1.power')
    const over = w.is('over') ? { over: duration(w) } : {}
    return { kind: 'value', of, ...over, ...boundsOf(w), ...whenOf(w) }
  },
  state(w) {
    const of = w.any('an asset')
    w.one('in')
    return { kind: 'state', of, is: w.any('a state'), ...whenOf(w) }
  },
  alarm(w) {
    w.one('alarm')
    return { kind: 'alarm', alarm: w.any('SOURCE.NAME'), ...whenOf(w) }
  },
  noAlarm(w) {
    w.one('no')
    w.one('alarm')
    const alarm = w.peek().includes('.') ? { alarm: w.any('') } : {}
    const above = !('alarm' in alarm) && w.is('above') ? { above: w.one(...PRIORITIES) } : {}
    return { kind: 'noAlarm', ...alarm, ...above, ...whenOf(w) }
  },
  slots(w) {
    w.one('at')
    w.one('most')
    const most = Number(w.pattern('a number', /^\d+$/))
    const of = w.one(...SLOT_CLASSES)
    w.one('slots', 'slot')
    return { kind: 'slots', class: of, most, ...whenOf(w) }
  },
  verdicts(w) {
    w.one('every')
    w.one('verdict')
    w.one('by')
    return { kind: 'verdicts', by: w.any("'majority' or an engine"), ...whenOf(w) }
  },
  command(w) {
    w.one('command')
    const name = w.any('a command')
    w.one('of')
    const of = w.any('an asset or site')
    return { kind: 'command', name, of, ends: w.one(...ENDS), ...whenOf(w) }
  },
  energy(w) {
    w.one('energy')
    w.one('balance')
    w.one('within')
    return { kind: 'energy', within: w.pattern('a share such as 0.5 %', /^\d+(\.\d+)? %$/, 2) }
  },
  frames(w) {
    w.one('no')
    w.one('missing')
    w.one('frame')
    return { kind: 'frames' }
  },
}

function boundsOf(w: Words): { min?: string; max?: string } {
  const verb = w.one('below', 'above', 'between', 'at', 'falls', 'rises')
  if (verb === 'below') return { max: quantity(w) }
  if (verb === 'above') return { min: quantity(w) }
  if (verb === 'at') return w.one('most', 'least') === 'most' ? { max: quantity(w) } : { min: quantity(w) }
  if (verb !== 'between') {
    w.one('to')
    return verb === 'falls' ? { max: quantity(w) } : { min: quantity(w) }
  }
  const min = quantity(w)
  w.one('and')
  return { min, max: quantity(w) }
}
