/** What is the matter with an asset, in one word and in many: the worst of it. */
import type { AssetGlance } from '../../api/site-json.ts'
import type { AlarmView } from '../../api/view.ts'
import type { Condition } from '../abnormality.ts'
import { rank } from './head.ts'

/** `alarms`: its active ones. */
export function conditionOf(
  { quarantined, channel, lost, points }: AssetGlance,
  alarms: readonly AlarmView[],
): readonly [Condition, string] {
  if (quarantined !== null) return ['quarantined', quarantined]
  const [worst] = alarms.toSorted((a, b) => rank(a.priority) - rank(b.priority))
  if (worst) return ['alarm', worst.text]
  if (channel === 'unresolved') return ['unresolved', 'what the device holds is not known']
  if (lost) return ['lost', 'a required point is bad, stale or missing']
  if (channel !== null && channel !== 'following') return ['fallback', CHANNELS[channel] ?? channel]
  const stale = Object.entries(points).filter(([, point]) => point.quality !== 'good')
  if (stale.length > 0) return ['stale', `not good: ${stale.map(([name]) => name).join(', ')}`]
  return ['normal', '']
}
const CHANNELS: Readonly<Record<string, string>> = {
  holding: 'holds the last verdict',
  localLaw: 'runs on its local law',
  deviceDefault: 'left to the device',
  deviceLocal: 'local or manual at the device',
}

export const isActive = ({ condition }: AlarmView): boolean => condition.startsWith('active')
