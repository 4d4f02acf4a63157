/**
 * What a path is walked against: the asset's device, as its register map shows it. Immutable, so that a walk forks at each
 * situation; whatever changes it returns the next one.
 */
import type { PointValues } from '../../actors/kit/host.ts'

export interface Device {
  readonly kind: string
  /** What it says now; a point that it does not have is missing. */
  read(): PointValues
  /** Points that it has. */
  readonly says: ReadonlySet<string>
  pass(ms: number): Device
  /** A person at the device, the grid behind it, its line: whatever makes it say these words, as far as anything can. */
  arrange(words: PointValues): Device
  /** `refuse`: the device is made to refuse it. */
  pulse(name: string, refuse: boolean): { readonly device: Device; readonly done: boolean; readonly why: string }
  set(setpoint: string, value: number): { readonly device: Device; readonly applied: number | null }
}

/** Of a type that has no simulated device: it says the base, takes every setpoint and every pulse. */
export class GenericDevice implements Device {
  readonly kind = 'generic'
  readonly says: ReadonlySet<string>
  readonly #base: PointValues
  readonly #words: PointValues

  constructor(base: PointValues, words: PointValues = {}) {
    this.#base = base
    this.#words = words
    this.says = new Set(Object.keys(base))
  }
  read(): PointValues {
    return { ...this.#base, ...this.#words }
  }
  pass(): Device {
    return this
  }
  /** Nothing is known of what it could do: it says whatever word it is meant to. */
  arrange(words: PointValues): Device {
    return new GenericDevice(this.#base, words)
  }
  pulse(_: string, refuse: boolean) {
    return { device: this, done: !refuse, why: refuse ? 'made to refuse' : '' }
  }
  set(_: string, value: number) {
    return { device: this, applied: value }
  }
}
