/**
 * Commands of people and programs. Each is an actor whose life is the chart in `actors/commands/life.ts`; here are its
 * data, and what happens to it. The step accepts or rejects at the command's position, by one table of refusals in order
 * of precedence; an accepted one rides in every candidate until its receipt or its expiry.
 */
import type { ErrorCode } from '../../protocol/words/errors.ts'
import type { CommandTerminal, FactOf } from '../../protocol/words/facts.ts'
import { parse, raw, type Unit } from '../../protocol/words/units.ts'
import { type CommandEvent, commandState } from '../commands/life.ts'
import { is, parseCommand, refusal, want } from '../kit/host.ts'
import type { CommandRecord, SiteState } from './state.ts'
import { boundOf } from './strategies.ts'
import type { Work } from './work.ts'

/** A command stamped further from log time than this is refused, so that its id need not be remembered longer. */
export const SKEW_MS_MAX = 120_000
/** An ended command is kept this long for those who ask, and against repeats: twice the skew, with its expiry. */
const KEPT_MS = 600_000
/** Ended commands kept at most; beyond it the oldest go first. */
const KEPT_MAX = 1_000
/** Commands in force at once: as many as a candidate lists. */
export const ACCEPTED_MAX = 256
/** Over its expiry, the centre waits this many cycles' time for the gateway's word before it says `unknown` (S10). */
export const WORD_CYCLES = 12

type Command = FactOf<'CommandRequested'>
type No = { readonly code: ErrorCode; readonly reason: string }
const no = (code: ErrorCode, reason: string): No => ({ code, reason })

export function requestCommand(work: Work, fact: Command): void {
  if (commandOf(work, fact.id)) return // DUPLICATE: the first one counts; the sender finds it by its id
  const record: CommandRecord = {
    id: fact.id,
    by: fact.by,
    target: fact.target,
    name: fact.name,
    state: work.site.lives.command.first,
    reason: '',
    epoch: work.state.epoch,
    pulses: [],
    setpoints: [],
    issuedAtMs: fact.issuedAtMs,
    expiresAtMs: Math.min(fact.issuedAtMs, work.state.now) + fact.expiresMs,
    endedAtMs: null,
  }
  const refused = tooOld(work, fact) ?? tooMany(work)
  put(work, record)
  if (refused) {
    live(work, record, 'reject', say(refused))
    return
  }
  const before = work.state
  live(work, record, 'accept')
  work.command = fact.id
  const result = fact.target === 'site' ? siteCommand(work, fact) : assetCommand(work, fact)
  work.command = null
  if ('code' in result) {
    work.state = before // a refused command leaves no trace but its record
    live(work, record, 'reject', say(result))
    return
  }
  const pulses = work.state.pulses.filter(p => p.command === fact.id).map(p => p.id)
  put(work, { ...work.state.commands[fact.id]!, pulses, setpoints: result.setpoints })
}

const say = ({ code, reason }: No) => `${code}: ${reason}`

function tooOld(work: Work, fact: Command): No | null {
  const { now } = work.state
  const offMs = fact.issuedAtMs - now
  if (Math.abs(offMs) > SKEW_MS_MAX) return no('CLOCK_SKEW', `stamped ${offMs} ms from log time`)
  if (fact.issuedAtMs + fact.expiresMs <= now) return no('EXPIRED', `${now - fact.issuedAtMs - fact.expiresMs} ms ago`)
  return null
}

/** A candidate lists every accepted command: more than it can hold would silence the site. */
function tooMany(work: Work): No | null {
  const waiting = work.state.riding.length
  return waiting >= ACCEPTED_MAX ? no('TOO_LARGE', `${waiting} commands wait for their end`) : null
}

type Result = No | { readonly setpoints: readonly string[] }

function siteCommand(work: Work, fact: Command): Result {
  if (fact.name === 'cancel') return cancel(work, fact)
  const parsed = parseCommand(work.site.modes.asset, fact.name, fact.params)
  if (parsed.kind === 'refused') return no(codeOf(parsed.code), parsed.text)
  const byHand = is(work.state.mode, 'operator')
  if (!work.sendMode(parsed.event)) return no('NOT_NOW', `the site is ${fact.name} already`)
  const nowByHand = is(work.state.mode, 'operator')
  if (!byHand && nowByHand) takeOver(work)
  if (byHand && !nowByHand) letGo(work, fact)
  return { setpoints: [] }
}

/** By hand, what was last applied stays until somebody says otherwise; never what was last proposed. */
function takeOver(work: Work): void {
  for (const asset of work.site.assets) {
    const frame = work.state.frames[asset.name]
    const applied: Record<string, number> = {}
    for (const name of Object.keys(asset.asset.spec.setpoints))
      if (frame?.applied[name] !== undefined) applied[name] = frame.applied[name] - (frame.local[name] ?? 0)
    if (Object.keys(applied).length > 0)
      work.move(asset, (actor, outputs) => want(asset, actor, applied, work.values(asset), work.state.now, outputs))
  }
}

/** What somebody asked for by hand and nobody has carried out yet gives way to the mode that decides otherwise (S9). */
function letGo(work: Work, fact: Command): void {
  for (const command of riding(work))
    if (command.setpoints.length > 0) live(work, command, 'supersede', `by ${fact.id}`)
}

function cancel(work: Work, fact: Command): Result {
  const { id } = fact.params
  if (typeof id !== 'string') return no('BAD_PARAMETER', "id is missing; write id='<command>'")
  const command = id === fact.id ? undefined : commandOf(work, id)
  if (!command) return no('NOT_FOUND', `no command '${id}'`)
  if (!live(work, command, 'cancel', 'cancelled by an operator'))
    return no('NOT_NOW', `command '${id}' is ${commandState(command)}`)
  return { setpoints: [] }
}

function assetCommand(work: Work, fact: Command): Result {
  const asset = work.site.byName.get(fact.target)
  if (!asset) return no('NOT_FOUND', `no asset '${fact.target}'; assets: ${[...work.site.byName.keys()].join(', ')}`)
  if (!is(work.state.mode, 'dispatches')) return no('WRONG_MODE', 'the site is off')
  if (fact.name === 'setpoint') return setpointCommand(work, fact)
  const parsed = parseCommand(asset.asset, fact.name, fact.params)
  if (parsed.kind === 'refused') return no(codeOf(parsed.code), parsed.text)
  const why = refusal(asset, work.state.assets[asset.name]!, parsed.event, work.values(asset))
  if (why) {
    if (why.kind === 'guard') return no('NOT_NOW', `guard says no: ${why.guards.join(', ')}`)
    if (why.kind === 'held') return no('NOT_NOW', `${asset.name} is quarantined: ${why.reason}`)
    if (why.kind === 'no-transition')
      return no('NOT_NOW', `${asset.name} is ${why.state}, which takes no '${fact.name}'`)
    return no('UNKNOWN_COMMAND', `'${fact.name}'`)
  }
  work.send(asset, parsed.event)
  return { setpoints: [] }
}

/** `setpoint {name, value}`: every setpoint has it, in manual mode only; it stays until the next one. */
function setpointCommand(work: Work, fact: Command): Result {
  const asset = work.site.byName.get(fact.target)!
  if (!is(work.state.mode, 'operator')) return no('WRONG_MODE', 'a setpoint by hand needs manual mode')
  const { name: setpoint, value: _, ...unknown } = fact.params
  const [extra] = Object.keys(unknown)
  if (extra !== undefined) return no('BAD_PARAMETER', `'${extra}' is no parameter; setpoint takes name and value`)
  const name = String(setpoint ?? '')
  const declared = asset.asset.spec.setpoints[name]
  if (!declared) {
    const known = Object.keys(asset.asset.spec.setpoints).join(', ') || 'none'
    return no('BAD_PARAMETER', `name='${name}' is no setpoint of ${asset.name}; setpoints: ${known}`)
  }
  const value = quantityOf(declared.unit, fact.params.value)
  if (typeof value !== 'number') return value
  const { held } = work.state.assets[asset.name]!
  if (held) return no('NOT_NOW', `${asset.name} is quarantined: ${held.reason}`)
  const bound = boundOf(work, asset, name)
  const outside = value < bound.min ? bound.minBy : value > bound.max ? bound.maxBy : null
  if (outside !== null) {
    const range = `${bound.min} to ${bound.max} (smallest steps of ${declared.unit})`
    return no('OUT_OF_LIMITS', `value=${fact.params.value} is outside ${range}, by '${outside}'`)
  }
  work.move(asset, (actor, outputs) =>
    want(asset, actor, { [name]: value }, work.values(asset), work.state.now, outputs),
  )
  supersede(work, fact, `${asset.name}.${name}`)
  return { setpoints: [`${asset.name}.${name}`] }
}

function quantityOf(unit: Unit, value: string | number | undefined): number | No {
  if (typeof value === 'number') return value
  if (value === undefined) return no('BAD_PARAMETER', `value is missing; write value='12 ${unit}'`)
  try {
    return raw(parse(unit, value, 'value'))
  } catch (error) {
    return no('BAD_PARAMETER', (error as Error).message)
  }
}

/** An older command that still waits on the same setpoint gives way. */
function supersede(work: Work, fact: Command, setpoint: string): void {
  for (const command of riding(work))
    if (command.id !== fact.id && command.setpoints.includes(setpoint))
      live(work, command, 'supersede', `by ${fact.id}`)
}

const codeOf = (code: string): ErrorCode => (code === 'UNKNOWN_COMMAND' ? 'UNKNOWN_COMMAND' : 'BAD_PARAMETER')

function put(work: Work, record: CommandRecord): void {
  work.state = { ...work.state, commands: bounded({ ...work.state.commands, [record.id]: record }, work.state.now) }
}
function bounded(commands: SiteState['commands'], now: number): SiteState['commands'] {
  const ended = Object.values(commands).filter(c => c.endedAtMs !== null)
  const old = ended.filter(c => now - c.endedAtMs! > KEPT_MS)
  const kept = ended.filter(c => !old.includes(c))
  // by their end and not by the keys of the object, where ids that look like numbers come first
  const many =
    kept.length > KEPT_MAX
      ? kept.sort((a, b) => a.endedAtMs! - b.endedAtMs! || (a.id < b.id ? -1 : 1)).slice(0, kept.length - KEPT_MAX)
      : []
  if (old.length + many.length === 0) return commands
  const gone = new Set([...old, ...many].map(c => c.id))
  return Object.fromEntries(Object.entries(commands).filter(([id]) => !gone.has(id)))
}

/** The one way in which a command's life goes on; false where its chart takes no such event now. */
function live(work: Work, command: CommandRecord, type: CommandEvent['type'], reason = ''): boolean {
  const { step, has } = work.site.lives.command
  const { state, taken } = step(command.state, { type })
  if (!taken) return false
  const endedAtMs = command.endedAtMs ?? (has(state, 'terminal') ? work.state.now : null)
  const others = work.state.riding.filter(id => id !== command.id)
  work.state = { ...work.state, riding: has(state, 'rides') ? [...others, command.id] : others }
  put(work, { ...command, state, reason, endedAtMs })
  if (endedAtMs !== null) dropPulses(work, p => p.command === command.id) // they no longer ride
  return true
}
/** Ids are other people's words. */
const commandOf = (work: Work, id: string): CommandRecord | undefined =>
  Object.hasOwn(work.state.commands, id) ? work.state.commands[id] : undefined
const riding = (work: Work): CommandRecord[] => work.state.riding.map(id => work.state.commands[id]!)

const SAID: Readonly<Record<CommandTerminal, CommandEvent['type']>> = {
  confirmed: 'confirm',
  failed: 'fail',
  expired: 'expire',
  superseded: 'supersede',
  cancelled: 'cancel',
  unknown: 'loseSight',
}
/** The gateway's word. After `unknown` it only annotates (S11). */
export function receiveOutcome(work: Work, id: string, outcome: CommandTerminal, reason: string): void {
  const command = commandOf(work, id)
  if (!command) return
  const late = command.endedAtMs !== null
  live(work, command, SAID[outcome], late ? `unknown; the gateway says later: ${outcome}` : reason)
}

/** At the first frame of a gateway's life: what the former one had under way. */
export function lapseFormer(work: Work): void {
  for (const command of riding(work))
    if (command.epoch !== work.state.epoch && command.epoch !== 0)
      live(work, command, 'loseSight', 'the gateway restarted before its word')
}

/** As time passes, also where the gateway is gone and makes no frames (S10). */
export function lapseCommands(work: Work): void {
  const { now } = work.state
  const wordMs = WORD_CYCLES * work.site.manifest.timing.cycleMs
  for (const command of riding(work))
    if (now > command.expiresAtMs + wordMs) live(work, command, 'loseSight', 'no word from the gateway')
}
export const lapsePulses = (work: Work): void => dropPulses(work, p => work.state.now > p.untilMs)

/** Pulses that end without a receipt: the asset learns that they failed. */
function dropPulses(work: Work, gone: (p: SiteState['pulses'][number]) => boolean): void {
  const dropped = work.state.pulses.filter(gone)
  if (dropped.length === 0) return
  work.state = { ...work.state, pulses: work.state.pulses.filter(p => !gone(p)) }
  for (const { asset, name } of dropped) {
    const placed = work.site.byName.get(asset)
    if (placed) work.send(placed, { type: 'pulseFailed', pulse: name })
  }
}

/** A pulse's receipt: it no longer rides, and its asset learns what came of it. */
export function receivePulse(work: Work, id: string, done: boolean): void {
  const pulse = work.state.pulses.find(p => p.id === id)
  if (!pulse) return
  work.state = { ...work.state, pulses: work.state.pulses.filter(p => p !== pulse) }
  const asset = work.site.byName.get(pulse.asset)
  if (asset) work.send(asset, { type: done ? 'pulsed' : 'pulseFailed', pulse: pulse.name })
}
