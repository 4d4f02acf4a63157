/**
 * Makes the inputs of the scenarios, the same on every run: no measurement of anybody's. `frequency.csv`: half an hour
 * around a full hour, with drift, the swing of the hour, the loss of a large unit (100 mHz) and a minute of a dead bus.
 * `works-day.csv`: a workshop with three runs of an oven. Run it to write both: `node sim/scenarios/inputs/make.ts`.
 */
import { writeFileSync } from 'node:fs'
import { randomOf, share } from '../../world/draw.ts'

const LOSS_S = 900
const DEAD = { fromS: 1_320, toS: 1_380 }

/** Nearly normal: the sum of twelve uniform draws (Irwin and Hall). */
function normalOf(name: string): () => number {
  const random = randomOf(1, name)
  return () => Array.from({ length: 12 }, () => share(random.u32())).reduce((sum, x) => sum + x, -6)
}

function frequency(): string {
  const noise = normalOf('frequency')
  const bus = normalOf('voltage')
  let wander = 0
  const rows = Array.from({ length: 1_800 }, (_, s) => {
    wander += -wander / 40 + noise() * 0.0025
    const hour = 0.03 * Math.exp(-(((s - 600) / 90) ** 2))
    const t = s - LOSS_S
    const loss = t >= 0 && t < 180 ? 0.1 * (1 - Math.exp(-t / 3)) * Math.exp(-t / 80) : 0
    const dead = s >= DEAD.fromS && s < DEAD.toS
    const hz = dead ? 47.5 + noise() : 50 + 0.012 * Math.sin((2 * Math.PI * s) / 1_500) + wander + hour - loss
    const volt = dead ? 120 + bus() * 10 : 27_000 + 40 * Math.sin(s / 97) + bus() * 8
    return `${s},${hz.toFixed(3)},${volt.toFixed(1)}`
  })
  return ['second,frequency,voltage', ...rows, ''].join('\n')
}

function works(): string {
  const noise = normalOf('works')
  const ovens = [
    [9.5, 10.75],
    [13.5, 14.5],
    [17, 19.25],
  ] as const
  let wander = 0
  const rows = Array.from({ length: 288 }, (_, i) => {
    const hour = i / 12
    wander = 0.7 * wander + noise() * 0.7
    const shift = hour > 6 && hour < 18 ? 14 * Math.sin((Math.PI * (hour - 6)) / 12) : 0
    const oven = ovens.some(([from, to]) => hour >= from && hour < to) ? 34 : 0
    const at = `${String(Math.floor(hour)).padStart(2, '0')}:${String((i % 12) * 5).padStart(2, '0')}`
    return `2025-06-21T${at}Z,${(8 + shift + oven + wander).toFixed(2)}`
  })
  return ['time,load', ...rows, ''].join('\n')
}

writeFileSync(new URL('frequency.csv', import.meta.url), frequency())
writeFileSync(new URL('works-day.csv', import.meta.url), works())
