/**
 * How a schedule is written in a site file: slots by ';', each a time from-to in UTC and the grid target in it.
 *
 *   '17:00-20:00 2 kW; 22:00-06:00 -1 kW'                      every day, over midnight too
 *   '2026-11-20T17:00Z/2026-11-20T20:00Z 2 kW'                 once (ISO 8601)
 *
 * Whole arithmetic without the host's calendar, so that every replica reads it alike. Throws a TypeError that names
 * the place and what to write.
 */
import { parse, raw } from '../../protocol/words/units.ts'
import { DAY_MS, overlap, type Schedule, type Slot } from '../laws/schedule.ts'

const DAILY = /^([0-2]\d):([0-5]\d)-([0-2]\d):([0-5]\d) (\S+ \S+)$/
const STAMP = String.raw`(\d{4})-(\d\d)-(\d\d)T([0-2]\d):([0-5]\d)(?::([0-5]\d))?Z`
const DATED = new RegExp(`^${STAMP}/${STAMP} (\\S+ \\S+)$`)
const EXAMPLES = `'17:00-20:00 2 kW' (UTC, daily) or '2026-11-20T17:00Z/2026-11-20T20:00Z 2 kW'`
/** A year of quarter hours; more is no plan but a forecast. */
const SLOTS_MAX = 35_040

export function readPlan(text: string, where = 'plan'): Schedule {
  const written = text
    .split(';')
    .map(slot => slot.trim())
    .filter(slot => slot !== '')
  if (written.length === 0) throw new TypeError(`${where}: names no slot; write ${EXAMPLES}`)
  if (written.length > SLOTS_MAX) throw new TypeError(`${where}: ${written.length} slots; at most ${SLOTS_MAX}`)
  const kind = written[0]!.includes('T') ? 'dated' : 'daily'
  const places = new Map<Slot, string>()
  for (const [i, slot] of written.entries()) {
    const at = `${where}, slot ${i + 1}`
    const read = kind === 'daily' ? daily(slot, at) : dated(slot, at)
    if (!read) throw new TypeError(`${at}: '${slot}' is no ${kind} slot; write ${EXAMPLES}, one kind in a plan`)
    places.set(read, slot)
  }
  const schedule: Schedule = { kind, slots: [...places.keys()] }
  const both = overlap(schedule)
  if (!both) return schedule
  const say = (s: Slot) => places.get(s) ?? written.find(w => daily(w, where)?.startMs === s.startMs % DAY_MS)
  throw new TypeError(`${where}: '${say(both[0])}' and '${say(both[1])}' overlap; end one where the other begins`)
}

function daily(text: string, where: string): Slot | null {
  const m = DAILY.exec(text)
  if (!m) return null
  const [startMs, endMs] = [minutes(m[1]!, m[2]!), minutes(m[3]!, m[4]!)]
  if (startMs >= DAY_MS || endMs > DAY_MS) throw new TypeError(`${where}: '${text}' names no time of day`)
  if (startMs === endMs) throw new TypeError(`${where}: '${text}' is empty; a whole day is 00:00-24:00`)
  const durationMs = endMs > startMs ? endMs - startMs : endMs + DAY_MS - startMs
  return { startMs, durationMs, gridW: raw(parse('W', m[5]!, where)) }
}

function dated(text: string, where: string): Slot | null {
  const m = DATED.exec(text)
  if (!m) return null
  const startMs = stamp(m.slice(1, 7), text, where)
  const durationMs = stamp(m.slice(7, 13), text, where) - startMs
  if (durationMs <= 0) throw new TypeError(`${where}: '${text}' ends before it begins`)
  return { startMs, durationMs, gridW: raw(parse('W', m[13]!, where)) }
}

const minutes = (h: string, min: string): number => (Number(h) * 60 + Number(min)) * 60_000

function stamp(parts: readonly (string | undefined)[], text: string, where: string): number {
  const [y, mo, d, h, min, s] = parts.map(p => Number(p ?? 0)) as [number, number, number, number, number, number]
  const leap = y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0)
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][mo - 1]
  if (days === undefined || d < 1 || d > days || h > 23)
    throw new TypeError(`${where}: '${text}' names a day or hour that does not exist`)
  return daysSince1970(y, mo, d) * DAY_MS + ((h * 60 + min) * 60 + s) * 1_000
}

/** Days of the civil calendar, years counted from March (Hinnant, chrono-compatible low-level date algorithms). */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
