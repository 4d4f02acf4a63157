/** A scenario played and judged: plain data, that crosses from a worker to whoever reports. */
import type { Violation } from '../oracle/check.ts'
import { type AlarmSpan, type CommandStory, historyOf, type Slot } from './history.ts'
import { judgeWant, type Seen } from './judge.ts'
import { namesOf } from './names.ts'
import type { Opened } from './open.ts'
import { type Plots, plotsOf } from './plots.ts'
import { play } from './stage.ts'

interface Judged extends Seen {
  readonly text: string
  readonly line: number
}
interface Span {
  readonly text: string
  readonly fromMs: number
  readonly toMs: number
}
export interface ScenarioResult {
  readonly path: string
  readonly title: string
  readonly seed: number
  readonly startMs: number
  readonly forMs: number
  readonly traceHash: string
  readonly expectations: readonly Judged[]
  readonly violations: readonly Violation[]
  readonly faults: readonly Span[]
  readonly steps: readonly { readonly atMs: number; readonly text: string }[]
  readonly alarms: readonly AlarmSpan[]
  readonly commands: readonly CommandStory[]
  /** Slots of one class in a row are one. */
  readonly slots: readonly Slot[]
  /** Null where nobody asked for a page. */
  readonly plots: Plots | null
}

export async function resultOf(o: Opened, plotted: boolean): Promise<ScenarioResult> {
  const { evidence, violations, traceHash } = await play(o)
  const history = historyOf(evidence)
  const { startMs, forMs, title, seed, path } = o
  const names = namesOf(o.file, evidence.manifest, o.engine)
  const happened = { evidence, history, names, startMs, forMs }
  return {
    ...{ path, title, seed, startMs, forMs, traceHash, violations },
    expectations: o.wants.map(want => ({ text: want.text, line: o.line(want), ...judgeWant(want, happened) })),
    faults: o.faults.map(f => ({
      text: `${f.kind} ${f.target}`,
      fromMs: f.fromMs,
      toMs: f.fromMs + f.forMs,
    })),
    steps: o.acts.map(({ atMs, text }) => ({ atMs, text })),
    alarms: history.alarms,
    commands: history.commands,
    slots: inRows(history.slots),
    plots: plotted ? plotsOf(evidence, names, forMs) : null,
  }
}

export const holds = (r: ScenarioResult): boolean => r.violations.length === 0 && r.expectations.every(e => e.ok)

function inRows(slots: readonly Slot[]): Slot[] {
  const rows: Slot[] = []
  for (const slot of slots) {
    const last = rows.at(-1)
    if (last?.class === slot.class) rows[rows.length - 1] = { ...last, toMs: slot.toMs }
    else rows.push(slot)
  }
  return rows
}
