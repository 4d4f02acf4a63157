/**
 * The site's connection: its fuse and its export cap, over all setpoints together (S5).
 *
 * N1  With everything else as measured, what the setpoints will make of it once every device has followed leaves
 *     neither limit. Devices that still move count with where they move to, not with where they are.
 *     All of it as read just now: an old meter beside new device powers would count the same watts twice.
 * N2  Writes leave in an order in which no prefix of them leaves a limit either; where no whole write fits, a part of
 *     one does, and the next round goes on.
 * N3  Where the connection is beyond a limit already, nothing makes it worse.
 * N4  Without the meter, read just now, nothing grows (S24): a setpoint may only go towards zero.
 */
import { largestRemainder } from '../actors/laws/allocate.ts'
import type { Draft, Situation, Target } from './target.ts'

export const numberOf = (v: number | string | undefined): number | null => (typeof v === 'number' ? v : null)

const appliedOf = (s: Situation, t: Target): number => s.applied[`${t.asset}.${t.name}`]?.value ?? 0
const gridOf = (s: Situation): number | null => numberOf(s.fresh[s.limits.meter]?.power)

/** Setpoints that are a power, and those that only cap one. */
const isPower = (t: Target) => t.name === 'power'
const isCeiling = (t: Target) => t.name === 'powerMax'

/**
 * What a setpoint adds to what the asset gives now, W. A ceiling that rises may free all of it; one that falls takes
 * what is measured above it, and nothing where that is not known.
 */
function addedW(s: Situation, t: Target, value: number): number {
  const measured = numberOf(s.fresh[t.asset]?.power)
  if (isPower(t)) return value - (measured ?? appliedOf(s, t))
  if (!isCeiling(t)) return 0
  const risen = value - appliedOf(s, t)
  return risen > 0 ? risen : Math.min(0, value - (measured ?? value))
}

/** Cuts what would leave a limit, from those that push towards it, by equal shares of their push. */
export function keepConnection(s: Situation, drafts: readonly Draft[]): readonly Target[] {
  const gridW = gridOf(s)
  if (gridW === null) return drafts.map(d => stripped(shrinking(s, d)))
  const afterW = gridW - drafts.reduce((sum, d) => sum + addedW(s, d, d.value), 0)
  const { importMaxW, exportMaxW } = s.limits
  const over = afterW > importMaxW ? afterW - importMaxW : afterW < -exportMaxW ? afterW + exportMaxW : 0
  if (over === 0) return drafts.map(stripped)
  // over > 0: too much import, so those that fall are held up; a ceiling is never held up against what lowers it
  const pushes = drafts.map(d => {
    const pushW = over > 0 ? -addedW(s, d, d.value) : addedW(s, d, d.value)
    return pushW > 0 && (isPower(d) || (over < 0 && isCeiling(d))) ? pushW : 0
  })
  const cuts = largestRemainder(
    Math.min(
      Math.abs(over),
      pushes.reduce((sum, w) => sum + w, 0),
    ),
    pushes,
  )
  const boundBy = over > 0 ? 'siteFuse' : 'exportCap'
  return drafts.map((d, i) => {
    if (cuts[i] === 0) return stripped(d)
    const cut = over > 0 ? cuts[i]! : -cuts[i]!
    return stripped(moved(d, relieving(d.value + cut, d.step, Math.sign(over)), boundBy))
  })
}

/** N4. */
function shrinking(s: Situation, d: Draft): Draft {
  if (!isPower(d)) return d
  const held = appliedOf(s, d)
  const value = Math.max(Math.min(held, 0), Math.min(Math.max(held, 0), d.value))
  return value === d.value ? d : moved(d, value, 'meterLost')
}

/** Rounds to the register's step on the side that relieves the connection. */
const relieving = (value: number, step: number, sign: number): number =>
  (sign > 0 ? Math.ceil(value / step) : Math.floor(value / step)) * step || 0

/** The service was added last and is cut first. */
function moved(d: Draft, value: number, boundBy: string): Draft {
  const within = Math.max(d.lo, Math.min(d.hi, value))
  if (within === d.value) return d
  const rest = within - (d.value - d.local)
  const local = d.local > 0 ? Math.max(0, Math.min(d.local, rest)) : Math.min(0, Math.max(d.local, rest))
  return { ...d, value: within, local: local || 0, boundBy }
}
const stripped = ({ lo: _lo, hi: _hi, step: _step, ...target }: Draft): Target => target

/** The order in which writes leave (N2). Without the meter, as given. */
export function inSafeOrder(s: Situation, wanted: readonly Target[], stepOf: (t: Target) => number): readonly Target[] {
  const gridW = gridOf(s)
  if (gridW === null) return wanted
  const moving = (t: Target) => addedW(s, t, t.value) - addedW(s, t, appliedOf(s, t))
  const ordered: Target[] = wanted.filter(t => moving(t) === 0)
  const open = wanted.filter(t => moving(t) !== 0)
  // where the devices are going already, whether they are written or not (N1)
  const pendingW = s.assets.flatMap(a => Object.keys(a.envelope).map(name => ({ asset: a.name, name }) as Target))
  let atW = gridW - pendingW.reduce((sum, t) => sum + addedW(s, t, appliedOf(s, t)), 0)
  while (open.length > 0) {
    // how far down and up it may go from here (N3)
    const down = Math.max(0, atW + s.limits.exportMaxW)
    const up = Math.max(0, s.limits.importMaxW - atW)
    const fits = (t: Target) => moving(t) <= down && -moving(t) <= up
    const best = nearestToMiddle(open.filter(fits), t => atW - moving(t), s)
    const next = best ?? part(s, open, down, up, stepOf)
    if (!next) break
    atW -= moving(next)
    ordered.push(next)
    open.splice(
      open.findIndex(t => t.asset === next.asset && t.name === next.name),
      1,
    )
  }
  return ordered
}

function nearestToMiddle(fitting: readonly Target[], after: (t: Target) => number, s: Situation): Target | undefined {
  const middleW = (s.limits.importMaxW - s.limits.exportMaxW) / 2
  const off = (t: Target) => Math.abs(after(t) - middleW)
  return fitting.reduce<Target | undefined>((best, t) => (best && off(best) <= off(t) ? best : t), undefined)
}

/** As much of one write as fits; the first that gains anything. */
function part(
  s: Situation,
  open: readonly Target[],
  down: number,
  up: number,
  stepOf: (t: Target) => number,
): Target | undefined {
  for (const t of open) {
    const held = appliedOf(s, t)
    const rising = t.value > held
    const roomW = rising ? down : up
    const value = relieving(held + (rising ? roomW : -roomW), stepOf(t), rising ? -1 : 1)
    const gains = rising ? value > held : value < held
    if (gains) return { ...t, value, boundBy: rising ? 'exportCap' : 'siteFuse' }
  }
  return undefined
}
