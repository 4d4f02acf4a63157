/** The words of a state's rows and of a wire's label, cut to what they may take, with the whole text beside. */
import type { ChartEdge, ChartNode, EdgeKind } from './chart.ts'
import {
  BADGE,
  DESCRIPTION_LINES_MAX,
  FONT,
  ICON,
  LABEL_LINE,
  LABEL_PAD,
  LABEL_TWO_LINES,
  LIMIT,
} from './dimensions.ts'
import { cut, width, wrap } from './measure.ts'
import type { IconName, LabelRow, Row } from './scene.ts'

const ICONS: Readonly<Record<EdgeKind, IconName | null>> = {
  event: null,
  historyDefault: null,
  wildcard: 'star',
  after: 'clock',
  always: 'bolt',
  done: 'done',
  invokeDone: 'check',
  invokeError: 'cross',
  invokeSnapshot: 'wave',
}
/** Between a name and its guard. */
const GUARD_GAP = 5

interface Words {
  readonly name: string
  readonly guard: string
  readonly actions: string
  readonly full: string
}
function wordsOf(edge: ChartEdge): Words {
  const name = edge.kind === 'always' ? '' : edge.name
  const otherwise = edge.branches > 1 && edge.guard === null && edge.branch === edge.branches - 1
  const guard = edge.guard !== null ? `[${edge.guard}]` : otherwise ? '[else]' : ''
  const actions = edge.actions.length > 0 ? `/ ${edge.actions.map(action => action.text).join(', ')}` : ''
  const full = [edge.name, guard, actions, edge.description && `(${edge.description})`].filter(Boolean).join(' ')
  return {
    name: cut(name, FONT.label, 600, LIMIT.event),
    guard: cut(guard, FONT.label, 400, LIMIT.guard),
    actions: cut(actions, FONT.small, 400, LIMIT.actions),
    full,
  }
}
const badgeOf = (edge: ChartEdge): number | null => (edge.branches > 1 ? edge.branch + 1 : null)

export function labelRow(edge: ChartEdge): LabelRow {
  const words = wordsOf(edge)
  const icon = ICONS[edge.kind]
  const badge = badgeOf(edge)
  const { name, guard, actions } = words
  const gap = name && guard ? GUARD_GAP : 0
  const first =
    (badge === null ? 0 : BADGE) + (icon ? ICON : 0) + width(name, FONT.label, 600) + gap + width(guard, FONT.label)
  const w = Math.max(first, width(actions, FONT.small)) + 2 * LABEL_PAD
  return { edge: edge.id, icon, badge, ...words, w, h: actions ? LABEL_TWO_LINES : LABEL_LINE }
}
/** Stands for the rows that a label has no room for. */
export function moreRow(rest: readonly LabelRow[]): LabelRow {
  const guard = `and ${rest.length} more`
  const w = width(guard, FONT.label) + 2 * LABEL_PAD
  const full = rest.map(row => row.full).join('\n')
  return { edge: null, icon: null, badge: null, name: '', guard, actions: '', full, w, h: LABEL_LINE }
}

/** `leadsTo`: the names of the states that it leads to, where it is a row because its target is a hub. */
export function rowOfEdge(edge: ChartEdge, leadsTo: string | null): Row {
  const { name, guard, actions, full } = wordsOf(edge)
  const restarts = leadsTo === null && edge.targets.length > 0
  const rest = [guard, leadsTo === null ? actions : `→ ${leadsTo}`].filter(Boolean).join(' ')
  const text = rest || (edge.forbidden ? 'ignored' : restarts ? (edge.reenter ? 're-enter' : 'restart') : '')
  const icon = edge.forbidden ? 'barred' : restarts && edge.reenter ? 'reenter' : ICONS[edge.kind]
  return {
    kind: leadsTo === null ? 'on' : 'link',
    icon: icon ?? (restarts ? 'restart' : null),
    badge: badgeOf(edge),
    lead: cut(name || (edge.kind === 'always' ? 'always' : edge.name), FONT.row, 600, LIMIT.lead),
    text: cut(text, FONT.row, 400, LIMIT.row),
    full: leadsTo === null ? full : `${full} → ${leadsTo}`,
    edge: edge.id,
  }
}

export function rowsOfNode(node: ChartNode): readonly Row[] {
  const plain = (kind: Row['kind'], lead: string, full: string, icon: IconName | null = null): Row => {
    return { kind, icon, badge: null, lead, text: cut(full, FONT.row, 400, LIMIT.row), full, edge: null }
  }
  const described = wrap(node.description, FONT.row, 400, LIMIT.description, DESCRIPTION_LINES_MAX)
  return [
    ...described.map(line => ({ ...plain('text', '', line), full: node.description })),
    ...node.invokes.map(invoke => plain('invoke', 'invoke', invoke.src, 'actor')),
    ...node.entry.map(action => plain('entry', 'entry', action.text)),
    ...node.exit.map(action => plain('exit', 'exit', action.text)),
  ]
}
