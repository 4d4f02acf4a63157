/** Which machine of a file is meant, and what of it has nothing behind its name. */
import type { AnyAsset } from '../../../actors/kit/define.ts'
import type { Described } from '../chart/describe.ts'
import { describe } from '../chart/describe.ts'
import { describeAsset } from '../chart/describe-asset.ts'
import { type Trouble, trouble, type Unresolved } from './words.ts'

export interface Subject {
  readonly name: string
  readonly machine: any
  readonly describe: (machine: any) => Described
  /** Our own definitions are checked when they are made, and their effects are performed elsewhere. */
  readonly checked: boolean
  readonly asset: AnyAsset | null
}
export type Found =
  | { readonly kind: 'found'; readonly subject: Subject }
  | { readonly kind: 'trouble'; readonly trouble: Trouble }

/** Duck typing: the file may come with a copy of XState, or of this package, of its own. */
function subjectOf(name: string, value: any): Subject | null {
  if (value?.root?.states && value.config) return { name, machine: value, describe, checked: false, asset: null }
  if (value?.program?.machine?.root && value.spec?.chart)
    return {
      name,
      machine: value.program.machine,
      describe: () => describeAsset(value as AnyAsset),
      checked: true,
      asset: value,
    }
  if (value?.machine?.root?.states) return { name, machine: value.machine, describe, checked: true, asset: null }
  return null
}

export function findSubject(exported: Readonly<Record<string, unknown>>, wanted: string | undefined): Found {
  const subjects = Object.entries(exported).flatMap(([name, value]) => subjectOf(name, value) ?? [])
  const names = [...new Set(subjects.map(subject => subject.name))].join(', ')
  const refuse = (code: Trouble['code'], text: string): Found => ({ kind: 'trouble', trouble: trouble(code, text) })
  if (wanted !== undefined) {
    const subject = subjects.find(({ name }) => name === wanted)
    if (subject) return { kind: 'found', subject }
    return refuse(
      'MACHINE_NOT_FOUND',
      `no export '${wanted}' is a machine; ${names ? `machines: ${names}` : 'there is none'}`,
    )
  }
  // one machine under two names, as `default` too, is one
  const [first, ...others] = subjects.filter((s, i) => subjects.findIndex(o => o.machine === s.machine) === i)
  if (!first)
    return refuse(
      'MACHINE_NOT_FOUND',
      `it exports ${Object.keys(exported).join(', ') || 'nothing'}, none of them a machine`,
    )
  if (others.length > 0) return refuse('MACHINE_AMBIGUOUS', `it exports several machines: ${names}`)
  return { kind: 'found', subject: first }
}

const nameOf = (thing: any): string | null =>
  typeof thing === 'string' ? thing : typeof thing === 'object' && typeof thing?.type === 'string' ? thing.type : null

/** XState ignores a missing action, fires a missing delay at once, and throws at a missing guard when it is asked. */
export function unresolvedOf(machine: any): readonly Unresolved[] {
  const { actions = {}, guards = {}, actors = {}, delays = {} } = machine.implementations ?? {}
  const behind = { action: actions, guard: guards, actor: actors, delay: delays }
  const missing = new Map<string, Unresolved>()
  const note = (kind: Unresolved['kind'], name: string | null): void => {
    if (name !== null && !(name in behind[kind]) && !name.startsWith('xstate.'))
      missing.set(`${kind} ${name}`, { kind, name })
  }
  const noteGuard = (guard: any): void => {
    note('guard', nameOf(guard))
    for (const part of guard?.guards ?? []) noteGuard(part)
  }
  const visit = (state: any): void => {
    const transitions = [...state.transitions.values(), state.always ?? []].flat()
    for (const action of [...state.entry, ...state.exit, ...transitions.flatMap(t => t.actions)])
      note('action', nameOf(action))
    for (const { guard, delay } of transitions) {
      if (guard !== undefined) noteGuard(guard)
      if (typeof delay === 'string' && Number.isNaN(Number(delay))) note('delay', delay)
    }
    for (const { src } of state.invoke) note('actor', nameOf(src))
    for (const child of Object.values(state.states)) visit(child)
  }
  visit(machine.root)
  return [...missing.values()]
}
