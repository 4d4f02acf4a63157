/**
 * What honest replicas decided, held against the frame that they decided on. All of them share one code, so that they
 * agree on its mistakes too: here it is worked out once more, apart, in big integers and from the design alone.
 */
import type { SetpointAction } from '../../protocol/words/candidate.ts'
import type { FactOf } from '../../protocol/words/facts.ts'
import type { ManifestAsset } from '../../protocol/words/manifest.ts'
import { KINDS } from '../faults/kinds.ts'
import type { Find, Finding } from './check.ts'
import type { Evidence, Signed } from './evidence.ts'
import { gridOf, powerOf as plantPowerOf } from './plant-words.ts'
import { permitted } from './timeline.ts'
import { honest } from './votes.ts'

type Frame = FactOf<'FrameMeasured'>
interface Decided {
  readonly signed: Signed
  readonly frame: Frame
  /** The decision on the frame before it. */
  readonly before: Signed | undefined
}
/** Each decision once, with its frame. */
const decisions = (e: Evidence, traitor: string | null) => e.once('decisions', () => eachOnce(e, traitor))
function eachOnce(e: Evidence, traitor: string | null): readonly Decided[] {
  const frames = new Map(e.of('FrameMeasured').map(f => [f.position, f.fact]))
  const byCycle = new Map<string, Signed>()
  for (const signed of honest(e, traitor)) byCycle.set(`${signed.candidate.epoch}/${signed.candidate.cycle}`, signed)
  return [...byCycle.values()].flatMap(signed => {
    const { epoch, cycle, position } = signed.candidate
    const frame = frames.get(position)
    return frame ? [{ signed, frame, before: byCycle.get(`${epoch}/${cycle - 1}`) }] : []
  })
}
const powerOf = ({ signed }: Pick<Decided, 'signed'>, asset: string): SetpointAction | undefined =>
  signed.candidate.actions.assets[asset]?.setpoints.power
const at = ({ signed }: Decided, text: string): Finding => ({
  atMs: signed.atMs,
  text: `cycle ${signed.candidate.cycle}: ${text}`,
})
const batteries = (e: Evidence): readonly ManifestAsset[] => e.manifest.assets.filter(a => a.type === 'battery')
const good = (frame: Frame, asset: string, point: string): number | null => {
  const p = frame.assets[asset]?.points[point]
  return p?.quality === 'good' && typeof p.value === 'number' ? p.value : null
}

/** S36, S24, S5: no power for whom its frame says that it is local, unseen, empty or full. */
export const decidedWithinReach: Find = (e, { profile }) =>
  decisions(e, profile.traitor).flatMap(d =>
    batteries(e).flatMap(({ name, settings }) => {
      const power = powerOf(d, name)
      const points = d.frame.assets[name]?.points
      if (!power || !points) return []
      const says = (text: string) => [at(d, `${name} may give ${power.min} to ${power.max} W; ${text}`)]
      if (power.min < 0 || power.max > 0) {
        if (points.mode?.quality === 'good' && points.mode.value === 'local') return says('it is in local mode')
        const lost = Object.entries(points).find(([, p]) => p.quality === 'bad')
        if (lost) return says(`its ${lost[0]} is bad`)
      }
      const { socMin, socMax } = settings as Record<string, number>
      const soc = good(d.frame, name, 'soc')
      if (soc !== null && soc <= socMin! && power.max > 0) return says(`its state of charge is ${soc} permille`)
      return soc !== null && soc >= socMax! && power.min < 0 ? says(`its state of charge is ${soc} permille`) : []
    }),
  )

/** S24: a strategy whose meter has been bad for longer than a verdict is valid has nothing more to say. */
export const blindLetsGo: Find = (e, { profile }) => {
  const { validityMs, cycleMs } = e.manifest.timing
  const { meter } = e.manifest.limits
  const bad = new Map<number, number>()
  let inARow = 0
  for (const { position, fact } of e.of('FrameMeasured')) {
    inARow = fact.assets[meter]?.points.power?.quality === 'bad' ? inARow + 1 : 0
    bad.set(position, inARow)
  }
  return decisions(e, profile.traitor).flatMap(d => {
    const { mode } = d.signed.candidate.actions
    if (!STRATEGIES.includes(mode) || (bad.get(d.signed.candidate.position) ?? 0) <= validityMs / cycleMs + 3) return []
    return batteries(e).flatMap(({ name }) => {
      const power = powerOf(d, name)
      return power && power.value !== 0 ? [at(d, `${name} is to give ${power.value} W; the meter is long bad`)] : []
    })
  })
}
const STRATEGIES: readonly string[] = ['automatic', 'observe']

/** S25: who takes over by hand begins with what was last applied. */
export const byHandFromApplied: Find = (e, { profile }) => {
  const frames = e.of('FrameMeasured')
  const asked = [...permitted(e).values()].map(({ position, fact }) => ({ position, ...(fact as any) }))
  return decisions(e, profile.traitor).flatMap(d => {
    const { candidate } = d.signed
    const before = d.before?.candidate
    if (candidate.actions.mode !== 'manual' || !before || before.actions.mode === 'manual') return []
    const since = asked.filter(c => c.position > before.position && c.position < candidate.position)
    const turn = since.find(c => c.target === 'site' && c.name === 'manual')
    const seen = turn && frames.findLast(f => f.position < turn.position)?.fact
    if (!seen || since.length > 1) return []
    return batteries(e).flatMap(({ name }) => {
      const power = powerOf(d, name)
      const own = seen.assets[name]
      const applied = own?.applied.power
      if (!power || applied === undefined || power.boundBy !== undefined || power.min === power.max) return []
      const kept = applied - (own!.local.power ?? 0)
      return power.value === kept ? [] : [at(d, `${name} is to give ${power.value} W by hand; ${kept} was applied`)]
    })
  })
}

/**
 * S25: a gateway that starts while all is steady, and misses a read at most, has the same decided as before. What it
 * could not read for as long as it may wait is not its doing.
 */
export const decidedAsBefore: Find = (e, { profile }) => {
  const waitMs = e.manifest.timing.validityMs / 2
  const lives = e.lives.filter(l => l.process.endsWith('gateway'))
  const all = decisions(e, profile.traitor).toSorted(
    ({ frame: a }, { frame: b }) => a.epoch - b.epoch || a.cycle - b.cycle,
  )
  return all.flatMap((d, i) => {
    const last = all[i - 1]
    const sentMs = e.framesSent.get(d.frame.cycle)
    const fromMs = last && e.framesSent.get(last.frame.cycle)
    if (!last || d.frame.epoch === last.frame.epoch || sentMs === undefined || fromMs === undefined) return []
    const life = lives.find(l => l.fromMs > fromMs && l.fromMs <= sentMs)
    if (!life || sentMs - life.fromMs >= waitMs || sentMs - fromMs > e.manifest.timing.validityMs) return []
    const before = all.slice(Math.max(0, i - STEADY_CYCLES), i)
    if (![...before, d].every(b => free(b, d)) || !steady(e, before) || !onlyReadsLost(e, fromMs, sentMs)) return []
    if (demandAt(e, sentMs, fromMs) > STEADY_W) return []
    return batteries(e).flatMap(({ name }) => {
      const [was, is] = [powerOf(last, name)!.value, powerOf(d, name)?.value]
      return is !== undefined && Math.abs(is - was) <= MOVED_W
        ? []
        : [
            at(
              d,
              `${name} is to give ${is} W; before the start of ${life.process} it was ${was} W, and nothing has changed`,
            ),
          ]
    })
  })
}
const STEADY_CYCLES = 4
const STEADY_W = 100
const MOVED_W = 250
/** Automatic, nobody's commands in it, under one manifest. */
const free = (one: Decided, as: Decided): boolean => {
  const { actions, manifest } = one.signed.candidate
  return actions.mode === 'automatic' && actions.commands.length === 0 && manifest === as.signed.candidate.manifest
}
/** Of one life, on frames without a hole, and each battery's power about the same all along. */
function steady(e: Evidence, before: readonly Decided[]): boolean {
  const [first] = before
  const seen = ({ frame }: Decided) =>
    Object.values(frame.assets).every(({ points }) => Object.values(points).every(p => p.quality !== 'bad'))
  const near = (a: number | undefined, b: number | undefined) =>
    a !== undefined && b !== undefined && Math.abs(a - b) <= STEADY_W
  return (
    before.length === STEADY_CYCLES &&
    before.every(d => d.frame.epoch === first!.frame.epoch && seen(d)) &&
    batteries(e).every(({ name }) => before.every(d => near(powerOf(d, name)?.value, powerOf(first!, name)?.value)))
  )
}
const onlyReadsLost = (e: Evidence, fromMs: number, toMs: number): boolean =>
  e.world.faults.every(
    f =>
      READS.has(f.kind) ||
      !['plant', 'data'].includes(KINDS[f.kind].group) ||
      f.fromMs > toMs ||
      f.fromMs + f.forMs + STEADY_CYCLES * 1_000 < fromMs,
  )
const READS = new Set<string>(['freeze', 'drop', 'replyLost', 'unanswered'])
/** How far what the site would draw without its batteries has moved between two times, W. */
function demandAt(e: Evidence, atMs: number, beforeMs: number): number {
  const demand = (ms: number) => {
    const state = e.site.field.looks.findLast(l => l.atMs <= ms)!.state
    return gridOf(state) + batteries(e).reduce((sum, { name }) => sum + plantPowerOf(state, name), 0)
  }
  return Math.abs(demand(atMs) - demand(beforeMs))
}

/**
 * S31: peak shaving over batteries. The total from the frame's powers, in big integers; its shares within what each
 * may give, exact to the watt, and what is beyond all of them named.
 */
export const sharedExactly: Find = (e, { profile }) => {
  const shaving = e.manifest.strategies.find(s => s.type === 'peakShaving')
  // a battery whose power a law decides takes no share of the strategy's total
  if (!shaving || e.manifest.laws.some(l => l.law === 'fcr' && shaving.roles.storage!.includes(l.asset))) return []
  const { peak, recharge, gain } = shaving.settings as Record<string, number>
  const [meter] = shaving.roles.meter!
  const storage = batteries(e).filter(a => shaving.roles.storage!.includes(a.name))
  return decisions(e, profile.traitor).flatMap(d => {
    if (!STRATEGIES.includes(d.signed.candidate.actions.mode) || !d.before) return []
    const shares = storage.map(asset => shareOf(asset, d))
    const meterW = good(d.frame, meter!, 'power')
    if (meterW === null || !shares.every(s => s !== null) || !together(d.frame, [meter!, ...storage.map(a => a.name)]))
      return []
    const ownW = shares.reduce((sum, s) => sum + s.measured, 0n)
    const without = BigInt(meterW) + ownW
    const target = without >= peak! ? without - BigInt(peak!) : without <= recharge! ? without - BigInt(recharge!) : 0n
    const total = ownW + ((target - ownW) * BigInt(gain!)) / 1_000n
    const wrong = unfair(total, shares)
    return wrong === null ? [] : [at(d, `of ${total} W: ${wrong}`)]
  })
}
interface Share {
  readonly name: string
  readonly measured: bigint
  readonly value: bigint
  readonly min: bigint
  readonly max: bigint
  /** Energy above and below its limits. */
  readonly discharge: bigint
  readonly charge: bigint
  readonly beyond: bigint
}
/** Null where it cannot be judged: not measured, or its bounds have just changed. */
function shareOf(asset: ManifestAsset, d: Decided): Share | null {
  const power = powerOf(d, asset.name)
  const was = d.before && powerOf({ signed: d.before }, asset.name)
  const measured = good(d.frame, asset.name, 'power')
  const soc = good(d.frame, asset.name, 'soc')
  if (!power || measured === null || soc === null || was?.min !== power.min || was.max !== power.max) return null
  const { energy, socMin, socMax } = asset.settings as Record<string, number>
  const weight = (permille: number) => BigInt(Math.max(0, permille) * energy!)
  return {
    name: asset.name,
    measured: BigInt(measured),
    value: BigInt(power.value),
    min: BigInt(power.min),
    max: BigInt(power.max),
    discharge: weight(soc - socMin!),
    charge: weight(socMax! - soc),
    beyond: BigInt(/; (-?\d+) beyond all bounds/.exec(power.why)?.[1] ?? 0),
  }
}
/** Read in one cycle: of ages that differ by one nothing can be added up. */
function together(frame: Frame, assets: readonly string[]): boolean {
  const ages = assets.map(name => frame.assets[name]?.points.power?.ageMs ?? 0)
  return Math.max(...ages) - Math.min(...ages) < 1_000
}

/** What is wrong with these shares of a total; null: nothing. */
function unfair(total: bigint, shares: readonly Share[]): string | null {
  const sum = (of: (s: Share) => bigint) => shares.reduce((all, s) => all + of(s), 0n)
  const [least, most, given] = [sum(s => s.min), sum(s => s.max), sum(s => s.value)]
  const reached = total < least ? least : total > most ? most : total
  const words = shares.map(s => `${s.name} ${s.value}`).join(', ')
  if (given !== reached) return `${words}, together ${given} instead of ${reached}`
  const short = total - reached
  const misnamed = shares.find(s => s.beyond !== short)
  if (misnamed) return `${words}: ${short} beyond all bounds is named as ${misnamed.beyond}`
  // by weight among those that nothing clips; the watts that are left go to the largest remainders, then to the earlier
  const down = given < 0n
  const size = (w: bigint) => (w < 0n ? -w : w)
  const open = shares.filter(s => (down ? s.value > s.min : s.value < s.max))
  const weightOf = (s: Share) => (down ? s.charge : s.discharge)
  const all = open.reduce((w, s) => w + weightOf(s), 0n)
  const ofOpen = open.reduce((w, s) => w + size(s.value), 0n)
  if (all === 0n || open.some(s => s.min > 0n || s.max < 0n)) return null
  const exact = open.map((s, i) => ({ i, whole: (ofOpen * weightOf(s)) / all, rest: (ofOpen * weightOf(s)) % all }))
  const over = Number(ofOpen - exact.reduce((w, x) => w + x.whole, 0n))
  const order = exact.toSorted((a, b) => (a.rest === b.rest ? a.i - b.i : a.rest > b.rest ? -1 : 1))
  const more = new Set(order.slice(0, over).map(x => x.i))
  const wrong = open.find((s, i) => size(s.value) !== exact[i]!.whole + (more.has(i) ? 1n : 0n))
  return wrong
    ? `${words}: ${wrong.name} should have ${exact[open.indexOf(wrong)]!.whole}, and what is left over`
    : null
}
