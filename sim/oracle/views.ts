/**
 * What the databases of the views hold, held against a projection that is made in one go (S22), and against a replay of
 * the log that no projection has a part in (S20).
 */
import type { FrozenFold } from '../../actors/controller/fold.ts'
import { Slicer } from '../../projections/runner/slicer.ts'
import type { Slice } from '../../projections/runner/store.ts'
import type { Kept, SimViews } from '../platform/views.ts'
import { type Held, REFUSED } from '../world/store.ts'
import type { Find, Finding } from './check.ts'
import type { Evidence } from './evidence.ts'
import { allTaken, freshFold } from './states.ts'

/** What both databases held at one moment. */
export interface Shown {
  readonly atMs: number
  readonly operational: Held<RowOf<'operational'>>
  readonly timeseries: Held<RowOf<'timeseries'>>
}
type Name = 'operational' | 'timeseries'
type RowOf<N extends Name> = SimViews[N] extends Kept<infer Change> ? Change : never

export const shown = ({ operational, timeseries }: SimViews, atMs: number): Shown => ({
  atMs,
  operational: operational.store.held,
  timeseries: timeseries.store.held,
})

/** S22: whatever its process went through, a database holds what a projection in one go has at the same checkpoint. */
export const rowsAreThePrefix: Find = (e, { endMs }) => {
  const { views } = e.site
  if (!views) return []
  const of = <Change>(name: Name, kept: Kept<Change>, held: (s: Shown) => Held<Change>): Finding[] => {
    const whole = inOneGo(e, kept)
    const known = new Map<Slice<Change>, boolean>() // it is in all that were shown after it
    return e.shown.flatMap(s => {
      const { atMs } = s
      const now = held(s)
      if (now.topicId !== topicId(e) && atMs < endMs) return [] // of another log, and not yet seen to be
      const wrong = difference(now, whole, known)
      return wrong === null ? [] : [{ atMs, text: `${name} at ${now.checkpoint}: ${wrong}` }]
    })
  }
  return [
    ...of('operational', views.operational, s => s.operational),
    ...of('timeseries', views.timeseries, s => s.timeseries),
  ]
}
function inOneGo<Change>(e: Evidence, { projection, store }: Kept<Change>): readonly Slice<Change>[] {
  return e.once(`in one go ${projection.name}`, () => {
    const slicer = new Slicer(freshFold(e), projection, -1)
    return e.site.o.topics.facts.kept
      .filter(({ partition }) => partition === e.manifest.partition)
      .flatMap(record => slicer.take(record) ?? [])
      .map(slice => (store.refused.has(slice.to) ? setAside(slice) : slice))
  })
}
/** As a slice is kept whose content does not go in. */
const setAside = <Change>({ to, atMs, setAside }: Slice<Change>): Slice<Change> => ({
  ...{ to, atMs, changes: [] },
  setAside: [...setAside, { position: to, code: 'POISONED', reason: REFUSED }],
})
/** Null: none. */
function difference<Change>(
  { checkpoint, slices, fold }: Held<Change>,
  whole: readonly Slice<Change>[],
  known: Map<Slice<Change>, boolean>,
): string | null {
  const end = slices.at(-1)?.to ?? -1
  if (end !== checkpoint) return `its rows end at ${end}`
  const frozen = fold === null ? -1 : (JSON.parse(fold) as FrozenFold).position
  if (frozen > checkpoint) return `its fold is frozen at ${frozen}`
  for (const [i, slice] of slices.entries()) {
    const wanted = whole[i]
    if (slice.to !== wanted?.to) return `slice ${i} ends at ${slice.to}, not at ${wanted?.to}`
    const same = known.get(slice) ?? JSON.stringify(slice) === JSON.stringify(wanted)
    known.set(slice, same)
    if (!same) return `the slice up to ${slice.to} is not what the log gives`
  }
  return null
}

/** S20: each frame that was stepped is there once, sample by sample, in the order of its cycles; and nothing else is. */
export const framesAreRows: Find = (e, { endMs }) => {
  const { views } = e.site
  const held = e.shown.at(-1)
  if (!views || !held) return []
  const frames = allTaken(e).flatMap(({ position, as }) =>
    as.kind === 'stepped' && as.fact.kind === 'FrameMeasured' && as.candidate ? [{ position, fact: as.fact }] : [],
  )
  const within = frames.filter(f => !isRefused(e, views.timeseries, f.position))
  const samples = within
    .filter(f => f.position <= held.timeseries.checkpoint)
    .flatMap(({ position, fact: { epoch, cycle, assets } }) =>
      Object.entries(assets).flatMap(([asset, { points }]) =>
        Object.entries(points).map(([point, { value }]) =>
          [position, epoch, cycle, asset, point, value ?? null].join(' '),
        ),
      ),
    )
  const rows = held.timeseries.slices.flatMap(({ changes }) =>
    changes.flatMap(({ table, row: [position, , epoch, cycle, asset, point, value, word] }) =>
      table === 'points' ? [[position, epoch, cycle, asset, point, value ?? (word || null)].join(' ')] : [],
    ),
  )
  const at = samples.findIndex((sample, i) => rows[i] !== sample)
  const other = at >= 0 ? at : rows.length > samples.length ? samples.length : -1
  if (other < 0) return []
  return [
    { atMs: endMs, text: `sample ${other} of the time series is '${rows[other]}', in the log '${samples[other]}'` },
  ]
}
/** Is it in a slice whose content does not go in? */
function isRefused<Change>(e: Evidence, kept: Kept<Change>, position: number): boolean {
  const slice = inOneGo(e, kept).find(({ to }) => to >= position)
  return slice !== undefined && kept.store.refused.has(slice.to)
}

/** S22: what the fold refuses is in no row, and on record once, with its reason. */
export const asideIsOnRecord: Find = (e, { endMs }) => {
  const held = e.shown.at(-1)
  if (!held) return []
  const refused = allTaken(e).flatMap(({ position, as }) =>
    as.kind === 'refused' ? [{ position, text: `${position} ${as.code}` }] : [],
  )
  const of = ({ checkpoint, slices }: Held<unknown>, name: Name): Finding[] => {
    const wanted = refused.filter(r => r.position <= checkpoint).map(r => r.text)
    const aside = slices.flatMap(s => s.setAside.filter(a => a.reason !== REFUSED))
    const there = aside.map(({ position, code }) => `${position} ${code}`)
    return there.join() === wanted.join()
      ? []
      : [{ atMs: endMs, text: `${name} has set aside ${there.length} records, ${wanted.length} were refused` }]
  }
  return [...of(held.operational, 'operational'), ...of(held.timeseries, 'timeseries')]
}

/** L5: at the end each has all that was in the log a moment before, but for the slice that is still open. */
export const viewsConverge: Find = (e, { endMs }) => {
  const { views } = e.site
  const held = e.shown.at(-1)
  if (!views) return []
  if (held?.atMs !== endMs) return [{ atMs: endMs, text: 'its process is not there' }]
  const settled = e.site.o.topics.facts.kept.findLast(r => r.atUs < (endMs - SETTLES_MS) * 1_000)?.position ?? -1
  const of = <Change>(kept: Kept<Change>, { topicId: of, checkpoint }: Held<Change>): Finding[] => {
    const least = inOneGo(e, kept).findLast(({ to }) => to <= settled)?.to ?? -1
    const there = of === topicId(e) ? checkpoint : -1
    return there >= least
      ? []
      : [{ atMs: endMs, text: `${kept.projection.name} stands at ${there}, and could at ${least}` }]
  }
  return [...of(views.operational, held.operational), ...of(views.timeseries, held.timeseries)]
}
const SETTLES_MS = 5_000

const topicId = (e: Evidence): string => e.site.o.topics.facts.id
