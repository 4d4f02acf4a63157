/** The live view of a run on a terminal: calm, one screen, redrawn once a second. */
import { actorState } from '../../actors/kit/host.ts'
import { recordsOf } from '../../actors/kit/keyed.ts'
import { format, isUnit } from '../../protocol/words/units.ts'
import type { GatewayStatus } from './parts.ts'
import type { ProjectorsStatus } from './projectors.ts'
import type { Tally } from './tally.ts'

const CLEAR = '\u001b[H\u001b[J'
const BOLD = '\u001b[1m'
const DIM = '\u001b[2m'
const PLAIN = '\u001b[0m'
/** A long value is cut, never wrapped. */
const WIDTH_MAX = 118

export interface ScreenInputs {
  readonly title: string
  readonly tally: Tally
  readonly gateway: GatewayStatus | null
  readonly pids: Readonly<Record<string, number>>
  readonly views: { readonly address: string | null; readonly projections: ProjectorsStatus }
  /** Signs in at the inspector; null: it is not served yet. */
  readonly inspector: string | null
  readonly siteTimeMs: number
  readonly hints: readonly string[]
}

export function draw(s: ScreenInputs): string {
  const { tally, gateway } = s
  const { state, site } = tally.fold
  const at = new Date(s.siteTimeMs).toISOString().slice(0, 19).replace('T', ' ')
  const mode = state ? (actorState(state.mode).paths[0] ?? '') : 'starting'
  const lines = [`${BOLD}${s.title}${PLAIN}   mode ${BOLD}${mode}${PLAIN}   ${at} UTC   cycle ${state?.cycle ?? 0}`, '']
  for (const asset of site?.assets ?? []) {
    const actor = state!.assets[asset.name]!
    lines.push(
      `${BOLD}${asset.name.padEnd(8)}${PLAIN} ${actorState(actor).paths.join(', ')}   ${DIM}channel ${gateway?.channels[asset.name] ?? '?'}${PLAIN}`,
    )
    const points = Object.entries(state!.frames[asset.name]?.points ?? {})
      .filter(([name]) => name in asset.asset.spec.points)
      .map(
        ([name, p]) =>
          `${name} ${p.value === null ? '--' : shown(p.value, p.unit)}${p.quality === 'good' ? '' : ` (${p.quality})`}`,
      )
    if (points.length > 0) lines.push(`         ${points.join('   ')}`)
    for (const [name, sp] of Object.entries(tally.lastCandidate?.actions.assets[asset.name]?.setpoints ?? {})) {
      const unit = (asset.asset.spec.setpoints[name] as { unit: string }).unit
      lines.push(
        `         ${name} := ${BOLD}${shown(sp.value, unit)}${PLAIN}   ${sp.why}${sp.boundBy ? `, bound by ${sp.boundBy}` : ''}`,
      )
    }
  }
  const vote = tally.lastReceipt
  const who = vote?.certificate ? Object.keys(vote.certificate.signatures).join(' ') : 'nobody'
  const against =
    vote && vote.dissent.length > 0 ? `   ${BOLD}DISSENT ${vote.dissent.map(d => d.by).join(' ')}${PLAIN}` : ''
  const latency = tally.latencyMs()
  const slots = gateway?.slots
  lines.push(
    '',
    `vote     ${vote?.source ?? 'none'}, cycle ${vote?.cycle ?? 0}, signed by ${who}${against}   voter ${gateway?.voter ?? 'down'}`,
    `slots    onTime ${slots?.onTime ?? 0}   late ${slots?.late ?? 0}   held ${slots?.held ?? 0}   uncovered ${slots?.uncovered ?? 0}   fieldDown ${slots?.fieldDown ?? 0}`,
    `writes   ${tally.writes} (confirmed ${tally.outcomes.confirmed})   dissents ${tally.dissents}   latency ${latency ? `p50 ${latency.p50.toFixed(1)} ms, p99 ${latency.p99.toFixed(1)} ms` : '--'}`,
    `links    ${gateway?.links.join(' ') ?? ''}   outbox ${gateway?.waiting ?? '?'}`,
    `pids     ${Object.entries(s.pids)
      .map(([name, pid]) => `${name} ${pid}`)
      .join('   ')}`,
  )
  const views = Object.entries(s.views.projections).map(([name, view]) => `${name} ${viewInWords(view)}`)
  if (views.length > 0) lines.push(`views    ${[...views, s.views.address ?? ''].join('   ')}`)
  if (s.inspector !== null) lines.push(`inspect  ${BOLD}${s.inspector}${PLAIN}`)
  const alarms = recordsOf(state?.alarms ?? []).filter(([, a]) => site?.lives.alarm.has(a.state, 'active'))
  for (const [key, alarm] of alarms.slice(0, 6)) lines.push(`${BOLD}ALARM${PLAIN}    ${key}: ${alarm.text}`)
  lines.push('', ...s.hints.map(h => `${DIM}${h}${PLAIN}`))
  return `${CLEAR}${lines.map(cut).join('\n')}\n`
}

const viewInWords = (view: ProjectorsStatus[string]): string =>
  'down' in view
    ? `down${view.lagging ? ' for LONG' : ''}: ${view.down}`
    : `${(view.behindMs / 1_000).toFixed(1)} s behind${view.lagging ? ' LAGGING' : ''}, pid ${view.pid}${view.noRoom === null ? '' : `, NO ROOM: ${view.noRoom}`}`

const shown = (value: number | string, unit: string | undefined): string =>
  typeof value === 'number' && isUnit(unit) ? format(unit, value as never) : String(value)

/** By what is seen: escapes have no width. */
function cut(line: string): string {
  let seen = 0
  let out = ''
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '\u001b') {
      const end = line.indexOf('m', i)
      out += line.slice(i, end + 1)
      i = end
    } else if (seen < WIDTH_MAX) {
      out += line[i]
      seen++
    }
  }
  return out
}
