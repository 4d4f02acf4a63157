/** A site's state as the API shows it: plain JSON, numbers with their units in words beside them. */

import { alarmCondition } from '../../actors/alarms/life.ts'
import { commandState } from '../../actors/commands/life.ts'
import { modes } from '../../actors/controller/modes.ts'
import type { Site, SiteAsset } from '../../actors/controller/site.ts'
import type { AlarmRecord, CommandRecord, SiteState } from '../../actors/controller/state.ts'
import { boundOf } from '../../actors/controller/strategies.ts'
import { Work } from '../../actors/controller/work.ts'
import { type ActorState, actorState } from '../../actors/kit/host.ts'
import { recordsOf } from '../../actors/kit/keyed.ts'
import { unitOf } from '../../actors/kit/spec.ts'
import type { Candidate } from '../../protocol/words/candidate.ts'
import type { AssetFrame } from '../../protocol/words/facts.ts'
import type { PointValue } from '../../protocol/words/quality.ts'
import { format, type Unit } from '../../protocol/words/units.ts'
import { isErrorCode } from './problem.ts'
import type { AlarmView, AssetDetail, AssetSummary, CommandView, PointView, SetpointView } from './view.ts'

/** Alarms that no definition ranks are about the system itself: somebody should look soon. */
const PRIORITY_OF_SYSTEM = 'high'

function pointView({ value, unit, quality, ageMs }: PointValue): PointView {
  const text = value === null ? '' : typeof value === 'number' && unit ? format(unit, value) : String(value)
  return { value, unit: unit ?? null, text, quality, ageMs }
}

/** What an asset is and measures, without what is decided for it. */
export type AssetGlance = Omit<AssetSummary, 'setpoints'>

export function assetGlance({ name, asset: { spec } }: SiteAsset, actor: ActorState, frame?: AssetFrame): AssetGlance {
  const points = Object.entries(frame?.points ?? {}).map(([point, value]) => [point, pointView(value)] as const)
  return {
    name,
    type: spec.type,
    title: spec.title,
    states: [...actorState(actor).paths],
    lost: actor.lost,
    quarantined: actor.held ? `${actor.held.code}: ${actor.held.reason}` : null,
    channel: frame?.channel ?? null,
    points: Object.fromEntries(points),
  }
}
export function assetSummary(site: Site, state: SiteState, asset: SiteAsset, last: Candidate | null): AssetSummary {
  const { name } = asset
  const setpoints = Object.keys(asset.asset.spec.setpoints)
  return {
    ...assetGlance(asset, state.assets[name]!, state.frames[name]),
    setpoints: Object.fromEntries(setpoints.map(each => [each, setpoint(site, state, asset, each, last)])),
  }
}

function setpoint(site: Site, state: SiteState, asset: SiteAsset, name: string, last: Candidate | null): SetpointView {
  const applied = state.frames[asset.name]?.applied[name] ?? null
  const action = last?.actions.assets[asset.name]?.setpoints[name]
  const unit: Unit = asset.asset.spec.setpoints[name]!.unit
  const { min, max, minBy, maxBy } = boundOf(new Work(site, state), asset, name)
  return {
    unit,
    wanted: state.assets[asset.name]!.wanted[name] ?? null,
    decided: action?.value ?? null,
    applied,
    appliedText: applied === null ? '' : format(unit, applied),
    min,
    max,
    minBy,
    maxBy,
    why: action?.why ?? '',
    boundBy: action?.boundBy ?? null,
  }
}

export function assetDetail(site: Site, state: SiteState, asset: SiteAsset, last: Candidate | null): AssetDetail {
  const { spec } = asset.asset
  const setpoints = Object.keys(spec.setpoints)
  const commands = Object.entries(spec.commands).map(([name, params]) => {
    const declared = Object.entries(params ?? {}).map(([param, d]) => [param, wordsOf(unitOf(d))] as const)
    return [name, Object.fromEntries(declared)] as const
  })
  const byHand = setpoints.length > 0 ? [['setpoint', { name: setpoints, value: 'a quantity' }] as const] : []
  return {
    ...assetSummary(site, state, asset, last),
    tags: [...actorState(state.assets[asset.name]!).tags],
    settings: { ...asset.entry.settings },
    commands: Object.fromEntries([...byHand, ...commands]),
    alarms: alarmViews(site, state).filter(a => a.asset === asset.name),
  }
}
const wordsOf = (unit: string | readonly string[]): string | string[] => (typeof unit === 'string' ? unit : [...unit])

export const alarmViews = (site: Site, state: SiteState): AlarmView[] =>
  recordsOf(state.alarms).map(([key, record]) => alarmView(site, key, record, alarmCondition(record)))

/** `normal`: the record is gone, because its cause is and somebody has acknowledged it. */
export function alarmView(site: Site, key: string, record: AlarmRecord, condition: AlarmView['condition']): AlarmView {
  const { asset, alarm, about, text, sinceMs, shelvedUntilMs } = record
  const spec = asset === 'site' ? modes.spec : site.byName.get(asset)?.asset.spec
  const declared = spec?.alarms[alarm as never] as { priority: string; response: string } | undefined
  const priority = declared?.priority ?? PRIORITY_OF_SYSTEM
  return {
    key,
    asset,
    alarm,
    about,
    priority,
    condition,
    text,
    response: declared?.response ?? '',
    sinceMs,
    shelvedUntilMs,
  }
}

export function commandView(record: CommandRecord, site: string, node: string, position: number): CommandView {
  const { id, by, target, name, reason, epoch, issuedAtMs, expiresAtMs, endedAtMs } = record
  const state = commandState(record)
  const [, code, words] = (state === 'rejected' && /^([A-Z_]+): (.*)$/s.exec(reason)) || []
  const known = code !== undefined && isErrorCode(code)
  return {
    id,
    site,
    by,
    target,
    name,
    state,
    code: known ? code : null,
    reason: known ? words! : reason,
    node,
    position,
    epoch,
    issuedAtMs,
    expiresAtMs,
    endedAtMs,
  }
}
