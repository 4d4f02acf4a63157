/**
 * The frame that an asset's guards read, written by hand: points, what is wanted, settings. Nothing measures here, so that
 * a point without a value is a bad one, as at a site (S24).
 */
import type { AnyAsset } from '../../../actors/kit/define.ts'
import { setFrame } from '../../../actors/kit/frame.ts'
import { read } from '../../../actors/kit/settings.ts'
import { unitOf } from '../../../actors/kit/spec.ts'
import type { FrameInput } from './words.ts'

const GROUPS = ['points', 'wanted', 'settings'] as const

export class HandFrame {
  readonly #declared: Readonly<Record<FrameInput['group'], Readonly<Record<string, any>>>>
  readonly #written = new Map<string, string>()
  readonly #values: Readonly<Record<FrameInput['group'], Record<string, any>>> = {
    points: {},
    wanted: {},
    settings: {},
  }

  constructor({ spec }: AnyAsset) {
    this.#declared = { points: spec.points, wanted: spec.setpoints, settings: spec.settings }
    for (const [name, declared] of Object.entries<any>(spec.settings))
      if (typeof declared?.default === 'string') this.set('settings', name, declared.default)
  }

  get inputs(): readonly FrameInput[] {
    return GROUPS.flatMap(group =>
      Object.entries(this.#declared[group]).map(([name, declared]) => {
        const unit = unitOf(declared)
        const text = this.#written.get(`${group} ${name}`) ?? ''
        return { group, name, unit: Array.isArray(unit) ? unit.join(' | ') : String(unit), text }
      }),
    )
  }

  /** Empty: taken. Else what to write instead. */
  set(group: FrameInput['group'], name: string, text: string): string {
    if (!Object.hasOwn(this.#declared[group], name)) return `the asset declares no ${name} among its ${group}`
    try {
      if (text.trim() === '') delete this.#values[group][name]
      else this.#values[group][name] = read(this.#declared[group][name], text, name)
    } catch (error) {
      return (error as Error).message
    }
    this.#written.set(`${group} ${name}`, text)
    this.inForce(0)
    return ''
  }

  /** What guards and delays read from now on. */
  inForce(now: number): void {
    const { points, wanted, settings } = this.#values
    setFrame(points, wanted, settings, now)
  }
}
