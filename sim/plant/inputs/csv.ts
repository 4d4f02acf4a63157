/**
 * Reads one column of a recorded CSV file as a series over time. Strict about form, patient with content: what cannot
 * be used is counted and left out, and the value before it holds (never zero in its place).
 */
import { InputRefusal, type Reference } from './reference.ts'
import { type Stamp, stampReader } from './stamps.ts'

export interface Sample {
  readonly atMs: number
  readonly value: number
}
export interface Report {
  readonly file: string
  readonly column: string
  readonly rows: number
  readonly used: number
  /** Places where more than 1.5 steps lie between two samples, and how long they are together, ms. */
  readonly gaps: number
  readonly gapMs: number
  /** Rows with a stamp that another row had; the last one counts. */
  readonly repeated: number
  /** Rows whose stamp lies before the one above. */
  readonly outOfOrder: number
  /** Empty, NaN, not a number, an unreadable stamp. */
  readonly bad: number
  /** Numbers that the quantity cannot have. */
  readonly impossible: number
  /** Values of a load that gives: recordings of a part of a house have them. */
  readonly reversed: number
  readonly stepMs: number
  readonly firstMs: number
  readonly lastMs: number
  /** In words, for people. */
  readonly inferred: readonly string[]
}
export interface Bounds {
  readonly min: number
  readonly max: number
}

/** `toSteps`: file's number to the quantity's smallest step, sign applied. */
export function readSeries(
  text: string,
  ref: Reference,
  toSteps: (x: number) => number,
  bounds: Bounds,
): { readonly samples: readonly Sample[]; readonly report: Report } {
  const [header = [], ...rows] = table(text)
  if (rows.length === 0) throw new InputRefusal('INPUT_EMPTY', `${ref.file} has no rows below its header`)
  const inferred: string[] = []
  const time = timeColumn(header, ref, rows, inferred)
  const column = valueColumn(header, ref, rows, time?.index, inferred)
  if (!time && ref.stepMs === undefined) inferred.push('no time column: one row each minute')
  const counts = { bad: 0, impossible: 0, repeated: 0, outOfOrder: 0 }
  const byStamp = new Map<number, number>()
  const step = ref.stepMs ?? 60_000
  let newest = Number.NEGATIVE_INFINITY
  rows.forEach((row, i) => {
    const atMs = time ? time.read(row[time.index] ?? '') : i * step
    const cell = (row[column] ?? '').trim()
    const value = toSteps(Number(cell) * ref.scale)
    if (atMs === undefined || cell === '' || !Number.isFinite(value)) counts.bad += 1
    else if (value < bounds.min || value > bounds.max) counts.impossible += 1
    else {
      if (byStamp.has(atMs)) counts.repeated += 1
      else if (atMs < newest) counts.outOfOrder += 1
      newest = Math.max(newest, atMs)
      byStamp.set(atMs, value)
    }
  })
  const samples = [...byStamp].map(([atMs, value]) => ({ atMs, value })).sort((a, b) => a.atMs - b.atMs)
  if (samples.length === 0)
    throw new InputRefusal('INPUT_EMPTY', `${ref.file}: no usable value in column '${header[column]}'`)
  const stepMs = time && ref.stepMs === undefined ? usualStep(samples) : step
  const { gaps, gapMs } = gapsOf(samples, stepMs)
  const report: Report = {
    file: ref.file,
    column: header[column] ?? String(column),
    rows: rows.length,
    used: samples.length,
    gaps,
    gapMs,
    ...counts,
    reversed: 0,
    stepMs,
    firstMs: samples[0]!.atMs,
    lastMs: samples.at(-1)!.atMs,
    inferred,
  }
  return { samples, report }
}

/** Comma, semicolon or tab, whichever the header has most of; double quotes as in RFC 4180. */
export function table(text: string): string[][] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const header = lines[0] ?? ''
  const count = (separator: string) => header.split(separator).length
  const separator = [',', ';', '\t'].reduce((best, s) => (count(s) > count(best) ? s : best))
  return lines.filter(line => line.trim() !== '').map(line => cells(line, separator))
}

function cells(line: string, separator: string): string[] {
  const out: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!
    if (quoted && c === '"' && line[i + 1] === '"') {
      cell += '"'
      i += 1
    } else if (c === '"') quoted = !quoted
    else if (c === separator && !quoted) {
      out.push(cell.trim())
      cell = ''
    } else cell += c
  }
  if (quoted) throw new InputRefusal('INPUT_FORM', `a quote is never closed: ${line.slice(0, 60)}`)
  return [...out, cell.trim()]
}

interface TimeColumn {
  readonly index: number
  readonly read: Stamp
}

function timeColumn(
  header: readonly string[],
  ref: Reference,
  rows: readonly (readonly string[])[],
  inferred: string[],
): TimeColumn | undefined {
  const named = ref.time === undefined ? undefined : indexOf(header, ref.time, ref.file)
  const guess = header.findIndex(h => /^(time|timestamp|date|datetime|utc)$/i.test(h))
  const index = named ?? (guess < 0 ? undefined : guess)
  if (index === undefined) return undefined
  const reader = stampReader(rows.slice(0, 50).map(r => r[index] ?? ''))
  if (!reader) throw new InputRefusal('INPUT_TIME', `${ref.file}: no known form of time in column '${header[index]}'`)
  if (named === undefined) inferred.push(`time column '${header[index]}'`)
  inferred.push(`times as ${reader.form}`)
  return { index, read: reader.read }
}

function valueColumn(
  header: readonly string[],
  ref: Reference,
  rows: readonly (readonly string[])[],
  time: number | undefined,
  inferred: string[],
): number {
  if (ref.column !== undefined) return indexOf(header, ref.column, ref.file)
  const numeric = header.flatMap((_, i) => (i !== time && rows.some(r => isNumber(r[i])) ? [i] : []))
  if (numeric.length !== 1)
    throw new InputRefusal(
      'INPUT_COLUMN',
      `${ref.file} has ${numeric.length} columns of numbers; name one: ${header.join(', ')}`,
    )
  inferred.push(`column '${header[numeric[0]!]}', the only one of numbers`)
  return numeric[0]!
}

function indexOf(header: readonly string[], name: string, file: string): number {
  const i = header.indexOf(name)
  if (i < 0) throw new InputRefusal('INPUT_COLUMN', `${file} has no column '${name}'; it has ${header.join(', ')}`)
  return i
}

const isNumber = (cell: string | undefined): boolean =>
  cell !== undefined && cell.trim() !== '' && Number.isFinite(Number(cell))

/** The median of the distances. */
function usualStep(samples: readonly Sample[]): number {
  const steps = samples.slice(1).map((s, i) => s.atMs - samples[i]!.atMs)
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 60_000
}

function gapsOf(samples: readonly Sample[], stepMs: number): { readonly gaps: number; readonly gapMs: number } {
  let gaps = 0
  let gapMs = 0
  samples.forEach((s, i) => {
    const missingMs = i === 0 ? 0 : s.atMs - samples[i - 1]!.atMs - stepMs
    if (missingMs <= stepMs / 2) return
    gaps += 1
    gapMs += missingMs
  })
  return { gaps, gapMs }
}
