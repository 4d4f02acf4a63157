/**
 * What the API knows of a site: plain JSON, and nothing of how a controller keeps it. Composition maps a replica's
 * state to it (`supervisors/node/site-view.ts`). The schemas are what the OpenAPI document and the tests are made from.
 */
import Type from 'typebox'
import { Mode } from '../../protocol/words/candidate.ts'
import type { ErrorCode } from '../../protocol/words/errors.ts'
import { ChannelState, Slots } from '../../protocol/words/facts.ts'
import { COMMAND, HEX256 } from '../../protocol/words/ids.ts'
import { Quality } from '../../protocol/words/quality.ts'
import type { Feed } from './feed.ts'
import { Count, closed, Integer, Name, orNull, Slug } from './shapes.ts'

export const COMMAND_STATES = [
  'accepted',
  'rejected',
  'confirmed',
  'failed',
  'expired',
  'superseded',
  'cancelled',
  'unknown',
] as const
export const CommandState = Type.Enum(COMMAND_STATES)
export type CommandState = Type.Static<typeof CommandState>
/** Only an accepted command can still become something else (S10). */
export const isTerminal = (state: CommandState): boolean => state !== 'accepted'

export const CommandView = Type.Object(
  {
    id: Type.String({ pattern: COMMAND }),
    site: Slug,
    by: Slug,
    target: Name,
    name: Name,
    state: CommandState,
    /** Of a rejection, why. */
    code: orNull(Type.String()),
    reason: Type.String(),
    /** The node that says so. One node may err or lie: believe what two say. */
    node: Slug,
    position: Integer,
    epoch: Count,
    issuedAtMs: Count,
    expiresAtMs: Count,
    endedAtMs: orNull(Count),
  },
  closed,
)
export type CommandView = Type.Static<typeof CommandView>

export const AlarmView = Type.Object(
  {
    key: Type.String(),
    asset: Type.String(),
    alarm: Type.String(),
    about: Type.String(),
    priority: Type.String(),
    condition: Type.Enum(['activeUnacknowledged', 'activeAcknowledged', 'returnedUnacknowledged', 'normal']),
    text: Type.String(),
    response: Type.String(),
    sinceMs: Count,
    shelvedUntilMs: Count,
  },
  closed,
)
export type AlarmView = Type.Static<typeof AlarmView>

export const SiteSummary = Type.Object(
  {
    tenant: Slug,
    site: Slug,
    title: Type.String(),
    node: Slug,
    /** This node's replica: starting, rehydrating, catchingUp, shadow, voting, silent, disqualified. */
    replica: Type.String(),
    position: Integer,
    /** Log time, ms: what a command's stamp is compared with. */
    now: Count,
    epoch: Count,
    cycle: Count,
    mode: Mode,
    alarmsActive: Count,
  },
  closed,
)
export type SiteSummary = Type.Static<typeof SiteSummary>

/** In the unit's smallest step, and as a person would write it. */
export const PointView = Type.Object(
  {
    value: Type.Union([Type.Integer(), Type.String(), Type.Null()]),
    unit: orNull(Type.String()),
    text: Type.String(),
    quality: Quality,
    ageMs: Count,
  },
  closed,
)
export type PointView = Type.Static<typeof PointView>

export const SetpointView = Type.Object(
  {
    unit: Type.String(),
    wanted: orNull(Integer),
    /** In the newest candidate of this replica. */
    decided: orNull(Integer),
    /** As last read back from the device. */
    applied: orNull(Integer),
    appliedText: Type.String(),
    min: Integer,
    max: Integer,
    minBy: Type.String(),
    maxBy: Type.String(),
    why: Type.String(),
    /** The limit that binds what was decided, where one does. */
    boundBy: orNull(Type.String()),
  },
  closed,
)
export type SetpointView = Type.Static<typeof SetpointView>

export const AssetSummary = Type.Object(
  {
    name: Name,
    type: Name,
    title: Type.String(),
    /** Innermost active states of its chart. */
    states: Type.Array(Type.String()),
    lost: Type.Boolean(),
    quarantined: orNull(Type.String()),
    channel: orNull(ChannelState),
    points: Type.Record(Name, PointView, closed),
    setpoints: Type.Record(Name, SetpointView, closed),
  },
  closed,
)
export type AssetSummary = Type.Static<typeof AssetSummary>

export const AssetDetail = Type.Object(
  {
    ...AssetSummary.properties,
    tags: Type.Array(Type.String()),
    settings: Type.Record(Name, Type.Union([Type.Integer(), Type.String()]), closed),
    /** Commands of its definition; each parameter with its unit or its words. */
    commands: Type.Record(
      Name,
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())])),
      closed,
    ),
    alarms: Type.Array(AlarmView),
  },
  closed,
)
export type AssetDetail = Type.Static<typeof AssetDetail>

export const SiteDetail = Type.Object(
  {
    ...SiteSummary.properties,
    manifestVersion: Count,
    manifest: Type.String({ pattern: HEX256 }),
    cycleMs: Count,
    slots: orNull(Slots),
    assets: Type.Array(AssetSummary),
    alarms: Type.Array(AlarmView),
    /** The newest ones, newest first. */
    commands: Type.Array(CommandView),
  },
  closed,
)
export type SiteDetail = Type.Static<typeof SiteDetail>

/** One record of `decisions`: what one replica decided for a cycle, and its signature over the candidate's RFC 8785 bytes. */
export const DecisionView = Type.Object(
  {
    by: Slug,
    epoch: Count,
    cycle: Count,
    /** Of the frame in `facts` that it answers. */
    position: Integer,
    digest: Type.String({ pattern: HEX256 }),
    signature: Type.String(),
    stateHash: orNull(Type.String({ pattern: HEX256 })),
    candidate: Type.Record(Type.String(), Type.Unknown()),
  },
  closed,
)
export type DecisionView = Type.Static<typeof DecisionView>

/** What one replica decides for a cycle, as it does. */
export const LiveDecision = Type.Object(
  { node: Slug, epoch: Count, cycle: Count, position: Integer, candidate: Type.Record(Type.String(), Type.Unknown()) },
  closed,
)
export type LiveDecision = Type.Static<typeof LiveDecision>

/** What is counted: since this process began, where nothing else is said. */
export interface Figures {
  /** By kind of fact. */
  readonly stepped: Readonly<Record<string, number>>
  /** By code. */
  readonly refused: Readonly<Record<string, number>>
  readonly signed: number
  /** Commands remembered now, by state. */
  readonly commands: Readonly<Partial<Record<CommandState, number>>>
}

export type Submitted =
  | { readonly kind: 'appended'; readonly id: string; readonly position: number }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string; readonly id?: string }

export interface SiteView {
  readonly tenant: string
  readonly site: string
  readonly feed: Feed
  /** The replica's state, whatever there is to show yet. */
  readonly replica: string
  readonly position: number
  readonly figures: Figures
  /** Records of the log that this replica has not taken. Rejects where the log cannot be read. */
  lag(): Promise<number>
  /** Null before the first manifest: nothing is known of the site. */
  detail(): SiteDetail | null
  asset(name: string): AssetDetail | null
  command(id: string): CommandView | null
  /** Admits (authenticates) and appends one signed record. A rejection means unknown, not no: the caller sends it again. */
  submit(body: string): Promise<Submitted>
  /** Records of `decisions` from a position on; null: from the first that is kept. Throws CURSOR_GONE. */
  decisions(
    from: number | null,
    max: number,
  ): Promise<{ readonly items: readonly DecisionView[]; readonly next: number }>
}
