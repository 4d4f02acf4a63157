/**
 * What a scenario is, in a file of TypeScript or YAML. Times are simulated: `17:00` is the site's own time of day (UTC),
 * `5 min` counts from the start. Quantities carry their unit.
 */
import Type from 'typebox'
import { FAULT_KINDS, type FaultKind } from '../faults/kinds.ts'

type TimeUnit = 'ms' | 's' | 'min' | 'h'
export type Duration = `${number} ${TimeUnit}`
export type Moment = Duration | `${number}:${number}` | 'start' | 'end'

const closed = { additionalProperties: false } as const
const Text = Type.String({ minLength: 1 })
const Duration = Type.Unsafe<Duration>(Type.String({ pattern: '^\\d+(\\.\\d+)? (ms|s|min|h)$' }))
const Moment = Type.Unsafe<Moment>(
  Type.String({ pattern: '^(\\d+(\\.\\d+)? (ms|s|min|h)|\\d\\d:\\d\\d(:\\d\\d)?|start|end)$' }),
)

const Size = Type.Unsafe<Duration | `-${Duration}`>(Type.String({ pattern: '^-?\\d+(\\.\\d+)? (ms|s|min|h)$' }))

/** When an expectation holds: all along a span, or at some time within a bound after a moment. */
const When = Type.Union([
  Type.Object({ from: Type.Optional(Moment), to: Type.Optional(Moment) }, closed),
  Type.Object({ within: Duration, after: Moment }, closed),
])
export type When = Type.Static<typeof When>
const when = { when: Type.Optional(When) } as const

export const PRIORITIES = ['low', 'medium', 'high', 'urgent'] as const
export const SLOT_CLASSES = ['onTime', 'late', 'held', 'uncovered'] as const
export const ENDS = ['confirmed', 'rejected', 'failed', 'expired', 'superseded', 'cancelled', 'unknown'] as const

/** Each kind of expectation in its object form; a sentence is read into one of them. */
export const EXPECTATIONS = {
  /** A measured or settable value, or its mean over each `over`; limits hold inclusive. */
  value: Type.Object(
    {
      kind: Type.Literal('value'),
      of: Text,
      over: Type.Optional(Duration),
      min: Type.Optional(Text),
      max: Type.Optional(Text),
      ...when,
    },
    closed,
  ),
  state: Type.Object({ kind: Type.Literal('state'), of: Text, is: Text, ...when }, closed),
  alarm: Type.Object({ kind: Type.Literal('alarm'), alarm: Text, ...when }, closed),
  /** None of this name, or none above this priority; without either, none at all. */
  noAlarm: Type.Object(
    {
      kind: Type.Literal('noAlarm'),
      alarm: Type.Optional(Text),
      above: Type.Optional(Type.Enum([...PRIORITIES])),
      ...when,
    },
    closed,
  ),
  slots: Type.Object(
    { kind: Type.Literal('slots'), class: Type.Enum([...SLOT_CLASSES]), most: Type.Integer({ minimum: 0 }), ...when },
    closed,
  ),
  /** Who decided every cycle: a majority, and the engine of this name. */
  verdicts: Type.Object({ kind: Type.Literal('verdicts'), by: Text, ...when }, closed),
  command: Type.Object(
    { kind: Type.Literal('command'), name: Text, of: Text, ends: Type.Enum([...ENDS]), ...when },
    closed,
  ),
  energy: Type.Object({ kind: Type.Literal('energy'), within: Text }, closed),
  /** Each cycle's frame is in the log, on time or by backfill. */
  frames: Type.Object({ kind: Type.Literal('frames') }, closed),
} as const
export type ExpectationKind = keyof typeof EXPECTATIONS
export type Expectation = { [K in ExpectationKind]: Type.Static<(typeof EXPECTATIONS)[K]> }[ExpectationKind]

const Parameters = Type.Record(Type.String(), Type.Union([Type.String(), Type.Integer()]))
/** What happens, told apart by the word that follows `at`. */
export const STEPS = {
  /** An operator asks: target, command, parameters. */
  command: Type.Object(
    {
      at: Moment,
      command: Type.Union([Type.Tuple([Text, Text]), Type.Tuple([Text, Text, Parameters])]),
      expires: Type.Optional(Duration),
    },
    closed,
  ),
  /** `by`: how long or how far, where the kind has it, `-30 s` the other way where it goes both; `rate`: share of the chances that it takes. */
  fault: Type.Object(
    {
      at: Moment,
      fault: Type.Unsafe<FaultKind>(Type.Enum([...FAULT_KINDS])),
      target: Text,
      for: Type.Optional(Duration),
      by: Type.Optional(Type.Union([Size, Type.Integer()])),
      rate: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
    },
    closed,
  ),
  /** The physical world is otherwise from now on: `{ 'bat1.temperature': '62 °C' }`. */
  plant: Type.Object({ at: Moment, plant: Type.Record(Type.String(), Type.String()) }, closed),
  /** A node starts anew with another engine, by a name of your own; `present` is the one it began with. */
  engine: Type.Object({ at: Moment, engine: Text, node: Text }, closed),
  /** The next manifest: this engine votes from this cycle on. */
  activate: Type.Object({ at: Moment, activate: Text, fromCycle: Type.Integer({ minimum: 1 }) }, closed),
} as const
export type StepKind = keyof typeof STEPS
export type Step = { [K in StepKind]: Type.Static<(typeof STEPS)[K]> }[StepKind]

/** A recorded column (`FILE?column=NAME`, beside the scenario), values over time, or a sky with clouds. */
export const INPUTS = {
  steps: Type.Object({ steps: Type.Array(Type.Tuple([Moment, Text]), { minItems: 1 }) }, closed),
  /** From a clear sky's power down to `least` of it, by clouds that pass in about `every`. */
  clouds: Type.Object({ clouds: Text, least: Text, every: Duration }, closed),
} as const
export type Input = string | Type.Static<(typeof INPUTS)['steps']> | Type.Static<(typeof INPUTS)['clouds']>

/** The outer shape; what stands inside of the lists is checked one by one, so that each mistake has its place. */
export const Outline = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 120 }),
    site: Text,
    start: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d$' }),
    for: Duration,
    cycle: Type.Optional(Duration),
    seed: Type.Optional(Type.Integer({ minimum: 0 })),
    inputs: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    steps: Type.Optional(Type.Array(Type.Unknown())),
    expect: Type.Array(Type.Unknown(), { minItems: 1 }),
  },
  closed,
)
export interface Scenario extends Omit<Type.Static<typeof Outline>, 'inputs' | 'steps' | 'expect'> {
  readonly inputs?: Readonly<Record<string, Input>>
  readonly steps?: readonly Step[]
  readonly expect: readonly (string | Expectation)[]
}

/** What a scenario file in TypeScript exports by default. */
export const scenario = (s: Scenario): Scenario => s
