/**
 * A strategy is a pure law bound to the roles and settings of a site. What it proposes is data; allocation, bounds and
 * priorities are the site's business.
 *
 * P1  Reading a bad or stale point ends the proposal as `blind`, and the definition says what holds then.
 * P2  A total over a role is blind as soon as one of its assets is: a part of a sum is not the sum.
 */
import { type Literal, parse, type Quantity, raw, type Unit } from '../../protocol/words/units.ts'
import { forbiddenIn } from './check-values.ts'
import type { AnyAsset, Asset } from './define.ts'
import { type ActorState, is, type Placed, type PointValues } from './host.ts'
import type { Settings, UnitOf, Values } from './types.ts'

type PointsOf<A> = A extends Asset<any, infer P, any, any, any, any, any, any> ? P : never
type SetpointsOf<A> = A extends Asset<any, any, infer SP, any, any, any, any, any> ? SP : never
type SettingsOf<A> = A extends Asset<any, any, any, any, infer S, any, any, any> ? S : never

export type Role = { readonly one: AnyAsset } | { readonly all: AnyAsset }
export interface Seen<A extends AnyAsset> {
  readonly name: string
  readonly points: Values<PointsOf<A>>
  readonly settings: Values<SettingsOf<A>>
  /** In this state, or in a state with this tag. */
  is(where: A['types']['state'] | A['types']['tag']): boolean
}
type QuantityPoint<P> = { [K in keyof P & string]: UnitOf<P[K]> extends Unit ? K : never }[keyof P & string]
export interface SeenAll<A extends AnyAsset> {
  readonly assets: readonly Seen<A>[]
  total<K extends QuantityPoint<PointsOf<A>>>(point: K): Values<PointsOf<A>>[K]
}
type View<R> = {
  readonly [K in keyof R]: R[K] extends { one: infer A extends AnyAsset }
    ? Seen<A>
    : R[K] extends { all: infer A extends AnyAsset }
      ? SeenAll<A>
      : never
}
type AssetOf<R> = R extends { one: infer A } ? A : R extends { all: infer A } ? A : never
type Written<U> = U extends Unit ? Quantity<U> | Literal<U> : never
/** A value claims the setpoint; ends only narrow it. For an `all` role it is the total. */
type Claimed<U> = Written<U> | { readonly min?: Written<U>; readonly max?: Written<U> }
export type Proposal<R> =
  | 'release'
  | ({
      readonly [K in keyof R]?: {
        readonly [S in keyof SetpointsOf<AssetOf<R[K]>>]?: Claimed<UnitOf<SetpointsOf<AssetOf<R[K]>>[S]>>
      }
    } & { readonly why: string })

/** A setting that is text of the strategy's own notation; `text` shows how it is written. */
export interface TextSetting {
  readonly text: string
  readonly default?: string
}
type StrategySettings = Readonly<Record<string, Settings[string] | TextSetting>>
type SettingValues<S> = {
  readonly [K in keyof S]: S[K] extends TextSetting ? string : Values<S>[K]
}

export interface Strategy<N extends string, S, R, P = unknown> {
  readonly type: N
  readonly version: number
  readonly title: string
  readonly source: string
  readonly settings: S
  readonly roles: R
  /** What holds while a point that `propose` reads is bad or stale. */
  readonly whenBlind: 'hold' | 'release'
  /** Reads the settings once for each manifest. What it throws refuses the manifest: name the setting and the fix. */
  readonly prepare?: (settings: SettingValues<S>) => P
  readonly propose: (
    see: View<R> & { readonly settings: SettingValues<S>; readonly prepared: NoInfer<P>; readonly now: number },
  ) => Proposal<R>
}
export interface AnyStrategy {
  readonly type: string
  readonly version: number
  readonly title: string
  readonly source: string
  readonly settings: StrategySettings
  readonly roles: Readonly<Record<string, Role>>
  readonly whenBlind: 'hold' | 'release'
  readonly prepare?: (settings: any) => unknown
  readonly propose: (see: any) => unknown
}

export function defineStrategy<
  const N extends string,
  const S extends StrategySettings,
  const R extends Readonly<Record<string, Role>>,
  P = undefined,
>(strategy: Strategy<N, S, R, P>): Strategy<N, S, R, P> {
  const reserved = ['settings', 'prepared', 'now', 'why'].filter(name => name in strategy.roles)
  if (reserved.length > 0) throw new TypeError(`${strategy.type}: a role cannot be called '${reserved[0]}'`)
  for (const [name, code] of [['propose', strategy.propose] as const, ['prepare', strategy.prepare] as const])
    for (const text of forbiddenIn(code)) throw new TypeError(`NOT_DETERMINISTIC ${strategy.type}.${name}: ${text}`)
  return strategy
}

/** An actor as it stands at this point of the step. */
export interface RoleActor {
  readonly placed: Placed
  readonly actor: ActorState
  readonly values: PointValues
}
export interface Claim {
  readonly equal?: number
  readonly min?: number
  readonly max?: number
}
export type Proposed =
  | {
      readonly kind: 'proposed'
      /** By role, then by setpoint; for an `all` role the total. */
      readonly claims: Readonly<Record<string, Readonly<Record<string, Claim>>>>
      readonly why: string
    }
  | { readonly kind: 'released' }
  /** P1: `point` is the first that could not be read: `grid.power`. */
  | { readonly kind: 'blind'; readonly then: 'hold' | 'release'; readonly point: string }
  | { readonly kind: 'threw'; readonly reason: string }

class Blind extends Error {}

/** Asks a strategy what it wants now. Never throws: a law that does says so. */
export function propose(
  strategy: AnyStrategy,
  roles: Readonly<Record<string, RoleActor | readonly RoleActor[]>>,
  settings: Readonly<Record<string, number | string>>,
  now: number,
  prepared?: unknown,
): Proposed {
  const see: Record<string, unknown> = { settings, prepared, now }
  for (const [role, bound] of Object.entries(roles))
    see[role] = Array.isArray(bound) ? seenAll(bound as readonly RoleActor[]) : seen(bound as RoleActor)
  try {
    const proposal = strategy.propose(see) as 'release' | Readonly<Record<string, unknown>>
    if (proposal === 'release') return { kind: 'released' }
    const { why, ...claimed } = proposal
    const claims = Object.entries(claimed).map(([role, setpoints]) => [role, claimsOf(strategy, role, setpoints)])
    return { kind: 'proposed', claims: Object.fromEntries(claims), why: String(why) }
  } catch (error) {
    if (error instanceof Blind) return { kind: 'blind', then: strategy.whenBlind, point: error.message }
    return { kind: 'threw', reason: error instanceof Error ? error.message : String(error) }
  }
}

function seen({ placed, actor, values }: RoleActor): Seen<AnyAsset> {
  const points = {}
  for (const name of Object.keys(placed.asset.spec.points))
    Object.defineProperty(points, name, { enumerable: true, get: () => readable(placed, values, name) })
  return {
    name: placed.name,
    points,
    settings: placed.settings as never,
    is: where => is(actor, String(where)),
  }
}

function seenAll(bound: readonly RoleActor[]): SeenAll<AnyAsset> {
  let assets: readonly Seen<AnyAsset>[] | undefined
  return {
    // most laws ask for totals alone
    get assets() {
      assets ??= bound.map(seen)
      return assets
    },
    // P2
    total: (point: string) =>
      bound.reduce((sum, { placed, values }) => sum + Number(readable(placed, values, point)), 0) as never,
  }
}

function readable(placed: Placed, values: PointValues, point: string): number | string {
  const value = values[point]
  if (value === undefined) throw new Blind(`${placed.name}.${point}`)
  return value
}

function claimsOf(strategy: AnyStrategy, role: string, setpoints: unknown): Readonly<Record<string, Claim>> {
  const bound = strategy.roles[role]
  if (!bound) throw new TypeError(`${strategy.type} proposes for '${role}', which is no role of it`)
  const { spec } = 'one' in bound ? bound.one : bound.all
  const steps = (unit: Unit, value: unknown): number => {
    const number = typeof value === 'string' ? raw(parse(unit, value, strategy.type)) : value
    if (!Number.isSafeInteger(number)) throw new TypeError(`${strategy.type} proposes ${value} for ${role}`)
    return number as number
  }
  const claims: Record<string, Claim> = {}
  for (const [name, value] of Object.entries(setpoints as object)) {
    const setpoint = spec.setpoints[name]
    if (!setpoint) throw new TypeError(`${strategy.type} proposes '${name}', which ${spec.type} does not have`)
    const { unit } = setpoint
    if (typeof value === 'object' && value !== null) {
      const ends = Object.entries(value).map(([end, quantity]) => [end, steps(unit, quantity)])
      claims[name] = Object.fromEntries(ends) as Claim
    } else claims[name] = { equal: steps(unit, value) }
  }
  return claims
}
