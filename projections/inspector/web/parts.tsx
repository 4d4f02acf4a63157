/** Small parts that every page is made of. Colour is never alone: each state has its word and its shape. */
import type { ComponentChildren } from 'preact'
import type { Condition } from '../abnormality.ts'
import type { Difference } from '../delta.ts'
import type { FactLine } from '../views/facts.ts'
import { hrefOf } from './address.ts'
import type { Problem, Shown } from './connection.ts'
import { words } from './words.ts'

export const Badge = ({ kind, children }: { kind: 'alarm' | 'plain'; children: ComponentChildren }) => (
  <span class={`badge is-${kind}`}>{children}</span>
)
const SHAPES: Readonly<Record<Condition, string>> = {
  quarantined: '■',
  alarm: '▲',
  unresolved: '?',
  lost: '✕',
  fallback: '◆',
  stale: '◷',
  normal: '',
}
export const ConditionMark = ({ condition }: { condition: Condition }) =>
  condition === 'normal' ? null : (
    <span class={`condition is-${condition}`}>
      <span aria-hidden="true">{SHAPES[condition]}</span> {words.conditions[condition]}
    </span>
  )

export function ProblemNote({ problem: { title, detail, fix, code } }: { problem: Problem }) {
  return (
    <section class="problem" role="alert">
      <h2>{title}</h2>
      <p>{detail}</p>
      <p>{fix}</p>
      <p class="muted">{code}</p>
    </section>
  )
}
/** A view in its three states: nobody ever looks at a blank page. */
export function Showing<T>({ shown, children }: { shown: Shown<T>; children: (value: T) => ComponentChildren }) {
  if (shown.kind === 'loading') return <p class="waiting">{words.loading}</p>
  if (shown.kind === 'problem') return <ProblemNote problem={shown.problem} />
  return <>{children(shown.value)}</>
}
export const Section = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <section class="section" aria-label={title}>
    <h2>{title}</h2>
    {children}
  </section>
)

/** Innermost states without what they have in common: `running: flow.idle, thermal.normal`. */
export function statesInWords(states: readonly string[]): string {
  if (states.length < 2) return states[0]?.split('.').at(-1) ?? ''
  const parts = states.map(state => state.split('.'))
  let common = 0
  while (parts.every(part => part.length > common + 1 && part[common] === parts[0]![common])) common++
  const inner = parts.map(part => part.slice(common).join('.')).join(', ')
  return common === 0 ? inner : `${parts[0]![common - 1]}: ${inner}`
}
export const utc = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}`
export const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 23)
export const short = (hash: string | null): string => hash?.slice(0, 10) ?? '--'
export function span(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.floor(ms / 3_600_000)} h` : `${Math.floor(ms / 86_400_000)} d`
}

export const Table = ({ heads, children }: { heads: readonly string[]; children: ComponentChildren }) => (
  <div class="scroll">
    <table>
      <thead>
        <tr>
          {heads.map(head => (
            <th scope="col" key={head}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
)

export function Facts({ lines }: { lines: readonly FactLine[] }) {
  if (lines.length === 0) return <p class="muted">{words.nothingHere}</p>
  return (
    <div class="scroll">
      <table class="facts">
        <thead>
          <tr>
            <th scope="col">{words.position}</th>
            <th scope="col">{words.time}</th>
            <th scope="col">{words.fact}</th>
            <th scope="col">{words.by}</th>
            <th scope="col">{words.says}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(line => (
            <tr key={line.position} class={line.refused ? 'is-refused' : ''}>
              <td>
                <a href={hrefOf({ at: line.position })}>{line.position}</a>
              </td>
              <td>{clock(line.stampMs)}</td>
              <td>{line.kind}</td>
              <td>{line.by}</td>
              <td>
                {line.moved.map(moved => (
                  <strong key={moved} class="moved">
                    {moved}
                  </strong>
                ))}
                {line.refused ?? line.text}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function Changes({ changes, none }: { changes: readonly Difference[]; none: string }) {
  if (changes.length === 0) return <p class="muted">{none}</p>
  return (
    <ul class="changes">
      {changes.map(({ path, was, is }) => (
        <li key={path}>
          <code>{path || '(all)'}</code> {was !== undefined && <del>{shownValue(was)}</del>}{' '}
          {is === undefined ? words.gone : <ins>{shownValue(is)}</ins>}
        </li>
      ))}
    </ul>
  )
}
const TEXT_MAX = 200
export function shownValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text
}
