/** What a benchmark says: one figure, what it should keep to, and how far its repeats lie apart. */
export interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What the row should keep to; undefined where it only informs. */
  readonly atLeast?: number
  readonly atMost?: number
  /** Lowest and highest of the repeats, or what `detail` says. */
  readonly spread?: readonly [number, number]
  readonly detail?: string
}

export const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))]!
export const median = (values: readonly number[]): number => quantile(values, 0.5)
export const spreadOf = (values: readonly number[]): readonly [number, number] => [
  Math.min(...values),
  Math.max(...values),
]
