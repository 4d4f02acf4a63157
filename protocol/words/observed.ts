/**
 * What a process tells of its actors that have no log for a mailbox: their charts, and its tree of supervision. A record
 * of `decisions`, so that it can be shown and gone back to; nothing that decides reads it. Of one process the newest is
 * the one with the highest (life, seq): an older one may come later, by way of another node.
 */
import Type from 'typebox'
import { BASE64URL, SLUG } from './ids.ts'

const closed = { additionalProperties: false } as const
const Slug = Type.String({ pattern: SLUG })
const Count = Type.Integer({ minimum: 0 })
const Word = Type.String({ maxLength: 64 })
/** `gateway/channel/bat1`: the process, then what it is called there; commands and pulses by their ids. */
const Path = Type.String({ minLength: 1, maxLength: 256 })

/** Of a record as the log holds it, with its signature. */
export const OBSERVED_CHARS_MAX = 65_536
/** A longer context is left out: it explains a state, it is no dump of it. */
export const CONTEXT_CHARS_MAX = 2_000
export const REASON_CHARS_MAX = 300

/** Who starts the processes of a run. It has no key: a node tells what it says. */
export const RUN = 'run'

/** As XState has it: the active state by name; of a compound one or of regions, by name what is active in each. */
const StateValue = Type.Cyclic(
  { Value: Type.Union([Word, Type.Record(Type.String({ maxLength: 64 }), Type.Ref('Value'))]) },
  'Value',
)

const chart = {
  path: Path,
  /** The machine's name in the lists of charts. */
  chart: Word,
  value: StateValue,
  /** At the moment of the record; its changes alone are not told. */
  context: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
}
/** An actor at one look. */
const SeenChart = Type.Object(chart, closed)
export type SeenChart = Type.Static<typeof SeenChart>
const ObservedChart = Type.Object({ ...chart, /** By the process's own clock. */ sinceMs: Count }, closed)

const Supervisor = Type.Object(
  {
    path: Path,
    kind: Type.Literal('supervisor'),
    strategy: Type.Enum(['oneForOne', 'oneForAll', 'restForOne']),
    state: Word,
    /** `spent`: the restarts that count now; one more than `max` of them, and it fails upward. */
    intensity: Type.Object({ max: Count, withinMs: Count, spent: Count }, closed),
  },
  closed,
)
const Worker = Type.Object(
  {
    path: Path,
    kind: Type.Literal('worker'),
    restart: Type.Enum(['permanent', 'transient', 'temporary']),
    state: Type.Enum(['up', 'starting', 'down']),
    /** Since this process began. */
    restarts: Count,
    lastExit: Type.Union([
      Type.Object({ reason: Type.String({ maxLength: REASON_CHARS_MAX }), atMs: Count }, closed),
      Type.Null(),
    ]),
  },
  closed,
)
const TreeRow = Type.Union([Supervisor, Worker])
export type TreeRow = Type.Static<typeof TreeRow>

export const ProcessObserved = Type.Object(
  {
    v: Type.Literal(1),
    kind: Type.Literal('ProcessObserved'),
    tenant: Slug,
    site: Slug,
    /** Whose key signs: the process's own, of a run's parent a node's. */
    by: Slug,
    process: Slug,
    /** Rises with each start of the process, also where its folder was lost: about when it began. `seq` rises with each record of a life. */
    life: Count,
    seq: Count,
    /** The process's own clock, for people. */
    atMs: Count,
    /** The newest position of `facts` that whoever signs knew of; null: of none. */
    factsPosition: Type.Union([Count, Type.Null()]),
    charts: Type.Array(ObservedChart),
    tree: Type.Array(TreeRow),
    /** Something was left out: there was more than a record may hold. */
    truncated: Type.Optional(Type.Literal(true)),
  },
  closed,
)
export type ProcessObserved = Type.Static<typeof ProcessObserved>

/** As the log holds it: canonical, signed over what stands beside the signature. */
export const SignedObserved = Type.Object(
  { ...ProcessObserved.properties, signature: Type.String({ pattern: BASE64URL }) },
  closed,
)

/** What a process says itself; whoever signs adds whose it is and how far the facts were. */
export type Observation = Pick<ProcessObserved, 'process' | 'life' | 'seq' | 'atMs' | 'charts' | 'tree'>
/** All that is to be seen of a process at one look. */
export interface Sight {
  readonly charts: readonly SeenChart[]
  readonly tree: readonly TreeRow[]
}
