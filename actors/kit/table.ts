/**
 * Authors' tests as typed rows: what happens, which state must be active then, and every effect that it asks for.
 *
 *     [{ start: {} },       'operating.precharging.charging', { pulse: 'closePrecharge' }],
 *     [{ wait: '4999 ms' }, 'operating.precharging.charging'],
 *     [{ wait: '1 ms' },    'faulted', { alarm: 'prechargeFailed' }, { pulse: 'openContactors' }],
 */
import { type Literal, parse, raw, type Unit } from '../../protocol/words/units.ts'
import type { Asset } from './define.ts'
import {
  type ActorState,
  actorState,
  type ChartEvent,
  fireTimer,
  is,
  measure,
  nextDue,
  type Output,
  type Placed,
  type PointValue,
  place,
  startActor,
  stepActor,
  want,
} from './host.ts'
import { withinStep } from './purity.ts'
import { read, resolveSettings } from './settings.ts'
import type { Effect, UnitOf } from './types.ts'

type Text<U> = U extends Unit ? Literal<U> : U extends readonly (infer W)[] ? W : never
type Written<D> = { readonly [K in keyof D]?: Text<UnitOf<D[K]>> }
type WrittenFrame<P> = { readonly [K in keyof P]?: Text<UnitOf<P[K]>> | 'bad' }
type When<P, SP, C> =
  | { readonly frame: WrittenFrame<P> }
  | { readonly wait: Literal<'s'> }
  | { readonly wanted: Written<SP> }
  | { readonly pulsed: string }
  | { readonly pulseFailed: string }
  | { readonly [K in keyof C]?: Written<C[K]> }
export type Row<P, SP, C, S, AL, ST> = readonly [
  when: When<P, SP, C>,
  then: ST,
  ...effects: readonly Effect<SP, string, keyof AL & string, Record<string, unknown>, S>[],
]
export interface Given<P, S> {
  readonly settings: Written<S>
  readonly frame: WrittenFrame<P>
}

/** A line for each row that is wrong; none when all are as written. */
export function table<N extends string, P, SP, C, S, AL, X, T>(
  asset: Asset<N, P, SP, C, S, AL, X, T>,
  given: Given<P, S>,
  rows: readonly Row<P, SP, C, S, AL, Asset<N, P, SP, C, S, AL, X, T>['types']['state']>[],
): string[] {
  const resolved = resolveSettings(asset as never, given.settings as never)
  if (resolved.kind === 'refused') return resolved.problems.map(p => `settings: ${p.text}`)
  const run = new Run(place(asset as never, 'it', resolved.values))
  run.frame(given.frame as never)
  const wrong: string[] = []
  rows.forEach(([when, then, ...effects], index) => {
    const row = `row ${index + 1} ${JSON.stringify(when)}`
    const asked = withinStep(() => run.when(when as never)).map(written)
    const expected = effects.map(effect => run.expected(effect as never))
    if (!is(run.actor, then as string))
      wrong.push(`${row}: in ${actorState(run.actor).paths.join(', ')}, not in ${String(then)}`)
    if (asked.join(' ') !== expected.join(' '))
      wrong.push(`${row}: asked for ${asked.join(' ') || 'nothing'}, not ${expected.join(' ') || 'nothing'}`)
  })
  return wrong
}

type Texts = Readonly<Record<string, string>>
class Run {
  readonly placed: Placed
  actor: ActorState
  #now = 0
  #values: Record<string, PointValue | undefined> = {}

  constructor(placed: Placed) {
    this.placed = placed
    this.actor = startActor(placed, 0, [])
  }

  when(when: Readonly<Record<string, unknown>>): readonly Output[] {
    const [kind, body] = Object.entries(when)[0]!
    switch (kind) {
      case 'frame':
        return this.frame(body as Texts)
      case 'wait':
        return this.#wait(raw(parse('s', body as string)))
      case 'wanted':
        return this.#wanted(body as Texts)
      case 'pulsed':
      case 'pulseFailed':
        return this.#event({ type: kind, pulse: body })
      default:
        return this.#event({ type: kind, ...this.#read(this.placed.asset.spec.commands[kind], body as Texts) })
    }
  }

  frame(texts: Texts): readonly Output[] {
    const { points } = this.placed.asset.spec
    for (const [name, text] of Object.entries(texts))
      this.#values = { ...this.#values, [name]: text === 'bad' ? undefined : read(points[name], text, name) }
    const outputs: Output[] = []
    this.actor = measure(this.placed, this.actor, this.#values, this.#now, outputs).actor
    return outputs
  }

  #wait(ms: number): readonly Output[] {
    const outputs: Output[] = []
    this.#now += ms
    for (let timer = nextDue(this.actor); timer && timer.due <= this.#now; timer = nextDue(this.actor))
      this.actor = fireTimer(this.placed, this.actor, timer, this.#values, outputs).actor
    return outputs
  }

  #wanted(texts: Texts): readonly Output[] {
    const outputs: Output[] = []
    const wanted = this.#read(this.placed.asset.spec.setpoints, texts) as Record<string, number>
    this.actor = want(this.placed, this.actor, wanted, this.#values, this.#now, outputs).actor
    return outputs
  }

  #event(event: ChartEvent): readonly Output[] {
    const outputs: Output[] = []
    this.actor = stepActor(this.placed, this.actor, event, this.#values, this.#now, outputs).actor
    return outputs
  }

  #read(declared: Readonly<Record<string, unknown>>, texts: Texts): Record<string, PointValue> {
    return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, read(declared[name], text, name)]))
  }

  /** An expected effect in the words of `written`. */
  expected(effect: Readonly<Record<string, unknown>>): string {
    const [kind, body] = Object.entries(effect)[0]!
    const { setpoints } = this.placed.asset.spec
    return `${kind}:${JSON.stringify(kind === 'set' ? this.#read(setpoints, body as Texts) : body)}`
  }
}

function written(output: Output): string {
  switch (output.kind) {
    case 'set':
      return `set:${JSON.stringify(output.values)}`
    case 'pulse':
      return `pulse:${JSON.stringify(output.pulse)}`
    case 'quarantined':
      return `quarantined:${output.code}: ${output.reason}`
    default:
      return `${output.kind}:${JSON.stringify(output.alarm)}`
  }
}
