/** What a chart says of an action, a guard or a delay. A name that nothing stands behind is shown as named. */
import type { Action } from './chart.ts'

/** Names that JavaScript gives to functions written in place. */
const PLACES = ['', 'actions', 'entry', 'exit', 'guard', 'anonymous']
/** An own name of a function, else none. */
const nameOf = (f: { readonly name?: unknown }): string | null =>
  typeof f.name === 'string' && !PLACES.includes(f.name) ? f.name : null

const wordOf = (value: unknown): string => {
  if (typeof value === 'function') return nameOf(value) ?? 'computed'
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}
/** A single parameter speaks for itself; several are named. */
function paramsText(params: unknown): string {
  if (params === undefined || params === null) return ''
  if (typeof params !== 'object') return wordOf(params)
  const entries = Object.entries(params)
  return entries.map(([key, value]) => (entries.length === 1 ? wordOf(value) : `${key} ${wordOf(value)}`)).join(', ')
}

export function actionOf(action: any): Action {
  if (typeof action === 'string') return { text: action, kind: 'named' }
  if (typeof action === 'function') return functionAction(action)
  const params = paramsText(typeof action?.params === 'function' ? undefined : action?.params)
  const type = String(action?.type ?? 'unknown')
  return { text: params ? `${type} ${params}` : type, kind: 'named' }
}

function functionAction(action: any): Action {
  const type = typeof action.type === 'string' ? action.type : ''
  if (!type.startsWith('xstate.')) return { text: nameOf(action) ?? 'inline', kind: 'inline' }
  const built = type.slice('xstate.'.length)
  const event = typeof action.event === 'function' ? 'event' : (action.event?.type ?? 'event')
  const assigned = typeof action.assignment === 'function' ? '' : Object.keys(action.assignment ?? {}).join(', ')
  const detail: Record<string, string> = {
    raise: event,
    emit: event,
    sendTo: event,
    assign: assigned,
    cancel: typeof action.sendId === 'string' ? action.sendId : '',
    spawnChild: typeof action.src === 'string' ? action.src : '',
    stopChild: typeof action.actorRef === 'string' ? action.actorRef : '',
  }
  return { text: `${built} ${detail[built] ?? ''}`.trimEnd(), kind: 'builtin' }
}

export function guardText(guard: any): string | null {
  if (guard === undefined || guard === null) return null
  if (typeof guard === 'string') return guard
  if (typeof guard === 'function') {
    if (Array.isArray(guard.guards)) return combined(guard.name, guard.guards)
    if ('stateValue' in guard) return `in ${stateText(guard.stateValue)}`
    return nameOf(guard) ?? 'inline'
  }
  const params = paramsText(typeof guard.params === 'function' ? undefined : guard.params)
  return params ? `${guard.type}(${params})` : String(guard.type)
}
function combined(operator: string, parts: readonly any[]): string {
  const compound = (part: any) => part?.guards?.length > 1
  const texts = parts.map(part => (compound(part) ? `(${guardText(part)})` : (guardText(part) ?? '')))
  return operator === 'not' ? `not ${texts[0] ?? ''}` : texts.join(operator === 'or' ? ' or ' : ' and ')
}
/** `{ running: { flow: 'idle' } }` reads `running.flow.idle`. */
function stateText(value: any): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([key, inner]) => {
      const rest = stateText(inner)
      return rest && rest !== 'undefined' ? `${key}.${rest}` : key
    })
    .join(' + ')
}

export function delayText(delay: unknown): string {
  if (typeof delay === 'function') return nameOf(delay) ?? 'inline'
  const ms = Number(delay)
  if (String(delay).trim() === '' || Number.isNaN(ms)) return String(delay)
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`
  if (ms >= 1_000 && ms % 100 === 0) return `${ms / 1_000} s`
  return `${ms} ms`
}
