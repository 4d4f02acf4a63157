/** What a person or a program asks of an asset: reading it, and saying why a chart does not take it. */

import type { ActorState, Held, Placed } from './actor.ts'
import { chartNodes, transitionList, upwards } from './chart.ts'
import type { AnyAsset } from './define.ts'
import { type PointValues, setFrame } from './frame.ts'
import type { ChartEvent } from './kernel.ts'
import { nearest } from './nearest.ts'
import { resolveValues } from './settings.ts'
import { many, type RawGuard } from './spec.ts'

export type ParsedCommand =
  | { readonly kind: 'parsed'; readonly event: ChartEvent }
  | {
      readonly kind: 'refused'
      readonly code: 'UNKNOWN_COMMAND' | 'UNKNOWN_PARAMETER' | 'MISSING_PARAMETER' | 'BAD_PARAMETER'
      /** Names the value and what to write instead. */
      readonly text: string
    }

const CODES = { UNKNOWN_NAME: 'UNKNOWN_PARAMETER', MISSING: 'MISSING_PARAMETER', BAD_VALUE: 'BAD_PARAMETER' } as const

/** Parameters are text with a unit, or integers of the smallest step. */
export function parseCommand(
  asset: AnyAsset,
  name: string,
  params: Readonly<Record<string, string | number>>,
): ParsedCommand {
  const { type, commands } = asset.spec
  if (!Object.hasOwn(commands, name)) {
    const text = `'${name}' is no command of ${type}${nearest(name, Object.keys(commands))}`
    return { kind: 'refused', code: 'UNKNOWN_COMMAND', text }
  }
  const resolved = resolveValues(commands[name], params)
  if (resolved.kind === 'resolved') return { kind: 'parsed', event: { type: name, ...resolved.values } }
  const [first] = resolved.problems
  return {
    kind: 'refused',
    code: CODES[first!.code],
    text: resolved.problems.map(p => `${name}: ${p.text}`).join('\n'),
  }
}

/** The closed set of reasons for which a chart does not take a command. */
export type CommandRefusal =
  | { readonly kind: 'unknown-command' }
  | ({ readonly kind: 'held' } & Held)
  | { readonly kind: 'no-transition'; readonly state: string }
  /** The guards that are false now. */
  | { readonly kind: 'guard'; readonly guards: readonly string[] }

/** Why no transition takes the event now; undefined where one does. */
export function refusal(
  placed: Placed,
  actor: ActorState,
  event: ChartEvent,
  values: PointValues,
): CommandRefusal | undefined {
  const { spec, program } = placed.asset
  if (!Object.hasOwn(spec.commands, event.type)) return { kind: 'unknown-command' }
  if (actor.held) return { kind: 'held', ...actor.held }
  setFrame(values, actor.wanted, placed.settings, 0)
  const holds = (guard: RawGuard): boolean => {
    if (typeof guard === 'string') return program.guards[guard]!(actor.chart.context, event)
    return guard.and ? guard.and.every(holds) : (guard.or ?? []).some(holds)
  }
  const nodes = chartNodes(spec.type, spec.chart)
  const leaves = actor.chart._nodes.filter(node => Object.keys(node.states).length === 0)
  const closed = new Set<string>()
  for (const leaf of leaves)
    for (const node of upwards(nodes, leaf.id))
      for (const { guard } of transitionList(node.state.on?.[event.type])) {
        if (guard === undefined || holds(guard)) return undefined
        for (const name of names(guard)) if (!holds(name)) closed.add(name)
      }
  if (closed.size > 0) return { kind: 'guard', guards: [...closed] }
  return { kind: 'no-transition', state: leaves.map(leaf => leaf.path.join('.')).join(', ') }
}

function names(guard: RawGuard): readonly string[] {
  return typeof guard === 'string' ? [guard] : many(guard.and ?? guard.or).flatMap(names)
}
