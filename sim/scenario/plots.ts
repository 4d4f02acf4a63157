/** Curves for a page: a bounded number of points each, that keep every peak. */
import type { Evidence } from '../oracle/evidence.ts'
import type { Names } from './names.ts'

/** As many as a wide screen has columns, and for each the lowest and the highest of its time. */
const COLUMNS = 900

interface Curve {
  readonly name: string
  /** In the unit of its plot; null: nothing known. */
  readonly values: readonly (number | null)[]
  /** Of a setpoint: an index into `whys` for each value. */
  readonly why?: readonly number[]
}
export interface Plots {
  /** Seconds since 1970, for every curve. */
  readonly times: readonly number[]
  readonly power: readonly Curve[]
  readonly soc: readonly Curve[]
  readonly frequency: readonly Curve[]
  readonly setpoints: readonly Curve[]
  readonly whys: readonly string[]
}

export function plotsOf(e: Evidence, names: Names, forMs: number): Plots {
  const looks = e.site.field.looks.filter(l => l.atMs <= forMs)
  const columns = Math.min(COLUMNS, Math.ceil(looks.length / 2))
  const bucket = (i: number) => Math.floor((i * columns) / looks.length)
  const ofColumn = Map.groupBy(looks.keys(), bucket)
  const startMs = e.world.epochMs
  const times = [...ofColumn.values()].flatMap(own => {
    const [from, to] = [looks[own[0]!]!.atMs, looks[own.at(-1)!]!.atMs]
    return [startMs + from, startMs + from + Math.max(1, (to - from) / 2)]
  })
  const curve = (name: string, key: string, scale: number): Curve => {
    const quantity = names.quantities.get(key)!
    const values = [...ofColumn.values()].flatMap(own => extremes(own.map(i => quantity.of(looks[i]!.state) / scale)))
    return { name, values }
  }
  const all = (suffix: string, scale: number) =>
    [...names.quantities.keys()]
      .filter(key => key.endsWith(suffix))
      .map(key => curve(key.slice(0, -suffix.length), key, scale))
  const decided = decidedOf(
    e,
    times.map(ms => ms - startMs),
  )
  return {
    times: times.map(ms => ms / 1_000),
    power: all('.power', 1_000),
    soc: all('.soc', 10),
    frequency: all('.frequency', 1_000),
    ...decided,
  }
}

/** The lowest and the highest, in the order in which they came. */
function extremes(values: readonly number[]): [number, number] {
  let [low, high] = [0, 0]
  values.forEach((value, i) => {
    if (value < values[low]!) low = i
    if (value > values[high]!) high = i
  })
  return low <= high ? [values[low]!, values[high]!] : [values[high]!, values[low]!]
}

/** What the standing verdict says at each time, and why; nothing once its validity is over. */
function decidedOf(e: Evidence, timesMs: readonly number[]): Pick<Plots, 'setpoints' | 'whys'> {
  const curves = new Map<string, { values: (number | null)[]; why: number[] }>()
  const whys = new Map<string, number>([['', 0]])
  let at = -1
  timesMs.forEach((ms, i) => {
    while (at + 1 < e.verdicts.length && e.verdicts[at + 1]!.atMs <= ms) at++
    const standing = e.verdicts[at]
    if (!standing || ms - standing.atMs > e.manifest.timing.validityMs) return
    const { assets } = standing.verdict.actions
    for (const [asset, { setpoints }] of Object.entries(assets))
      for (const [name, { value, why, boundBy }] of Object.entries(setpoints)) {
        const key = `${asset}.${name}`
        let curve = curves.get(key)
        if (!curve) curves.set(key, (curve = { values: timesMs.map(() => null), why: timesMs.map(() => 0) }))
        const words = boundBy === undefined ? why : `${why}; bound by ${boundBy}`
        if (!whys.has(words)) whys.set(words, whys.size)
        curve.values[i] = value / 1_000
        curve.why[i] = whys.get(words)!
      }
  })
  return { setpoints: [...curves].map(([name, curve]) => ({ name, ...curve })), whys: [...whys.keys()] }
}
