/**
 * From a record and the states before and after it to rows: what is asked of a site now, and what happened to it. Pure.
 * Whether a fact was taken or dropped as a repeat shows in the states alone: the step has decided it.
 */
import { alarmCondition } from '../../actors/alarms/life.ts'
import { commandState } from '../../actors/commands/life.ts'
import type { SiteAsset } from '../../actors/controller/site.ts'
import type { CommandRecord, SiteState } from '../../actors/controller/state.ts'
import { actorState } from '../../actors/kit/host.ts'
import { changesOf } from '../../actors/kit/keyed.ts'
import { manifestHash } from '../../protocol/codec/manifest.ts'
import type { Fact, FactOf } from '../../protocol/words/facts.ts'
import type { Projection, Seen } from '../runner/seen.ts'
import { type Change, gone, put } from './tables.ts'

/** Whoever decided in the step: no person, and no part of the site. */
const CONTROLLERS = 'controllers'

interface Moment {
  readonly position: number
  readonly at_ms: number
}

export const operational: Projection<Change> = {
  name: 'operational',
  changes({ position, taken, before, fold }: Seen): Change[] {
    const { state: after, site } = fold
    if (!after || !site) return []
    const { fact, candidate } = taken
    const moment = { position, at_ms: after.now }
    const framed = fact.kind === 'FrameMeasured' && candidate !== null
    const installed = fact.kind === 'ManifestInstalled'
    return [
      ...(framed || installed || before?.mode !== after.mode ? [siteRow(fold, after, moment)] : []),
      ...(installed ? [manifestRow(fact, moment)] : []),
      ...assetRows(site.assets, before, after, moment),
      ...(framed || installed ? pointRows(before, after, moment) : []),
      ...(candidate ? [decisionRow(candidate, moment)] : []),
      ...commandRows(before, after, fact, moment),
      ...alarmRows(before, after, fact, moment),
      ...(fact.kind === 'ReceiptRecorded' && after.durable !== before?.durable ? verdictRows(fact, moment) : []),
      ...(fact.kind === 'TimeAdvanced' && after.claims !== before?.claims ? [clockRow(fact, moment)] : []),
    ]
  },
  /** Each record is a slice of its own: what a transaction holds may be cut anywhere. */
  ends: () => true,
}

function siteRow({ manifest, manifestHash }: Seen['fold'], after: SiteState, moment: Moment): Change {
  return put('sites', {
    title: manifest!.title,
    manifest: manifestHash,
    manifest_version: manifest!.version,
    mode: actorState(after.mode).paths.join(', '),
    epoch: after.epoch,
    cycle: after.cycle,
    slots: JSON.stringify(after.slots),
    ...moment,
  })
}

function manifestRow({ manifest: { manifest } }: FactOf<'ManifestInstalled'>, moment: Moment): Change {
  const [replicas, keys] = [JSON.stringify(manifest.replicas), JSON.stringify(manifest.keys)]
  return put('manifests', { hash: manifestHash(manifest), version: manifest.version, replicas, keys, ...moment })
}

function assetRows(
  assets: readonly SiteAsset[],
  before: SiteState | null,
  after: SiteState,
  moment: Moment,
): readonly Change[] {
  if (before?.assets === after.assets && before.frames === after.frames) return []
  const left = Object.keys(before?.assets ?? {}).filter(name => !(name in after.assets))
  const changed = assets.filter(
    ({ name }) => before?.assets[name] !== after.assets[name] || before?.frames[name] !== after.frames[name],
  )
  return [...left.map(name => gone('assets', name)), ...changed.map(asset => assetRow(asset, after, moment))]
}
function assetRow({ name, asset: { spec } }: SiteAsset, after: SiteState, moment: Moment): Change {
  const actor = after.assets[name]!
  const frame = after.frames[name]
  return put('assets', {
    asset: name,
    type: spec.type,
    title: spec.title,
    state: actorState(actor).paths.join(', '),
    lost: actor.lost,
    quarantined: actor.held ? `${actor.held.code}: ${actor.held.reason}` : null,
    channel: frame?.channel ?? null,
    wanted: JSON.stringify(actor.wanted),
    applied: JSON.stringify(frame?.applied ?? {}),
    ...moment,
  })
}

/** S24: a point that the newest frame lacks has no row, rather than that of an older frame. */
function pointRows(before: SiteState | null, after: SiteState, moment: Moment): Change[] {
  const { epoch, cycle } = after
  const rows: Change[] = []
  for (const [asset, { points }] of Object.entries(before?.frames ?? {}))
    for (const point of Object.keys(points))
      if (!after.frames[asset]?.points[point]) rows.push(gone('points', asset, point))
  for (const [asset, { points }] of Object.entries(after.frames))
    for (const [point, { value, unit = null, quality, ageMs }] of Object.entries(points)) {
      const number = typeof value === 'number' ? value : null
      const word = typeof value === 'string' ? value : null
      rows.push(put('points', { asset, point, number, word, unit, quality, age_ms: ageMs, epoch, cycle, ...moment }))
    }
  return rows
}

type Candidate = NonNullable<Seen['taken']['candidate']>
const decisionRow = ({ epoch, cycle, manifest, actions }: Candidate, moment: Moment): Change =>
  put('decisions', { epoch, cycle, manifest, actions: JSON.stringify(actions), ...moment })

/** What happens at the site is the gateway's word, what a person asks for is theirs; the rest the step decides. */
const actorOf = (fact: Fact): string =>
  fact.kind === 'ReceiptRecorded' || fact.kind === 'AlarmObserved' || fact.kind === 'AlarmAcknowledged'
    ? fact.by
    : CONTROLLERS

function commandRows(before: SiteState | null, after: SiteState, fact: Fact, moment: Moment): Change[] {
  if (!before || before.commands === after.commands) return []
  const was = before.commands
  const changed = Object.values(after.commands).filter(record => was[record.id] !== record)
  return changed.flatMap(record => {
    const asked = was[record.id] ? [] : [askedStep(record, fact, moment)]
    const step = commandState(record)
    const same = was[record.id]?.state === record.state && was[record.id]?.reason === record.reason
    const { id, reason } = record
    const taken = put('command_steps', { id, step, actor: actorOf(fact), reason, detail: null, ...moment })
    return [commandRow(record, moment), ...asked, ...(same ? [] : [taken])]
  })
}
function commandRow(record: CommandRecord, moment: Moment): Change {
  const { id, by, target, name, reason, epoch, issuedAtMs, expiresAtMs, endedAtMs } = record
  const times = { issued_ms: issuedAtMs, expires_ms: expiresAtMs, ended_ms: endedAtMs }
  return put('commands', { id, by, target, name, state: commandState(record), reason, epoch, ...times, ...moment })
}
function askedStep({ id, by }: CommandRecord, fact: Fact, moment: Moment): Change {
  const detail = fact.kind === 'CommandRequested' ? JSON.stringify(fact.params) : null
  return put('command_steps', { id, step: 'requested', actor: by, reason: '', detail, ...moment })
}

function alarmRows(before: SiteState | null, after: SiteState, fact: Fact, moment: Moment): Change[] {
  if (!before || before.alarms === after.alarms) return []
  return changesOf(before.alarms, after.alarms).flatMap(([alarm_key, was, is]) => {
    const { asset, alarm, about, text, sinceMs, shelvedUntilMs } = (is ?? was)!
    const condition = is ? alarmCondition(is) : 'normal'
    const shown = { alarm_key, condition, text, shelved_until_ms: shelvedUntilMs, ...moment }
    return [
      put('alarms', { ...shown, asset, alarm, about, since_ms: sinceMs }),
      put('alarm_changes', { ...shown, actor: actorOf(fact) }),
    ]
  })
}

function verdictRows(fact: FactOf<'ReceiptRecorded'>, moment: Moment): Change[] {
  const { seq, epoch, cycle, source, certificate, dissent, writes, effects, latencyUs } = fact
  const votes = [
    ...Object.keys(certificate?.signatures ?? {}).map(by => ({ by, digest: certificate!.digest, agrees: true })),
    ...dissent.map(({ by, digest }) => ({ by, digest, agrees: false })),
  ]
  const verdict = put('verdicts', {
    seq,
    epoch,
    cycle,
    source,
    digest: certificate?.digest ?? null,
    latency_us: latencyUs ?? null,
    writes: JSON.stringify(writes),
    effects: JSON.stringify(effects),
    ...moment,
  })
  return [
    verdict,
    ...votes.map(({ by: replica, digest, agrees }) => put('votes', { seq, replica, agrees, digest, ...moment })),
  ]
}

const clockRow = ({ by, epoch, seq, atMs }: FactOf<'TimeAdvanced'>, moment: Moment): Change =>
  put('clocks', { node: by, epoch, seq, claimed_ms: atMs, ...moment })
