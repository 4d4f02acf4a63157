/** Groups registers into few requests. */
import type { ModbusKind } from '../../../protocol/words/register-map.ts'

export interface Span {
  readonly name: string
  readonly kind: ModbusKind
  readonly register: number
  readonly size: number
}
export interface Group {
  readonly kind: ModbusKind
  readonly start: number
  readonly count: number
  readonly spans: readonly Span[]
}
export interface PlanLimits {
  /** Registers that nobody asked for may be read along up to this many, to save a request. */
  readonly maxGap: number
  /** 125 by the specification; less for some devices. */
  readonly maxRegisters: number
}

/** Greedy over ascending addresses of each kind: fewest requests for intervals on a line under both limits. */
export function planReads(spans: readonly Span[], limits: PlanLimits): readonly Group[] {
  const groups: Group[] = []
  const sorted = [...spans].sort((a, b) =>
    a.kind !== b.kind ? (a.kind < b.kind ? -1 : 1) : a.register - b.register || a.size - b.size,
  )
  for (const span of sorted) {
    const last = groups.at(-1)
    const end = span.register + span.size
    const count = last ? Math.max(last.count, end - last.start) : 0
    const joins =
      last?.kind === span.kind &&
      span.register - (last.start + last.count) <= limits.maxGap &&
      count <= limits.maxRegisters
    if (joins) groups[groups.length - 1] = { ...last, count, spans: [...last.spans, span] }
    else groups.push({ kind: span.kind, start: span.register, count: span.size, spans: [span] })
  }
  return groups
}
