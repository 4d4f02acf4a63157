/**
 * From a seed to a schedule of faults. Swarm testing (Groce and others, ISSTA 2012): each run leaves most kinds out, so
 * that those that are in can go as far as they like.
 */
import { Refusal } from '../../protocol/words/errors.ts'
import { randomOf, share, textHash } from '../world/draw.ts'
import { FAULT_KINDS, type Fault, type FaultKind, KINDS, type Kind } from './kinds.ts'

export interface Profile {
  readonly name: string
  readonly kinds: readonly FaultKind[]
  /** The one node that may do anything; null: none does. */
  readonly traitor: string | null
  readonly faults: readonly Fault[]
}
/** Names that a kind may strike. */
export type Targets = Readonly<Record<Kind['targets'], readonly string[]>>

/** Share of the seeds that keep views, where none of their faults is named: two more folds are a quarter of a seed's time. */
const VIEWED = 1 / 3
/** Share of the kinds that a swarm takes. */
const TAKEN = 0.22
/** Windows of one kind in so many ms at most, on average. */
const WINDOW_EVERY_MS = 240_000
/** Who names a kind wants to see it. */
const NAMED_EVERY_MS = 30_000
const WINDOWS_MAX = 12
/** Faults begin once the site is up. */
const QUIET_MS = 15_000

const groups = [...new Set(Object.values(KINDS).map(kind => kind.group))]
export const PROFILES: readonly string[] = ['calm', 'swarm', ...groups, ...FAULT_KINDS]

/** `swarm`, `calm`, a group of kinds, one kind alone, or several of these as `crash+people`. Throws USAGE. */
export function profileOf(seed: number, name: string, forMs: number, targets: Targets): Profile {
  const random = randomOf(seed, 'profile')
  // by name, so that a new kind moves no other
  const chosen = (kind: FaultKind) => share(random.stream(`taken ${kind}`).u32()) < TAKEN
  const named = name.split('+')
  const strange = named.find(one => !PROFILES.includes(one))
  if (strange !== undefined) throw new Refusal('USAGE', `--profile ${strange}: none of ${PROFILES.join(', ')}`)
  const there = FAULT_KINDS.filter(kind => targets[KINDS[kind].targets].length > 0)
  const kinds = there.filter(
    kind => (named.includes('swarm') && chosen(kind)) || named.includes(kind) || named.includes(KINDS[kind].group),
  )
  const faults = kinds.flatMap(kind => {
    const everyMs = named.includes(kind) ? NAMED_EVERY_MS : WINDOW_EVERY_MS
    return windowsOf(kind, forMs, everyMs, targets, random.stream(kind))
  })
  const traitor = faults.some(f => KINDS[f.kind].targets === 'traitor') ? (targets.traitor[0] ?? null) : null
  return { name, kinds, traitor, faults }
}

/** Are the views of this seed's sites kept? */
export const keepsViews = (seed: number, name: string): boolean =>
  name.split('+').some(one => one === 'views' || KINDS[one as FaultKind]?.group === 'views') ||
  share(randomOf(seed, 'views').u32()) < VIEWED

function windowsOf(
  name: FaultKind,
  forMs: number,
  everyMs: number,
  targets: Targets,
  random: ReturnType<typeof randomOf>,
): Fault[] {
  const kind: Kind = KINDS[name]
  const names = targets[kind.targets]
  const most = Math.min(WINDOWS_MAX, Math.max(2, Math.ceil(forMs / everyMs)))
  const count = 1 + (random.u32() % most)
  const upTo = (max: number) => 1 + (random.u32() % max)
  return Array.from({ length: count }, (_, nth) => {
    const fromMs = QUIET_MS + (random.u32() % Math.max(1, forMs - QUIET_MS))
    return {
      id: textHash(`${name} ${nth}`),
      kind: name,
      target: names[random.u32() % names.length]!,
      fromMs,
      forMs: Math.min(upTo(kind.forMsMax), forMs - fromMs),
      ...(kind.rateMax === undefined ? {} : { rate: Math.ceil(share(random.u32()) * kind.rateMax * 1_000) / 1_000 }),
      ...(kind.msMax === undefined ? {} : { ms: upTo(kind.msMax) }),
    }
  }).sort((a, b) => a.fromMs - b.fromMs)
}
