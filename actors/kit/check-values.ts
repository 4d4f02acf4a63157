/** Values in a definition: conditions, quantities, limits, context, and code that replicas could not agree on. */
import { parse } from '../../protocol/words/units.ts'
import type { ChartNodes } from './chart.ts'
import type { Report } from './check.ts'
import { condition, operand } from './condition.ts'
import { nearest } from './nearest.ts'
import { type AnySpec, many, type RawLimit } from './spec.ts'

/** What replicas would not agree on, and what to use instead. */
const FORBIDDEN: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/\bMath\s*\.\s*random\b/, 'replicas would differ; randomness must come from a fact'],
  [/\bDate\b|\bperformance\b/, 'a clock: use `now`, which is log time'],
  [
    /\*\*|\bMath\s*\.\s*(a?(sin|cos|tan)h?|atan2|pow|exp\w*|log\w*|cbrt|hypot)\b/,
    'its last bit differs between engines: use + - * / Math.sqrt or a table',
  ],
  [/\b(process|globalThis|require|fetch|crypto|console)\b|\bimport\s*\(/, 'something outside the step'],
  [/\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b/, 'something after the step: use a timer of the chart'],
  [/\basync\b|\bawait\b|\bPromise\b|\byield\b/, 'asynchronous code: a step is synchronous'],
  [/\btoLocale\w+|\bIntl\b|\blocaleCompare\b/, 'a locale'],
  [/\bthis\b/, 'use what the function is given'],
  [/\bfor\s*\([^)]*\bin\b/, 'the order of keys is not yours: use Object.keys(...).sort()'],
]

export function checkValues(spec: AnySpec, nodes: ChartNodes, report: Report): void {
  checkQuantities(spec, report)
  for (const [name, guard] of Object.entries(spec.guards)) {
    const at = `${spec.type}.guards.${name}`
    if (typeof guard === 'function') checkFunction(guard, at, report)
    else for (const text of many<string>(guard)) attempt('BAD_CONDITION', at, report, () => condition(spec, text, at))
  }
  for (const [name, action] of Object.entries(spec.actions ?? {}))
    checkFunction(action, `${spec.type}.actions.${name}`, report)
  for (const [version, migration] of Object.entries(spec.migrations ?? {}))
    if (migration.context) checkFunction(migration.context, `${spec.type}.migrations.${version}.context`, report)
  const tags = [...new Set([...nodes.values()].flatMap(node => many<string>(node.state.tags)))]
  for (const [setpoint, limits] of Object.entries(spec.limits)) {
    if (!Object.hasOwn(spec.setpoints, setpoint)) {
      const text = `'${setpoint}' is not declared${nearest(setpoint, Object.keys(spec.setpoints))}`
      report.problem('UNKNOWN_SETPOINT', `${spec.type}.limits`, text)
      continue
    }
    for (const [name, limit] of Object.entries(limits))
      checkLimit(spec, setpoint, limit, `${spec.type}.limits.${setpoint}.${name}`, tags, report)
  }
  checkJson(spec.context, `${spec.type}.context`, report)
}

function checkQuantities(spec: AnySpec, report: Report): void {
  for (const [name, setpoint] of Object.entries(spec.setpoints)) {
    const at = `${spec.type}.setpoints.${name}`
    attempt('BAD_QUANTITY', at, report, () => operand(spec, setpoint.unit, setpoint.safe, at))
    for (const rate of [setpoint.rise, setpoint.fall])
      if (rate !== undefined) attempt('BAD_QUANTITY', at, report, () => operand(spec, 'W/s', rate, at))
  }
  for (const [name, setting] of Object.entries(spec.settings)) {
    const at = `${spec.type}.settings.${name}`
    if (typeof setting === 'object') attempt('BAD_QUANTITY', at, report, () => parse(setting.unit, setting.default, at))
  }
  for (const [name, point] of Object.entries(spec.points)) {
    const at = `${spec.type}.points.${name}`
    const stale = typeof point === 'object' && 'unit' in point ? point.staleAfter : undefined
    if (stale !== undefined) attempt('BAD_QUANTITY', at, report, () => parse('s', stale, at))
  }
  for (const [name, delay] of Object.entries(spec.delays ?? {})) {
    const at = `${spec.type}.delays.${name}`
    attempt('BAD_QUANTITY', at, report, () => operand(spec, 's', delay, at))
  }
}

function checkLimit(
  spec: AnySpec,
  setpoint: string,
  limit: RawLimit,
  at: string,
  tags: readonly string[],
  report: Report,
): void {
  if (typeof limit === 'function') {
    checkFunction(limit, at, report)
    return
  }
  for (const tag of [limit.in, limit.notIn])
    if (tag !== undefined && !tags.includes(tag))
      report.problem('UNKNOWN_TAG', at, `no state has the tag '${tag}'${nearest(tag, tags)}`)
  const { when, min, max } = limit
  if (when !== undefined) attempt('BAD_CONDITION', at, report, () => condition(spec, when, at))
  const { unit } = spec.setpoints[setpoint]!
  for (const end of [min, max])
    if (end !== undefined) attempt('BAD_QUANTITY', at, report, () => operand(spec, unit, end, at))
}

type Code = 'BAD_CONDITION' | 'BAD_QUANTITY'
function attempt(code: Code, at: string, report: Report, run: () => unknown): void {
  try {
    run()
  } catch (error) {
    report.problem(code, at, (error as Error).message.replace(`${at}: `, ''))
  }
}

const COMMENT = /\/\*[\s\S]*?\*\/|\/\/.*/g
const TEXT = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\$])*`/g
function checkFunction(code: unknown, at: string, report: Report): void {
  for (const text of forbiddenIn(code)) report.problem('NOT_DETERMINISTIC', at, text)
}

/** What a function's source uses of the forbidden, each with its reason. Names passed on in variables escape it. */
export function forbiddenIn(code: unknown): readonly string[] {
  const text = String(code).replace(COMMENT, '').replace(TEXT, "''")
  return FORBIDDEN.flatMap(([pattern, why]) => {
    const found = pattern.exec(text)
    return found ? [`uses ${found[0]}: ${why}`] : []
  })
}

function checkJson(value: unknown, at: string, report: Report): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) report.problem('CONTEXT_NOT_JSON', at, `${value} is not a safe integer`)
  } else if (Array.isArray(value)) for (const [i, each] of value.entries()) checkJson(each, `${at}[${i}]`, report)
  else if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    for (const [key, each] of Object.entries(value)) checkJson(each, `${at}.${key}`, report)
  else {
    const what = typeof value === 'object' ? value.constructor?.name : typeof value
    const text = `${what} does not survive a snapshot; use plain objects, arrays, integers, strings, booleans, null`
    report.problem('CONTEXT_NOT_JSON', at, text)
  }
}
