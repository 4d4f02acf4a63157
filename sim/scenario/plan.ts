/**
 * From a scenario as it is written to what can be run and judged: every name and time looked up, every mistake with the
 * path of the part that it is in.
 */
import { nearest } from '../../actors/kit/nearest.ts'
import { parse, raw, type Unit } from '../../protocol/words/units.ts'
import { type Fault, type FaultKind, KINDS, type Kind } from '../faults/kinds.ts'
import type { AssetOptions } from '../plant/state.ts'
import type { Inputs } from '../plant/step.ts'
import { readSentence } from './grammar.ts'
import { feed, feedsOf } from './inputs.ts'
import { durationMs, momentMs, type Span } from './moments.ts'
import type { Names } from './names.ts'
import type { Path } from './places.ts'
import { checkExpectation, checkInput, checkStep } from './shape.ts'
import type { Expectation, Step, When } from './words.ts'

export interface Problem {
  readonly path: Path
  readonly text: string
}
/** All along, or at some time. */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
  readonly any: boolean
}
export interface Want {
  readonly path: Path
  /** As it was written, or in words. */
  readonly text: string
  readonly expectation: Expectation
  readonly window: Window
  /** Of a value, in smallest steps. */
  readonly limits: { readonly min: number; readonly max: number; readonly unit: Unit }
}
/** A step that the stage itself carries out. */
export type Act = { readonly atMs: number; readonly text: string } & (
  | { readonly kind: 'command'; readonly step: Extract<Step, { command: unknown }> }
  | { readonly kind: 'plant'; readonly values: Readonly<Record<string, number>> }
  | { readonly kind: 'engine'; readonly step: Extract<Step, { engine: unknown }> }
  | { readonly kind: 'activate'; readonly step: Extract<Step, { activate: unknown }> }
)
export interface Course {
  readonly faults: readonly Fault[]
  readonly traitor: string | null
  readonly acts: readonly Act[]
  readonly inputs: Inputs
  readonly wants: readonly Want[]
}
interface Written {
  readonly inputs?: Readonly<Record<string, unknown>>
  readonly steps?: readonly unknown[]
  readonly expect: readonly unknown[]
}

/** Kinds that happen at once need no end. */
const AT_ONCE_MS = 1_000

export function courseOf(
  written: Written,
  span: Span,
  names: Names,
  assets: readonly AssetOptions[],
  folder: string,
): { readonly course: Course; readonly problems: readonly Problem[] } {
  const reader = new Reader(span, names)
  const inputs = Object.entries(written.inputs ?? {}).map(([name, input]) =>
    reader.input(['inputs', name], name, input, assets, folder),
  )
  const faults: Fault[] = []
  const acts: Act[] = []
  written.steps?.forEach((step, i) => {
    const read = reader.step(['steps', i], step)
    if (read && 'atMs' in read) acts.push(read)
    else if (read) faults.push({ ...read, id: faults.length + 1 })
  })
  const wants = written.expect.map((e, i) => reader.want(['expect', i], e))
  const traitor = faults.find(f => KINDS[f.kind].targets === 'traitor')?.target ?? null
  return {
    course: {
      faults,
      traitor,
      acts,
      inputs: Object.fromEntries(inputs.filter(i => i !== null)),
      wants: wants.filter(w => w !== null),
    },
    problems: reader.problems,
  }
}

class Reader {
  readonly problems: Problem[] = []
  readonly #span: Span
  readonly #names: Names
  readonly #engines = new Set(['present'])
  #traitor: string | null = null

  constructor(span: Span, names: Names) {
    this.#span = span
    this.#names = names
  }

  #no(path: Path, text: string): null {
    this.problems.push({ path, text })
    return null
  }
  /** Whether there is such a name. */
  #known(path: Path, what: string, name: string, names: Iterable<string>): boolean {
    const all = [...names]
    if (all.includes(name)) return true
    this.#no(path, `there is no ${what} '${name}'${nearest(name, all)}`)
    return false
  }
  #moment(path: Path, text: string, notBeforeMs = 0): number | null {
    const ms = momentMs(text, this.#span, notBeforeMs)
    return typeof ms === 'string' ? this.#no(path, ms) : ms
  }
  #quantity(path: Path, unit: Unit, text: string): number | null {
    try {
      return raw(parse(unit, text))
    } catch (error) {
      return this.#no(path, (error as Error).message.replace(/^value: /, ''))
    }
  }

  input(path: Path, name: string, input: unknown, assets: readonly AssetOptions[], folder: string) {
    const checked = checkInput(input)
    if (checked.kind === 'wrong') return this.#no([...path, ...checked.path], checked.text)
    const feeds = feedsOf(assets)
    if (!this.#known(path, 'input', name, feeds.keys())) return null
    try {
      return [name, feed(name, feeds.get(name)!, checked.value, this.#span, folder)] as const
    } catch (error) {
      return this.#no(path, (error as Error).message)
    }
  }

  step(path: Path, written: unknown): Omit<Fault, 'id'> | Act | null {
    const checked = checkStep(written)
    if (checked.kind === 'wrong') return this.#no([...path, ...checked.path], checked.text)
    const step = checked.value
    const atMs = this.#moment([...path, 'at'], step.at)
    if (atMs === null) return null
    if ('fault' in step) return this.#fault(path, step, atMs)
    if ('plant' in step) return this.#plant(path, step, atMs)
    if ('engine' in step) {
      this.#engines.add(step.engine)
      const known = this.#known([...path, 'node'], 'node', step.node, this.#names.targets.node)
      return known ? { kind: 'engine', atMs, step, text: `${step.node} starts engine '${step.engine}'` } : null
    }
    if ('activate' in step) {
      this.#engines.add(step.activate)
      const text = `manifest: engine '${step.activate}' votes from cycle ${step.fromCycle} on`
      return { kind: 'activate', atMs, step, text }
    }
    const [target, name, params = {}] = step.command
    if (!this.#known([...path, 'command', 0], 'asset', target, this.#names.commands.keys())) return null
    if (!this.#known([...path, 'command', 1], `command of ${target}`, name, this.#names.commands.get(target)!))
      return null
    const words = Object.entries(params).map(([key, value]) => `${key}=${value}`)
    return { kind: 'command', atMs, step, text: [`${target} ${name}`, ...words].join(' ') }
  }
  #plant(path: Path, step: Extract<Step, { plant: unknown }>, atMs: number): Act | null {
    const settable = [...this.#names.quantities.keys()].filter(name => /\.(soc|temperature)$/.test(name))
    const values = Object.entries(step.plant).map(([name, text]) => {
      const at = [...path, 'plant', name]
      if (!this.#known(at, 'value of the plant that can be set', name, settable)) return null
      const value = this.#quantity(at, this.#names.quantities.get(name)!.unit, text)
      return value === null ? null : ([name, value] as const)
    })
    if (values.includes(null)) return null
    const text = Object.entries(step.plant).map(([name, value]) => `${name} is ${value}`)
    return { kind: 'plant', atMs, values: Object.fromEntries(values.filter(v => v !== null)), text: text.join(', ') }
  }
  /** What cannot go wrong like that, for that long, there. */
  #fault(path: Path, step: Extract<Step, { fault: unknown }>, atMs: number): Omit<Fault, 'id'> | null {
    const kind: Kind = KINDS[step.fault as FaultKind]
    const all = kind.group === 'network' || kind.group === 'log' ? ['*'] : []
    const names = [...this.#names.targets[kind.targets], ...all]
    if (!this.#known([...path, 'target'], `${kind.targets} to strike with '${step.fault}'`, step.target, names))
      return null
    if (step.for === undefined && kind.forMsMax > AT_ONCE_MS)
      return this.#no(path, `'${step.fault}' lasts: say for how long, for: '30 s'`)
    if (step.by !== undefined && kind.msMax === undefined)
      return this.#no([...path, 'by'], `'${step.fault}' has no size; leave out 'by'`)
    const by = typeof step.by === 'string' ? durationMs(step.by) : step.by
    if (kind.sizeExample !== undefined && !by) {
      const ways = kind.signed ? '; with a minus, the other way' : ''
      return this.#no(
        path,
        `'${step.fault}' is nothing without a size: say by how much, by: ${kind.sizeExample}${ways}`,
      )
    }
    if (by !== undefined && by < 0 && !kind.signed)
      return this.#no([...path, 'by'], `'${step.by}': '${step.fault}' goes one way only; leave out the minus`)
    if (step.rate !== undefined && kind.rateMax === undefined)
      return this.#no([...path, 'rate'], `'${step.fault}' strikes all along; leave out 'rate'`)
    if (kind.targets === 'traitor') {
      this.#traitor ??= step.target
      if (this.#traitor !== step.target)
        return this.#no([...path, 'target'], `one node may be faulty at will, and that is ${this.#traitor} already`)
    }
    const forMs = step.for === undefined ? AT_ONCE_MS : durationMs(step.for)
    return {
      kind: step.fault,
      target: step.target,
      fromMs: atMs,
      forMs: Math.min(forMs, this.#span.forMs - atMs),
      ...(step.rate !== undefined && { rate: step.rate }),
      ...(by !== undefined && { ms: by }),
    }
  }

  want(path: Path, written: unknown): Want | null {
    const checked = typeof written === 'string' ? sentence(written) : checkExpectation(written)
    if (checked.kind === 'wrong') return this.#no([...path, ...checked.path], checked.text)
    const expectation = checked.value
    const before = this.problems.length
    const limits = this.#limits(path, expectation)
    const window = this.#window(path, 'when' in expectation ? expectation.when : undefined)
    if (this.problems.length > before || !limits || !window) return null
    const text = typeof written === 'string' ? written : inWords(expectation)
    return { path, text, expectation, window, limits }
  }
  #window(path: Path, when: When | undefined): Window | null {
    if (when === undefined) return { fromMs: 0, toMs: this.#span.forMs, any: false }
    if ('within' in when) {
      const fromMs = this.#moment(path, when.after)
      return fromMs === null ? null : { fromMs, toMs: fromMs + durationMs(when.within), any: true }
    }
    const fromMs = this.#moment(path, when.from ?? 'start')
    const toMs = fromMs === null ? null : this.#moment(path, when.to ?? 'end', fromMs + 1)
    if (fromMs === null || toMs === null) return null
    if (toMs <= fromMs) return this.#no(path, `it ends ('${when.to}') before it begins ('${when.from ?? 'start'}')`)
    return { fromMs, toMs, any: false }
  }
  /** Limits of a value; for the others only whether their names are known. */
  #limits(path: Path, e: Expectation): Want['limits'] | null {
    const none = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY, unit: 'W' as Unit }
    const { quantities, states, alarms, commands } = this.#names
    switch (e.kind) {
      case 'value': {
        if (!this.#known(path, 'point', e.of, quantities.keys())) return null
        const { unit } = quantities.get(e.of)!
        const min = e.min === undefined ? none.min : this.#quantity(path, unit, e.min)
        const max = e.max === undefined ? none.max : this.#quantity(path, unit, e.max)
        if (min === null || max === null) return null
        if (min > max) return this.#no(path, `no value is both at least ${e.min} and at most ${e.max}`)
        return { min, max, unit }
      }
      case 'state':
        if (!this.#known(path, 'asset', e.of, states.keys())) return null
        return this.#known(path, `state of ${e.of}`, e.is, states.get(e.of)!) ? none : null
      case 'alarm':
      case 'noAlarm': {
        if (e.alarm === undefined) return none
        const base = e.alarm.split('.').slice(0, 2).join('.')
        return this.#known(path, 'alarm', base, alarms) ? none : null
      }
      case 'verdicts':
        return this.#known(path, 'engine or majority', e.by, ['majority', ...this.#engines]) ? none : null
      case 'command':
        if (!this.#known(path, 'asset', e.of, commands.keys())) return null
        return this.#known(path, `command of ${e.of}`, e.name, commands.get(e.of)!) ? none : null
      case 'energy': {
        const max = this.#quantity(path, '%', e.within)
        return max === null ? null : { min: 0, max, unit: '%' }
      }
      default:
        return none
    }
  }
}

type Checked = ReturnType<typeof checkExpectation>
function sentence(text: string): Checked {
  const read = readSentence(text)
  return read.kind === 'read'
    ? { kind: 'right', value: read.expectation }
    : { kind: 'wrong', path: [], text: read.text }
}

/** An object form in words. */
function inWords(e: Expectation): string {
  const { kind, ...rest } = e
  const { when, ...what } = rest as Record<string, unknown> & { when?: When }
  const pairs = Object.entries({ ...what, ...when }).map(([key, value]) => `${key} ${String(value)}`)
  return [kind, ...pairs].join(' ')
}
