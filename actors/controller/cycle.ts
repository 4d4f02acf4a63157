/**
 * A frame, stepped. In this order, assets in manifest order, nothing appended in between:
 *
 *    1 due timers             2 points: lost, restored      3 measured             4 the site's mode
 *    5 bounds                 6 strategies by priority      7 totals shared out    8 wanted, dispatched
 *    9 the output image, clamped to the bounds after 8     10 the actions of the candidate
 */
import type {
  Actions,
  AssetAction,
  CommandAction,
  LocalLaw,
  Mode,
  SetpointAction,
} from '../../protocol/words/candidate.ts'
import type { FactOf } from '../../protocol/words/facts.ts'
import { actorState, is, measure, safeValues, want } from '../kit/host.ts'
import { lapseCommands, lapseFormer, lapsePulses } from './commands.ts'
import type { SiteAsset } from './site.ts'
import { boundOf, decide, type WantedBy } from './strategies.ts'
import type { Work } from './work.ts'

/** Two contradicting limits are named both; a longer name would make the candidate malformed. */
const BOUND_BY_CHARS = 128

/** Returns the actions that should hold from this cycle on. */
export function stepFrame(work: Work, frame: FactOf<'FrameMeasured'>): Actions {
  const newEpoch = frame.epoch !== work.state.epoch
  work.state = { ...work.state, epoch: frame.epoch, cycle: frame.cycle, slots: frame.slots }
  if (newEpoch) lapseFormer(work)
  lapseCommands(work)
  lapsePulses(work)
  work.fireDueTimers() // 1
  const known = Object.fromEntries(Object.entries(frame.assets).filter(([name]) => work.site.byName.has(name)))
  const before = work.state.frames
  work.state = { ...work.state, frames: known } // S24: what a frame no longer carries is lost, not as it was
  work.refresh()
  for (const asset of work.site.assets) // 2, 3
    if (asset.name in known || asset.name in before)
      work.move(asset, (actor, outputs) => measure(asset, actor, work.values(asset), work.state.now, outputs))
  const mode = modeOf(work) // 4
  const wanted = wantedIn(work) // 5, 6, 7
  for (const asset of work.site.assets) {
    const own = ownOf(wanted, asset)
    if (Object.keys(own).length > 0)
      // 8
      work.move(asset, (actor, outputs) => want(asset, actor, own, work.values(asset), work.state.now, outputs))
  }
  return { mode, assets: outputImage(work, wanted), laws: lawsIn(work, mode), commands: commandsIn(work) } // 9, 10
}

export const modeOf = (work: Work): Mode => actorState(work.state.mode).paths[0] as Mode

/** What each setpoint should be, by who decides in this mode. Manual keeps what an operator set; off wants nothing. */
function wantedIn(work: Work): WantedBy {
  const tag = (name: string) => is(work.state.mode, name)
  if (tag('strategies')) return decide(work).wanted
  // what a strategy held before people took over says nothing about now
  if (Object.keys(work.state.held).length > 0) work.state = { ...work.state, held: {} }
  if (!tag('safe')) return {}
  return Object.fromEntries(
    work.site.assets.map(asset => {
      const safe = Object.entries(safeValues(asset)).map(
        ([name, value]) => [name, { value, why: 'safe mode' }] as const,
      )
      return [asset.name, Object.fromEntries(safe)]
    }),
  )
}

function ownOf(wanted: WantedBy, asset: SiteAsset): Record<string, number> {
  const own: Record<string, number> = {}
  const mine = wanted[asset.name] ?? {}
  for (const name in mine) own[name] = mine[name]!.value
  return own
}

/** 9: the chart's output image within the bounds that hold after the dispatch; the binding limit is named. */
function outputImage(work: Work, wanted: WantedBy): Record<string, AssetAction> {
  const assets: Record<string, AssetAction> = {}
  for (const asset of work.site.assets) {
    const setpoints: Record<string, SetpointAction> = {}
    const actor = work.state.assets[asset.name]!
    for (const name of Object.keys(asset.asset.spec.setpoints)) {
      const bound = boundOf(work, asset, name)
      const out = actor.held ? bound.min : (actor.out[name] ?? 0)
      const value = Math.max(bound.min, Math.min(bound.max, out))
      const boundBy = value > out ? bound.minBy : value < out ? bound.maxBy : undefined
      const envelope = asset.entry.envelope[name]
      const why = actor.held
        ? 'quarantined'
        : (wanted[asset.name]?.[name]?.why ?? `chart: ${actorState(actor).paths.join(', ')}`)
      setpoints[name] = {
        value,
        min: bound.min,
        max: bound.max,
        rise: envelope?.rise ?? 0,
        fall: envelope?.fall ?? 0,
        why: why.slice(0, 256),
        ...(boundBy === undefined ? {} : { boundBy: boundBy.slice(0, BOUND_BY_CHARS) }),
      }
    }
    const pulses = work.state.pulses.filter(p => p.asset === asset.name).map(({ id, name }) => ({ id, name }))
    if (Object.keys(setpoints).length > 0 || pulses.length > 0) assets[asset.name] = { setpoints, pulses }
  }
  return assets
}

/** Laws that the gateway evaluates. Protective ones in every mode that writes, services only in automatic. */
function lawsIn(work: Work, mode: Mode): LocalLaw[] {
  if (mode === 'off') return []
  return work.site.manifest.laws.filter(law => {
    if (law.law === 'exportLimit') return true
    return mode === 'automatic' && is(work.state.assets[law.asset]!, 'available')
  })
}

const commandsIn = (work: Work): CommandAction[] =>
  work.state.riding
    .map(id => work.state.commands[id]!)
    .map(({ id, target, name, expiresAtMs, pulses, setpoints }) => ({
      id,
      target,
      name,
      over: work.state.now > expiresAtMs,
      pulses: [...pulses],
      setpoints: [...setpoints],
    }))
