/** What became of a command: its refusal with the guard that said no and what that guard saw, or its way to its end. */
import { commandState } from '../../actors/commands/life.ts'
import { type FoldOptions, SiteFold } from '../../actors/controller/fold.ts'
import { actorState } from '../../actors/kit/host.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { FactOf } from '../../protocol/words/facts.ts'
import type { PointValue } from '../../protocol/words/quality.ts'
import { format } from '../../protocol/words/units.ts'
import type { Progress } from './progress.ts'
import { sweep } from './sweep.ts'

interface GuardSeen {
  readonly name: string
  /** As the definition writes them; empty where the guard is a function. */
  readonly conditions: readonly string[]
  readonly points: Readonly<Record<string, string>>
}
export interface CommandStory {
  readonly id: string
  readonly position: number
  readonly by: string
  readonly target: string
  readonly name: string
  readonly params: FactOf<'CommandRequested'>['params']
  /** The state of its target when it was asked. */
  readonly targetState: string
  readonly guards: readonly GuardSeen[]
  readonly way: readonly { readonly position: number; readonly state: string; readonly reason: string }[]
}

/** Every signature is checked on the way: a forged command has no story. Throws NOT_FOUND. */
export async function commandStory(
  facts: EventLog,
  partition: number,
  options: FoldOptions,
  id: string,
  progress: Progress,
): Promise<CommandStory> {
  const fold = new SiteFold(options)
  let story: (Omit<CommandStory, 'way'> & { way: { position: number; state: string; reason: string }[] }) | null = null
  let refused: string | null = null
  for await (const records of sweep(facts, partition)) {
    for (const { position, body } of records) {
      const targets = body.includes(id) ? statesOf(fold) : null
      const taken = fold.take(position, body)
      if (taken.kind === 'refused' && body.includes(`"id":"${id}"`))
        refused = `position ${position}: ${taken.code}: ${taken.reason}`
      if (taken.kind !== 'stepped') continue
      const { fact } = taken
      if (!story && fact.kind === 'CommandRequested' && fact.id === id)
        story = { ...askedFor(fold, fact, position), targetState: targets?.[fact.target] ?? 'unknown', way: [] }
      const record = fold.state?.commands[id]
      const last = story?.way.at(-1)
      if (story && record && (last?.state !== commandState(record) || last.reason !== record.reason))
        story.way.push({ position, state: commandState(record), reason: record.reason })
    }
    progress.advance(records.length)
  }
  if (story) return story
  if (refused !== null) throw new Refusal('NOT_FOUND', `command '${id}' never entered a step: ${refused}`)
  throw new Refusal('NOT_FOUND', `the log has no command '${id}'`)
}

function statesOf(fold: SiteFold): Record<string, string> {
  const { state } = fold
  if (!state) return {}
  const assets = Object.entries(state.assets).map(([name, actor]) => [name, actorState(actor).paths.join(', ')])
  return { ...Object.fromEntries(assets), site: actorState(state.mode).paths.join(', ') }
}

function askedFor(fold: SiteFold, fact: FactOf<'CommandRequested'>, position: number) {
  const reason = fold.state?.commands[fact.id]?.reason ?? ''
  const names = /guard says no: (.+)$/.exec(reason)?.[1]?.split(', ') ?? []
  const { id, by, target, name, params } = fact
  return { id, position, by, target, name, params, guards: names.map(guard => seen(fold, target, guard)) }
}

function seen(fold: SiteFold, asset: string, name: string): GuardSeen {
  const declared: unknown = fold.site?.byName.get(asset)?.asset.spec.guards[name]
  const conditions = [declared].flat().filter((c): c is string => typeof c === 'string')
  const points = Object.entries(fold.state?.frames[asset]?.points ?? {})
  const read = points.filter(([point]) => conditions.length === 0 || conditions.some(c => c.startsWith(`${point} `)))
  return { name, conditions, points: Object.fromEntries(read.map(([point, value]) => [point, inWords(value)])) }
}

function inWords(p: PointValue): string {
  if (p.value === null) return 'bad'
  const value = typeof p.value === 'number' && p.unit ? format(p.unit, p.value) : String(p.value)
  return p.quality === 'good' ? value : `${value} (${p.quality})`
}

export function storyInWords(s: CommandStory): string[] {
  const params = Object.entries(s.params).map(([k, v]) => ` ${k}=${v}`)
  return [
    `${s.id}: '${s.by}' asked ${s.target} for ${s.name}${params.join('')} at position ${s.position}; ${s.target} was ${s.targetState}`,
    ...s.way.map(w => `  ${w.position}: ${w.state}${w.reason ? `: ${w.reason}` : ''}`),
    ...s.guards.map(g => {
      const saw = Object.entries(g.points).map(([point, value]) => `${point} ${value}`)
      return `  guard '${g.name}'${g.conditions.length > 0 ? ` wants ${g.conditions.join(' and ')}` : ' is computed'}; it saw ${saw.join(', ') || 'nothing measured yet'}`
    }),
  ]
}
