/** `defineAsset`: infers an author's definition, lets the compiler check it, then checks what it cannot. */
import type { Literal } from '../../protocol/words/units.ts'
import type { CheckChart, LooseState, StatePath, Tag } from './chart-types.ts'
import { check, describeFindings, type Finding } from './check.ts'
import { type Compiled, compile } from './compile.ts'
import { type SetpointPlan, setpointPlans } from './limits.ts'
import { type PointPlan, pointPlans } from './points.ts'
import type { AnySpec } from './spec.ts'
import type {
  Alarms,
  Commands,
  Context,
  Effect,
  Effects,
  EventOf,
  Guard,
  Lifecycle,
  Limits,
  Many,
  Migrations,
  Points,
  See,
  Setpoints,
  Settings,
  Values,
} from './types.ts'

/** What a definition becomes, once: shared by every actor of the type. */
interface Program extends Compiled {
  readonly points: readonly PointPlan[]
  readonly setpoints: readonly SetpointPlan[]
}
interface AssetSpec<N extends string, P, SP, C, S, AL, X, T> {
  readonly type: N
  readonly version: number
  readonly title: string
  readonly points: P
  readonly setpoints: SP
  readonly pulses?: readonly string[]
  readonly commands: C
  readonly settings: S
  readonly alarms: AL
  readonly context: X
  readonly delays?: Readonly<Record<string, string>>
  readonly guards: AnySpec['guards']
  readonly actions?: NonNullable<AnySpec['actions']>
  readonly limits: AnySpec['limits']
  readonly chart: T
  readonly migrations?: Migrations
}
export interface Asset<
  N extends string = string,
  P = Points,
  SP = Setpoints,
  C = Commands,
  S = Settings,
  AL = Alarms,
  X = Context,
  T = unknown,
> {
  readonly spec: AssetSpec<N, P, SP, C, S, AL, X, T>
  readonly program: Program
  /** Types only; undefined at run time. */
  readonly types: {
    readonly event: EventOf<C>
    readonly state: StatePath<T>
    readonly tag: Tag<T>
    readonly values: Values<P>
  }
}
export type AnyAsset = Asset<any, any, any, any, any, any, any, any>

/** 'Refused at definition': every problem of the definition, a line each. */
export class DefinitionRefused extends Error {
  override readonly name = 'DefinitionRefused'
  readonly findings: readonly Finding[]
  constructor(type: string, findings: readonly Finding[]) {
    super(`'${type}' is refused at definition:\n${describeFindings(findings)}`)
    this.findings = findings
  }
}

/** Builds the program of a definition that has passed its checks. */
function buildProgram(spec: AnySpec): Program {
  return { ...compile(spec), points: pointPlans(spec), setpoints: setpointPlans(spec) }
}

export function defineAsset<
  const N extends string,
  const P extends Points,
  const SP extends Setpoints,
  const PU extends string,
  const C extends Commands,
  const S extends Settings,
  const AL extends Alarms,
  X extends Context,
  const G extends Record<string, Guard<P, SP, S, X, EventOf<C>>>,
  AC extends Record<string, (see: See<P, SP, S, X, EventOf<C>>) => Many<Effect<SP, PU, keyof AL & string, X, S>>>,
  D extends string,
  const T extends LooseState,
>(spec: {
  readonly type: N
  readonly version: number
  readonly title: string
  readonly points: P
  readonly setpoints: SP
  readonly pulses?: readonly PU[]
  readonly commands: C
  readonly settings: S
  readonly alarms: AL
  readonly context: X
  readonly delays?: { readonly [K in D]: Literal<'s'> | `settings.${keyof S & string}` }
  readonly guards: G
  readonly actions?: AC
  readonly limits: Limits<P, SP, S, X>
  readonly chart: T &
    CheckChart<
      T,
      N,
      {
        E: (keyof C & string) | Lifecycle
        G: keyof G & string
        D: Literal<'s'> | D
        A: keyof AC & string
        F: Effects<SP, PU, keyof AL & string, X, S>
      }
    >
  readonly migrations?: Migrations
}): Asset<N, P, SP, C, S, AL, X, T> {
  return refuseOrBuild(spec as unknown as AnySpec) as never
}

function refuseOrBuild(spec: AnySpec): { readonly spec: AnySpec; readonly program: Program } {
  const problems = check(spec).filter(finding => finding.level === 'problem')
  if (problems.length > 0) throw new DefinitionRefused(spec.type, problems)
  return { spec, program: buildProgram(spec) }
}
