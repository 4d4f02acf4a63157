/** The last line of a run: what was decided, written, and what the plant metered of it. */

import { NO_SLOTS, type Slots } from '../../protocol/words/facts.ts'
import type { PlantView } from './parts.ts'
import type { Tally } from './tally.ts'

/** What is known of a run without its tally. */
export interface Uncounted {
  readonly site: string
  /** As the gateway tells them; null: it does not answer, and the newest frame counts. */
  readonly slots: { readonly before: Slots; readonly now: Slots | null }
  /** The plant's meters at the start and at the end of this run; null where no plant is simulated. */
  readonly meters: { readonly from: PlantView['meters']; readonly to: PlantView['meters'] } | null
  readonly peakImportW: number
  readonly replicas: Readonly<Record<string, { readonly position: number; readonly stateHash: string }>>
  /** No latency is claimed from a lockstep run. */
  readonly lockstep: boolean
  readonly input: { readonly rows: number; readonly gaps: number; readonly bad: number }
}

export function summaryOf(s: Uncounted & { readonly tally: Tally }) {
  const { tally } = s
  const { suppressed: _, ...receipts } = tally.outcomes
  const latency = s.lockstep ? null : tally.latencyMs()
  return {
    kind: 'summary' as const,
    site: s.site,
    cycles: since(s.slots.before, s.slots.now ?? tally.lastSlots) ?? NO_SLOTS,
    decisions: tally.candidates,
    verdicts: tally.verdicts,
    dissents: tally.dissents,
    writes: tally.writes,
    commands: tally.commands,
    receipts,
    envelopeClamps: tally.envelopeClamps,
    replicas: s.replicas,
    latencyMs: latency ?? { p50: null, p99: null, max: null },
    energyWh: s.meters ? { ...energyOf(s.meters), imbalance: imbalanceOf(s.meters, tally) } : null,
    peakImportW: s.peakImportW,
    input: s.input,
  }
}
/** Slots are counted since the site was commissioned; a run tells its own. */
const since = (before: Slots, now: Slots | null): Slots | null =>
  now &&
  (Object.fromEntries(Object.entries(now).map(([c, n]) => [c, n - before[c as keyof Slots]])) as unknown as Slots)

export type Summary = ReturnType<typeof summaryOf>

/** Of a run whose tally does not answer. */
export const uncountedSummaryOf = (s: Uncounted) => ({
  kind: 'summary' as const,
  site: s.site,
  uncounted: 'the tally does not answer: decisions, verdicts, writes and commands are in the log, and not counted here',
  cycles: since(s.slots.before, s.slots.now),
  replicas: s.replicas,
  energyWh: s.meters && energyOf(s.meters),
  peakImportW: s.peakImportW,
  input: s.input,
})

type Meters = NonNullable<Uncounted['meters']>
const whOf = (m: Meters, key: string): number => ((m.to[key] as number) - (m.from[key] as number)) / 1_000
const round = (x: number): number => Math.round(x * 10) / 10

/** The net import that the meter at the connection counted, less what the log's frames of load, PV and batteries integrate to. */
const imbalanceOf = (m: Meters, tally: Tally): number =>
  round(whOf(m, 'importedMwh') - whOf(m, 'exportedMwh') - tally.netFromLogWh)

/** The plant's own meters. */
function energyOf(m: Meters) {
  const wh = (key: string) => whOf(m, key)
  return {
    import: round(wh('importedMwh')),
    export: round(wh('exportedMwh')),
    pv: round(wh('producedMwh')),
    load: round(wh('consumedMwh') - wh('returnedMwh')),
    charged: round(wh('chargedMwh')),
    discharged: round(wh('dischargedMwh')),
    losses: round(wh('lossesMwh')),
  }
}
