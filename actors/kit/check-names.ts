/** Names in a chart: whether what a state mentions is declared, and whether what is declared is mentioned. */
import { parse, raw } from '../../protocol/words/units.ts'
import { type ChartNode, type ChartNodes, targetId, transitionsOf } from './chart.ts'
import type { FindingCode, Report } from './check.ts'
import { nearest } from './nearest.ts'
import { type AnySpec, EFFECTS, LIFECYCLE, many, type RawAction, type RawGuard } from './spec.ts'

const STATE_KEYS = [
  ...['description', 'type', 'history', 'target', 'initial', 'tags'],
  ...['on', 'always', 'after', 'onDone', 'entry', 'exit', 'states'],
]
const CHILD_KEYS = ['invoke', 'spawn']
const WORD = /^[A-Za-z]\w*$/

/** What is mentioned somewhere, to find what never is. */
interface Used {
  readonly guards: Set<string>
  readonly actions: Set<string>
  readonly alarms: Set<string>
  readonly pulses: Set<string>
  readonly delays: Set<string>
  readonly events: Set<string>
}

export function checkNames(spec: AnySpec, nodes: ChartNodes, report: Report): void {
  const used: Used = {
    guards: new Set(),
    actions: new Set(),
    alarms: new Set(),
    pulses: new Set(),
    delays: new Set(),
    events: new Set(),
  }
  checkDeclared(spec, report)
  for (const node of nodes.values()) {
    checkState(spec, nodes, node, used, report)
    for (const { where, t } of transitionsOf(node.state)) {
      const at = `${node.id} ${where}`
      checkGuard(spec, t.guard, at, used, report)
      for (const action of many<RawAction>(t.actions)) checkAction(spec, action, at, used, report)
      if (t.target !== undefined) checkTarget(nodes, node, t.target, at, report)
    }
  }
  checkUsed(spec, used, report)
}

/** Names become parts of paths, conditions and keys: integer-like ones would also change their order. */
function checkDeclared(spec: AnySpec, report: Report): void {
  const events: readonly string[] = LIFECYCLE
  const groups = ['points', 'setpoints', 'commands', 'settings', 'alarms', 'context', 'guards'] as const
  for (const group of groups)
    for (const name of Object.keys(spec[group]))
      if (!WORD.test(name)) report.problem('BAD_NAME', `${spec.type}.${group}`, `'${name}' is no plain word`)
  for (const name of spec.pulses ?? [])
    if (!WORD.test(name)) report.problem('BAD_NAME', `${spec.type}.pulses`, `'${name}' is no plain word`)
  if (!WORD.test(spec.type)) report.problem('BAD_NAME', 'type', `'${spec.type}' is no plain word`)
  for (const command of Object.keys(spec.commands))
    if (events.includes(command)) {
      const text = `'${command}' is an event of the kit; name the command otherwise`
      report.problem('RESERVED_EVENT', `${spec.type}.commands.${command}`, text)
    }
}

function checkState(spec: AnySpec, nodes: ChartNodes, node: ChartNode, used: Used, report: Report): void {
  const { state, id } = node
  for (const key of Object.keys(state)) {
    if (STATE_KEYS.includes(key)) continue
    if (CHILD_KEYS.includes(key))
      report.problem(
        'CHILD_ACTOR',
        id,
        `a log actor has no children: make it an asset of its own, or a parallel region`,
      )
    else report.problem('UNKNOWN_KEY', id, `'${key}' is no key of a state${nearest(key, STATE_KEYS)}`)
  }
  for (const name of Object.keys(state.states ?? {}))
    if (!WORD.test(name)) report.problem('BAD_NAME', id, `state '${name}' is no plain word`)
  for (const action of many<RawAction>(state.entry)) checkAction(spec, action, `${id} entry`, used, report)
  for (const action of many<RawAction>(state.exit)) {
    checkAction(spec, action, `${id} exit`, used, report)
    if (typeof action === 'object' && 'alarm' in action) {
      const text = `an alarm raised on leaving would return at once; raise it on the transition or on the next entry`
      report.problem('ALARM_ON_EXIT', `${id} exit`, text)
    }
  }
  const events = [...Object.keys(spec.commands), ...LIFECYCLE]
  for (const event of Object.keys(state.on ?? {})) {
    used.events.add(event)
    const at = `${id} on ${event}`
    if (event.includes('*')) {
      const text = `'${event}' would also swallow errors and time-outs; name the events: ${events.join(', ')}`
      report.problem('WILDCARD', at, text)
    } else if (!events.includes(event))
      report.problem('UNKNOWN_EVENT', at, `no command and no kit event is called '${event}'${nearest(event, events)}`)
  }
  for (const delay of Object.keys(state.after ?? {})) {
    used.delays.add(delay)
    checkDelay(spec, delay, `${id} after ${delay}`, report)
  }
  checkInitial(node, report)
  if (state.type === 'history' && state.target !== undefined)
    checkTarget(nodes, node, state.target, `${id} target`, report)
}

function checkDelay(spec: AnySpec, delay: string, at: string, report: Report): void {
  const declared = Object.keys(spec.delays ?? {})
  if (declared.includes(delay)) return
  try {
    if (raw(parse('s', delay, at)) <= 0) report.problem('BAD_DELAY', at, `a wait must be longer than 0 s`)
  } catch {
    const near = nearest(delay, declared)
    const text = `neither a time such as '5 s' nor a declared delay${near}${near.endsWith('?') ? '' : '.'}`
    report.problem('UNKNOWN_DELAY', at, `${text} XState would fire it at once`)
  }
}

function checkInitial({ state, id }: ChartNode, report: Report): void {
  if (!state.states || state.type === 'parallel') return
  const kids = Object.keys(state.states)
  if (state.initial === undefined)
    report.problem('NO_INITIAL', id, `say which state it starts in: initial: '${kids[0]}'`)
  else if (!kids.includes(state.initial)) {
    const text = `there is no state '${state.initial}' in it${nearest(state.initial, kids)}`
    report.problem('UNKNOWN_TARGET', `${id} initial`, text)
  }
}

function checkGuard(spec: AnySpec, guard: RawGuard | undefined, at: string, used: Used, report: Report): void {
  if (guard === undefined) return
  if (typeof guard === 'function') {
    report.problem('ANONYMOUS', at, `an inline guard has no name to draw; move it to guards and use its name`)
    return
  }
  if (typeof guard === 'object') {
    if ('not' in guard) {
      const text = `not(...) would be true on a bad measurement; write the opposite condition instead`
      report.problem('NEGATED_GUARD', at, text)
    }
    for (const part of guard.and ?? guard.or ?? []) checkGuard(spec, part, at, used, report)
    return
  }
  used.guards.add(guard)
  const declared = Object.keys(spec.guards)
  if (!declared.includes(guard))
    report.problem('UNKNOWN_GUARD', at, `guard '${guard}' is not declared${nearest(guard, declared)}`)
}

const UNKNOWN: Readonly<Record<string, FindingCode>> = {
  set: 'UNKNOWN_SETPOINT',
  pulse: 'UNKNOWN_PULSE',
  alarm: 'UNKNOWN_ALARM',
  clear: 'UNKNOWN_ALARM',
  remember: 'UNKNOWN_CONTEXT',
}
function checkAction(spec: AnySpec, action: RawAction, at: string, used: Used, report: Report): void {
  if (typeof action === 'function') {
    report.problem('ANONYMOUS', at, `an inline action has no name to draw; move it to actions and use its name`)
    return
  }
  if (typeof action === 'string') {
    used.actions.add(action)
    const declared = Object.keys(spec.actions ?? {})
    if (!declared.includes(action))
      report.problem('UNKNOWN_ACTION', at, `action '${action}' is not declared${nearest(action, declared)}`)
    return
  }
  const declared: Readonly<Record<string, readonly string[]>> = {
    set: Object.keys(spec.setpoints),
    pulse: spec.pulses ?? [],
    alarm: Object.keys(spec.alarms),
    clear: Object.keys(spec.alarms),
    remember: Object.keys(spec.context),
  }
  for (const [kind, body] of Object.entries(action)) {
    const names = declared[kind]
    if (!names) {
      report.problem('UNKNOWN_EFFECT', at, `'${kind}' is no effect${nearest(kind, EFFECTS)}`)
      continue
    }
    for (const name of typeof body === 'string' ? [body] : Object.keys(body as object)) {
      if (kind === 'alarm') used.alarms.add(name)
      if (kind === 'pulse') used.pulses.add(name)
      if (!names.includes(name))
        report.problem(UNKNOWN[kind]!, at, `${kind}: '${name}' is not declared${nearest(name, names)}`)
    }
  }
}

function checkTarget(nodes: ChartNodes, from: ChartNode, target: string, at: string, report: Report): void {
  if (nodes.has(targetId(from, target))) return
  const scope = target.startsWith('#') ? '' : target.startsWith('.') ? from.id : (from.parent ?? from.id)
  const names = [...nodes.keys()].filter(id => id.startsWith(scope)).map(id => id.slice(id.lastIndexOf('.') + 1))
  const bare = target.slice(Math.max(target.lastIndexOf('.'), target.lastIndexOf('#')) + 1)
  report.problem('UNKNOWN_TARGET', at, `there is no state '${target}' here${nearest(bare, [...new Set(names)])}`)
}

function checkUsed(spec: AnySpec, used: Used, report: Report): void {
  const code = Object.values(spec.actions ?? {})
    .map(String)
    .join('\n')
  const mentioned = (name: string) => code.includes(`'${name}'`) || code.includes(`"${name}"`)
  const groups = [
    ['guards', Object.keys(spec.guards), used.guards],
    ['actions', Object.keys(spec.actions ?? {}), used.actions],
    ['delays', Object.keys(spec.delays ?? {}), used.delays],
    ['alarms', Object.keys(spec.alarms), used.alarms],
    ['pulses', spec.pulses ?? [], used.pulses],
  ] as const
  for (const [group, names, seen] of groups)
    for (const name of names)
      if (!seen.has(name) && !mentioned(name))
        report.note('UNUSED', `${spec.type}.${group}.${name}`, `is declared and never used`)
  for (const command of Object.keys(spec.commands))
    if (!used.events.has(command)) {
      const text = `no state accepts this command: an operator would always be refused`
      report.problem('DEAD_COMMAND', `${spec.type}.commands.${command}`, text)
    }
}
