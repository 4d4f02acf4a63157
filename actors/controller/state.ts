/** What a site's controller remembers between facts: all of it, and JSON once frozen. */
import { Refusal } from '../../protocol/words/errors.ts'
import type { AssetFrame, Slots } from '../../protocol/words/facts.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import { type FrozenActor, freezeActor, thawActor } from '../kit/freeze.ts'
import { type ActorState, type ChartEvent, type Output, type Placed, startActor } from '../kit/host.ts'
import { type Keyed, noRecords, recordsOf } from '../kit/keyed.ts'
import { migrate } from '../kit/migrate.ts'
import type { Site } from './site.ts'

export interface Claim {
  readonly epoch: number
  readonly seq: number
  readonly atMs: number
}
/** A pulse that rides in every candidate until its receipt or its end. */
export interface PendingPulse {
  readonly id: string
  readonly asset: string
  readonly name: string
  /** The command that caused it, if one did. */
  readonly command: string | null
  /** Log time after which it is not begun any more, ms. */
  readonly untilMs: number
}
export interface CommandRecord {
  readonly id: string
  readonly by: string
  readonly target: string
  readonly name: string
  /** Of its life; `commandState` says it for people. */
  readonly state: string
  /** Of a refusal, its code and words; of an end, the gateway's. */
  readonly reason: string
  readonly epoch: number
  readonly pulses: readonly string[]
  readonly setpoints: readonly string[]
  readonly issuedAtMs: number
  /** Log time, ms. Time and not cycles: early frames and restarts of the gateway use up numbers. */
  readonly expiresAtMs: number
  /** Log time of its end; kept a while after, for those who ask and against repeats. */
  readonly endedAtMs: number | null
}
export interface AlarmRecord {
  readonly asset: string
  readonly alarm: string
  readonly about: string
  /** Of its life; `alarmCondition` says it for people. */
  readonly state: string
  readonly text: string
  readonly sinceMs: number
  /** 0: it is not shelved. */
  readonly shelvedUntilMs: number
}
export interface AlarmTimer {
  /** Its key. */
  readonly alarm: string
  /** Log time, ms. */
  readonly due: number
  readonly event: ChartEvent
}

export interface SiteState {
  readonly position: number
  /** Log time, ms. */
  readonly now: number
  readonly claims: Readonly<Record<string, Claim>>
  readonly epoch: number
  readonly cycle: number
  /** High-water mark of the gateway's durable stream. */
  readonly durable: number
  readonly mode: ActorState
  readonly assets: Readonly<Record<string, ActorState>>
  readonly frames: Readonly<Record<string, AssetFrame>>
  readonly slots: Slots | null
  readonly pulses: readonly PendingPulse[]
  /** Pulses ever caused, by asset: the next one's number. */
  readonly pulseSeq: Readonly<Record<string, number>>
  readonly commands: Readonly<Record<string, CommandRecord>>
  /** Those that ride in every candidate, in the order of their acceptance: what has ended costs a step nothing. */
  readonly riding: readonly string[]
  readonly alarms: Keyed<AlarmRecord>
  /** In due order. */
  readonly alarmTimers: readonly AlarmTimer[]
  readonly disqualified: readonly string[]
  /** What each strategy last held, for when it is blind. */
  readonly held: Readonly<Record<string, unknown>>
}

export type FrozenSite = Omit<SiteState, 'mode' | 'assets'> & {
  readonly mode: FrozenActor
  readonly assets: Readonly<Record<string, FrozenActor>>
}

/** A site's first state. Placing an asset acts on nothing: what its first state's entry would pulse is dropped. */
export function startSite(site: Site): SiteState {
  const outputs: Output[] = []
  return {
    position: -1,
    now: 0,
    claims: {},
    epoch: 0,
    cycle: 0,
    durable: 0,
    mode: startActor(site.modes, 0, outputs),
    assets: Object.fromEntries(site.assets.map(a => [a.name, startActor(a, 0, outputs)])),
    frames: {},
    slots: null,
    pulses: [],
    pulseSeq: {},
    commands: {},
    riding: [],
    alarms: noRecords(),
    alarmTimers: [],
    disqualified: [],
    held: {},
  }
}

/**
 * The same state under a new manifest: assets that stay keep theirs, new ones start, gone ones and those of another type go. A key that is gone
 * or another one now takes what was known of it along: its claim of time, and its disqualification (S15, S27).
 */
export function adoptSite(site: Site, state: SiteState, before: Manifest): SiteState {
  const { keys } = site.manifest
  const same = (id: string) => keys[id] !== undefined && keys[id].publicKey === before.keys[id]?.publicKey
  const outputs: Output[] = []
  const stays = (name: string) =>
    before.assets.find(a => a.name === name)?.type === site.byName.get(name)?.entry.type && site.byName.has(name)
  const assets = site.assets.map(a => {
    const there = stays(a.name) ? state.assets[a.name] : undefined
    return [a.name, there ?? startActor(a, state.now, outputs)] as const
  })
  return {
    ...state,
    assets: Object.fromEntries(assets),
    frames: Object.fromEntries(Object.entries(state.frames).filter(([name]) => stays(name))),
    pulses: state.pulses.filter(p => stays(p.asset)),
    claims: Object.fromEntries(Object.entries(state.claims).filter(([id]) => same(id))),
    disqualified: state.disqualified.filter(same),
    held: {},
  }
}

export const freezeSite = (state: SiteState): FrozenSite => ({
  ...state,
  mode: freezeActor(state.mode),
  assets: Object.fromEntries(Object.entries(state.assets).map(([name, actor]) => [name, freezeActor(actor)])),
})

/** Definitions by type, with the version that stepped what is frozen. */
export type Versions = Readonly<Record<string, number>>
export const versionsOf = ({ assets, modes }: Site): Versions =>
  Object.fromEntries([modes, ...assets].map(({ asset: { spec } }) => [spec.type, spec.version]))

/**
 * What another engine froze, as this one's definitions have it: states renamed, in their history and their timers too.
 * It depends on the frozen state and the definitions alone. Throws Refusal ASSET_DEFINITION with the line to write.
 */
export function migrateSite(site: Site, frozen: FrozenSite, versions: Versions): FrozenSite {
  const migrated = (placed: Placed, actor: FrozenActor): FrozenActor => {
    const { type } = placed.asset.spec
    const result = migrate(placed, { type, version: versions[type] ?? 0, actor })
    if (result.kind === 'refused') throw new Refusal('ASSET_DEFINITION', `${placed.name}: ${result.reason}`)
    return result.stored.actor
  }
  const assets = site.assets.map(a => [a.name, migrated(a, frozen.assets[a.name]!)] as const)
  return { ...frozen, mode: migrated(site.modes, frozen.mode), assets: Object.fromEntries(assets) }
}

/** Throws where a command or an alarm is in a state that its chart does not have. */
export function thawSite(site: Site, frozen: FrozenSite): SiteState {
  const { command, alarm } = site.lives
  for (const { state } of Object.values(frozen.commands))
    if (!command.knows(state)) throw new Error(`command '${state}'`)
  for (const [, { state }] of recordsOf(frozen.alarms)) if (!alarm.knows(state)) throw new Error(`alarm '${state}'`)
  return {
    ...frozen,
    mode: thawActor(site.modes, frozen.mode),
    assets: Object.fromEntries(site.assets.map(a => [a.name, thawActor(a, frozen.assets[a.name]!)])),
  }
}
