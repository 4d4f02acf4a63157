/** An explained cycle in words and engineering units. */
import type { SiteFold } from '../../actors/controller/fold.ts'
import { unitOf } from '../../actors/kit/spec.ts'
import type { SetpointAction } from '../../protocol/words/candidate.ts'
import type { WriteReceipt } from '../../protocol/words/facts.ts'
import { format, isUnit, type Unit } from '../../protocol/words/units.ts'
import type { Explained } from './explain.ts'

/** Digests are told apart by so many digits. */
const SHORT = 12
const short = (digest: string) => digest.slice(0, SHORT)

export function inWords(e: Explained, fold: SiteFold): string[] {
  return [
    `${e.site}, epoch ${e.epoch} cycle ${e.cycle}: position ${e.position}, log time ${new Date(e.nowMs).toISOString()}, manifest version ${e.manifest.version}`,
    `mode: ${e.candidate.actions.mode}`,
    ...votes(e),
    ...assets(e, fold),
    ...laws(e),
    ...commands(e),
    ...alarms(e),
    ...measured(e),
  ]
}

function votes(e: Explained): string[] {
  const { verdict } = e
  const head = verdict
    ? `vote: ${verdict.source}, signed by ${verdict.signed.join(', ')}; digest ${short(verdict.certifies)}, ${
        verdict.certifies === e.digest ? 'which is what the log yields' : `BUT THE LOG YIELDS ${short(e.digest)}`
      }`
    : `vote: no certificate in the log; the log yields ${short(e.digest)}`
  return [head, ...e.votes.map(v => `  ${v.by} ${v.says}${v.says === 'dissents' ? ` with ${short(v.digest!)}` : ''}`)]
}

function assets(e: Explained, fold: SiteFold): string[] {
  return Object.entries(e.candidate.actions.assets).flatMap(([asset, { setpoints, pulses }]) => [
    ...Object.entries(setpoints).flatMap(([name, s]) => setpoint(e, asset, name, s, unit(fold, asset, name))),
    ...pulses.map(p => `${asset}: pulse ${p.name} (${p.id})${outcome(written(e, asset, p.id), undefined)}`),
  ])
}

const unit = (fold: SiteFold, asset: string, setpoint: string): Unit | undefined => {
  const said = unitOf(fold.site?.byName.get(asset)?.asset.spec.setpoints[setpoint])
  return isUnit(said) ? said : undefined
}
const say = (u: Unit | undefined, steps: number): string => {
  if (steps <= Number.MIN_SAFE_INTEGER) return 'no least'
  if (steps >= Number.MAX_SAFE_INTEGER) return 'no most'
  return u ? format(u, steps) : String(steps)
}
const written = (e: Explained, asset: string, key: string) =>
  e.writes.find(w => w.asset === asset && (w.id ?? w.name) === key)

function setpoint(e: Explained, asset: string, name: string, s: SetpointAction, u: Unit | undefined): string[] {
  const bound = s.boundBy === undefined ? '' : `; bound by '${s.boundBy}'`
  const rates = s.rise + s.fall === 0 ? '' : `, ramp ${s.rise}/${s.fall} ${u ?? 'steps'}/s`
  return [
    `${asset}.${name} = ${say(u, s.value)}: ${s.why}${bound}; between ${say(u, s.min)} and ${say(u, s.max)}${rates}`,
    `  ${outcome(written(e, asset, name), u).replace(/^: /, '')}`,
  ]
}

function outcome(w: WriteReceipt | undefined, u: Unit | undefined): string {
  if (!w) return ': no write on record (unchanged within its deadband, or the receipt is still under way)'
  if (w.kind === 'pulse') return `: ${w.outcome}${w.reason ? `, ${w.reason}` : ''}`
  const by = w.boundBy === undefined ? '' : ` (bound by '${w.boundBy}')`
  const back = w.readBack === null ? 'nothing read back' : `read back ${say(u, w.readBack)}`
  const present =
    w.present === undefined || w.present === null ? '' : `, the controller at the site had ${say(u, w.present)}`
  const accepted = w.accepted ? 'accepted' : 'not accepted'
  return `: decided ${say(u, w.decided)}, written ${say(u, w.written)}${by}, ${accepted}, ${back}: ${w.outcome}${w.reason ? `, ${w.reason}` : ''}${present}`
}

const laws = (e: Explained): string[] =>
  e.candidate.actions.laws.map(
    law => `gateway law: ${law.law} on ${law.asset}.${law.setpoint}, measured at ${law.meter}`,
  )

function commands(e: Explained): string[] {
  const inForce = e.candidate.actions.commands.map(
    c =>
      `  ${c.id}: ${c.target} ${c.name}${c.over ? ', its expiry has passed' : ''}${c.pulses.length + c.setpoints.length > 0 ? `, by ${[...c.pulses, ...c.setpoints].join(', ')}` : ''}`,
  )
  const ended = e.ended.map(c => `  ${c.id}: ${c.outcome}${c.reason ? `, ${c.reason}` : ''}`)
  return [
    ...(inForce.length > 0 ? ['commands in force:', ...inForce] : ['no command in force']),
    ...(ended.length > 0 ? ['commands that ended:', ...ended] : []),
  ]
}

function alarms(e: Explained): string[] {
  const lines = Object.entries(e.alarms).map(
    ([key, a]) => `  ${key}: ${a.condition} since ${new Date(a.sinceMs).toISOString()}: ${a.text}`,
  )
  return lines.length > 0 ? ['alarms:', ...lines] : ['no alarm']
}

function measured(e: Explained): string[] {
  const lines = Object.entries(e.frame).map(([asset, { channel, points }]) => {
    const said = Object.entries(points).map(([name, p]) => {
      const value =
        p.value === null ? 'nothing' : typeof p.value === 'number' && p.unit ? format(p.unit, p.value) : p.value
      const quality = p.quality === 'good' ? '' : ` ${p.quality}`
      return `${name} ${value}${quality}${p.ageMs > 0 ? ` (${p.ageMs} ms old)` : ''}`
    })
    return `  ${asset} (${channel}): ${said.join(', ')}`
  })
  return ['measured:', ...lines]
}
