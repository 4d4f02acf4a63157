/** Conservation of energy: what the log's frames integrate to is what the plant's own meter has counted. */
import type { PlantState } from '../plant/state.ts'
import type { Find } from './check.ts'

/** Where a sensor shows what is not so, or the meter cannot be read, the frames say less than the meter. */
const BLIND = new Set<string>([
  'notANumber',
  'outOfRange',
  'oldMeter',
  'frozen',
  'freeze',
  'drop',
  'replyLost',
  'slowField',
])
/** Frames further apart than this leave a hole that nobody integrates over. */
const GAP_CYCLES = 1.5
/** A frame is a sample: between two of them the power may have moved. */
const SHARE = 0.03
const SLACK_WH = 10

/** The net import that the plant's meter at the connection has counted, Wh. */
function meteredWh(state: PlantState): number {
  const grid = Object.values(state.assets).find(a => a.type === 'grid')
  return grid?.type === 'grid' ? (grid.importedMwh - grid.exportedMwh) / 1_000 : 0
}

export const energyIsConserved: Find = (e, { endMs }) => {
  const { meter } = e.manifest.limits
  if (e.world.faults.some(f => BLIND.has(f.kind) && (f.target === meter || f.target === '*'))) return []
  const { looks } = e.site.field
  const gapMs = GAP_CYCLES * e.manifest.timing.cycleMs
  const frames = e.of('FrameMeasured').flatMap(({ fact }) => {
    const atMs = e.framesSent.get(fact.cycle)
    const value = fact.assets[meter]?.points.power?.value
    return atMs === undefined || typeof value !== 'number' ? [] : [{ atMs, powerW: value }]
  })
  let logWh = 0
  let countedWh = 0
  let throughWh = 0
  let at = 0
  const stateAt = (atMs: number): PlantState => {
    while (at + 1 < looks.length && looks[at + 1]!.atMs <= atMs) at++
    return looks[at]!.state
  }
  for (let i = 1; i < frames.length; i++) {
    const from = frames[i - 1]!
    const to = frames[i]!
    const ms = to.atMs - from.atMs
    if (ms <= 0 || ms > gapMs) continue
    const wh = ((from.powerW + to.powerW) / 2) * (ms / 3_600_000)
    logWh += wh
    throughWh += Math.abs(wh)
    const before = stateAt(from.atMs)
    countedWh += meteredWh(stateAt(to.atMs)) - meteredWh(before)
  }
  const offWh = Math.abs(logWh - countedWh)
  return offWh <= SHARE * throughWh + SLACK_WH
    ? []
    : [
        {
          atMs: endMs,
          text: `the frames add up to ${logWh.toFixed(1)} Wh, the meter counted ${countedWh.toFixed(1)} Wh`,
        },
      ]
}
