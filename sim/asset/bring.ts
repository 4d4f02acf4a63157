/** A frame of a path, brought about at the device where that can be, injected over what the device says where not. */
import { holds } from '../../actors/kit/coverage.ts'
import { nextDue, type PointValues } from '../../actors/kit/host.ts'
import type { Device } from './device.ts'
import type { At, Setting } from './walk.ts'

/** Plant time that a device is given. */
const BRING_MS_MAX = 3_000
const BRING_STEP_MS = 100

export interface Brought {
  readonly by: 'device' | 'injected'
  readonly values: PointValues
  readonly device: Device
  readonly now: number
}

export function bring(o: Setting, at: At, frame: string): Brought {
  const target = o.exploration.frames[frame]!
  if (frame === 'lost') return { ...at, by: 'device', values: {} } // its line is dead
  const exact = o.exploration.exact[frame] ?? []
  const brought = physically(o, at, target, exact)
  if (brought) return brought
  const over = { ...said(o, at.device), ...Object.fromEntries(exact.map(point => [point, target[point]])) }
  return { ...at, by: 'injected', values: alike(o, at, over, target) ? over : target }
}

/** Of a point that the device does not have, the base stands in. */
const said = ({ exploration }: Setting, device: Device): PointValues => {
  const others = Object.entries(exploration.frames.base!).filter(([point]) => !device.says.has(point))
  return { ...Object.fromEntries(others), ...device.read() }
}

/** Null where the device does not come to it in time; a timer that falls due ends the wait. */
function physically(o: Setting, at: At, target: PointValues, exact: readonly string[]): Brought | null {
  const due = nextDue(at.actor)?.due ?? Number.POSITIVE_INFINITY
  const words = Object.fromEntries(Object.entries(target).filter(([, value]) => typeof value === 'string'))
  const meant = [...exact, ...Object.keys(words)]
  let device = at.device.arrange(words)
  for (let ms = 0; ms <= BRING_MS_MAX && at.now + ms < due; ms += BRING_STEP_MS) {
    const values = said(o, device)
    if (meant.every(point => values[point] === target[point]) && alike(o, at, values, target))
      return { by: 'device', values, device, now: at.now + ms }
    device = device.pass(BRING_STEP_MS)
  }
  return null
}

/** Each guard says of both the same, and neither lacks a point that the other has. */
function alike({ placed }: Setting, { actor, now }: At, values: PointValues, target: PointValues): boolean {
  const judged = { placed, actor, event: { type: 'measured' }, now }
  const { points, guards } = placed.asset.program
  return (
    points.every(({ name, required }) => !required || (values[name] === undefined) === (target[name] === undefined)) &&
    Object.keys(guards).every(g => holds({ ...judged, values }, g) === holds({ ...judged, values: target }, g))
  )
}
