import { beforeAll, describe, expect, it } from 'vitest'
import { KnownCharts } from '../../../projections/inspector/charts.ts'
import type { Moments } from '../../../projections/inspector/moments.ts'
import { preview } from '../../../projections/inspector/preview.ts'
import type { Recorded } from '../../../projections/inspector/recorded.ts'
import { SiteViews } from '../../../projections/inspector/site.ts'
import { VIEWS, type ViewName } from '../../../projections/inspector/views/index.ts'
import { KeptTiles } from '../../../projections/inspector/views/tiles.ts'
import { signCandidate } from '../../../protocol/codec/candidate.ts'
import { canonical } from '../../../protocol/codec/canonical.ts'
import type { Candidate } from '../../../protocol/words/candidate.ts'
import { asked, START_MS, signerOf } from '../controller/household.ts'
import { Story, logOf as storyLog, until } from '../projections/story.ts'
import { decided, logOf, recorded as story, type Recorded as Told } from '../records/recorded-site.ts'
import { momentsOf, recordedOf } from './looked-at.ts'

const charts = new KnownCharts()
const tiles = new KeptTiles()
let told: Told
let moments: Moments
let recorded: Recorded
const LIED_AT = 4
beforeAll(async () => {
  told = story()
  const lie = (candidate: Candidate): Candidate => {
    const { power } = candidate.actions.assets.bat1!.setpoints
    const bat1 = { ...candidate.actions.assets.bat1!, setpoints: { power: { ...power!, value: power!.value + 700 } } }
    return { ...candidate, actions: { ...candidate.actions, assets: { ...candidate.actions.assets, bat1 } } }
  }
  const liar = told.candidates[LIED_AT - 1]!
  const decisions = told.decisions.map(body => {
    const { by, position } = JSON.parse(body)
    return by === 'node-c' && position === liar.position ? decided(lie(liar), 'node-c') : body
  })
  // somebody writes in the name of another: the bytes are fine, the signature is not
  // and one signs what is no candidate at all
  const nonsense = { by: 'node-a', bytes: '{', signature: signerOf('node-a').sign('candidate', '{') }
  const garbage = canonical({
    v: 1,
    kind: 'Decided',
    site: 'home',
    position: told.candidates[0]!.position,
    ...nonsense,
  })
  const forged = { ...signCandidate(told.candidates[1]!, signerOf('node-a')), by: 'node-b' }
  const inNameOf = canonical({ v: 1, kind: 'Decided', site: 'home', position: told.candidates[1]!.position, ...forged })
  const instead = (body: string): string => {
    const { by, position } = JSON.parse(body)
    if (position === told.candidates[1]!.position && by === 'node-b') return inNameOf
    return position === told.candidates[0]!.position && by === 'node-a' ? garbage : body
  }
  // in the name of one who has spoken: written before, and after
  const shadowed = { ...signCandidate(told.candidates[2]!, signerOf('node-a')), by: 'node-b' }
  const beside = canonical({ v: 1, kind: 'Decided', site: 'home', position: told.candidates[2]!.position, ...shadowed })
  const all = decisions.flatMap(body => {
    const mine = instead(body)
    const { by, position } = JSON.parse(body)
    return by === 'node-b' && position === told.candidates[2]!.position ? [beside, mine] : [mine]
  })
  moments = await momentsOf(await logOf('facts', told.facts))
  recorded = await recordedOf(await logOf('decisions', all))
  await until(async () => (await recorded.at(told.candidates.at(-1)!.position, moments.now!.manifest)).length === 3)
})

const show = async <N extends ViewName>(name: N, at: number, params: Record<string, string> = {}) =>
  (await VIEWS[name](await moments.at(at), params, { moments, recorded, charts, tiles, live: false })) as Awaited<
    ReturnType<(typeof VIEWS)[N]>
  >

describe('the replicas', () => {
  it('agree, and what is shown says so', async () => {
    const page = await show('replicas', told.candidates[2]!.position)
    expect(page.rows.map(row => row.says)).toEqual(['agrees', 'agrees', 'agrees'])
    expect(new Set(page.rows.map(row => row.digest)).size).toBe(1)
  })
  it('one that says something else is shown with the path and the value; the others are not blamed', async () => {
    const { position } = told.candidates[LIED_AT - 1]!
    const page = await show('replicas', position)
    const c = page.rows.find(row => row.by === 'node-c')!
    expect(c.says).toBe('differs')
    expect(c.differences).toEqual([{ path: 'actions.assets.bat1.setpoints.power.value', was: 0, is: 700 }])
    expect(page.rows.filter(row => row.says === 'agrees').map(row => row.by)).toEqual(['node-a', 'node-b'])
    expect(page.history.at(-1)!.says['node-c']).toBe('differs')
  })
  it('nobody speaks in the name of another (S13)', async () => {
    const page = await show('replicas', told.candidates[1]!.position)
    expect(page.rows.find(row => row.by === 'node-b')!.says).toBe('notSigned')
    expect(page.rows.find(row => row.by === 'node-a')!.says).toBe('agrees')
  })
  it('what is no candidate at all takes nothing down, and is shown as that', async () => {
    const { position } = told.candidates[0]!
    const page = await show('replicas', position)
    expect(page.rows.map(row => row.says)).toEqual(['malformed', 'agrees', 'agrees'])
    expect(page).toMatchObject({ firstDivergent: position, responsible: { kind: 'FrameMeasured' } })
    expect((await show('sequence', position)).messages.some(message => message.text.endsWith('malformed'))).toBe(true)
  })
})

describe('a decision', () => {
  it('is told from the frame to what was read back', async () => {
    const story = await show('cycle', told.facts.length - 1)
    const last = told.candidates.at(-1)!
    expect(story).toMatchObject({ position: last.position, cycle: `${last.epoch}.${last.cycle}` })
    expect(story!.verdict).toMatchObject({ source: 'majority', signed: ['node-a', 'node-b'] })
    expect(story!.votes.map(vote => [vote.by, vote.says, vote.counted])).toEqual([
      ['node-a', 'agrees', true],
      ['node-b', 'agrees', true],
      ['node-c', 'agrees', false],
    ])
    expect(story!.writes).toMatchObject([{ asset: 'bat1', name: 'power', outcome: 'confirmed' }])
  })
  it('is the newest one with a verdict: at its frame, the one before', async () => {
    const [, second, third] = told.candidates
    expect((await show('cycle', third!.position))!.position).toBe(second!.position)
    expect((await show('cycle', third!.position + 2))!.position).toBe(third!.position)
  })
})

describe('an actor', () => {
  it('shows its states, its last transition, and for each command whether it would be taken, and why not', async () => {
    const page = await show('actor', told.facts.length - 1, { actor: 'site' })
    expect(page.states).toEqual(['automatic'])
    expect(page.active).toEqual(['site', 'site.automatic'])
    expect(page.last).toMatchObject({ edges: ['site.off|automatic|0'], text: ['automatic: off -> automatic'] })
    const refused = Object.fromEntries(page.asks.map(({ name, refused }) => [name, refused]))
    expect(refused).toMatchObject({ manual: null, automatic: "site is automatic, which takes no 'automatic'" })
  })
  it('names the guard that says no', async () => {
    const page = await show('actor', told.facts.length - 1, { actor: 'bat1' })
    const refused = page.asks.map(ask => ask.refused).filter(reason => reason !== null)
    expect(refused.join()).toMatch(/guard says no|which takes no/)
    expect(page.asset!.points.soc).toBeDefined()
  })
  it('that the fact has not touched has changed nothing', async () => {
    const { last } = await show('actor', told.facts.length - 1, { actor: 'site' })
    const page = await show('actor', last!.position, { actor: 'bat2' })
    expect(page.changed).toEqual([])
  })
  it('that is not there is refused with those that are', async () => {
    await expect(show('actor', told.facts.length - 1, { actor: 'bat9' })).rejects.toThrow(
      /NOT_FOUND: no actor 'bat9' at position \d+; there are site, .*bat1/,
    )
  })
})

describe('a command', () => {
  it('that was confirmed is told with the cycles that carried it', async () => {
    const page = await show('command', told.facts.length - 1, { id: 'go-automatic' })
    expect(page.command).toMatchObject({ target: 'site', name: 'automatic' })
    expect(page.carriedIn).toBeGreaterThan(0)
    expect(page.steps[0]).toMatchObject({ kind: 'CommandRequested', by: 'operator' })
  })
  it('that was refused says why', async () => {
    const page = await show('command', told.facts.length - 1, { id: 'stop-too-soon' })
    expect(page.command).toMatchObject({ state: 'rejected', code: 'NOT_NOW' })
    expect(page.carriedIn).toBe(0)
  })
  it('that nobody has sent is not found', async () => {
    await expect(show('command', told.facts.length - 1, { id: 'never-sent' })).rejects.toThrow('NOT_FOUND')
  })
})

it('a preview is what the step makes of the command; a changed state has another basis', async () => {
  const moment = await moments.at(told.facts.length - 1)
  const command = (name: string) => asked(`try-${name}-1`, 'site', name, moment.state.now) as never
  const manual = preview(moment, command('manual'))
  expect(manual).toMatchObject({ accepted: true, reason: '' })
  expect(manual.changes).toContainEqual({ path: 'site.state', was: 'automatic', is: 'manual' })
  expect(preview(moment, command('automatic'))).toMatchObject({
    accepted: false,
    reason: expect.stringContaining('NOT_NOW'),
  })
  const before = await moments.at(told.candidates[0]!.position)
  expect(preview(before, command('manual')).basis).not.toBe(manual.basis)
  expect(preview(moment, command('off')).basis).toBe(manual.basis)
  expect((await moments.at(told.facts.length - 1)).state).toBe(moment.state) // nothing was stepped
})

it('alarms are counted, and ten in ten minutes are a flood', async () => {
  const long = new Story().time(0).frame()
  for (let i = 0; i < 10; i++) long.alarm('raised').alarm('returned')
  const moments = await momentsOf(await storyLog(long.bodies))
  const page = await VIEWS.alarms(moments.now!, {}, { moments, recorded, charts, tiles, live: false })
  expect(page).toMatchObject({ raisedInTenMinutes: 1, flood: false })
  expect(page.alarms[0]).toMatchObject({ alarm: 'dissent', condition: 'returnedUnacknowledged', shelved: false })
  expect(START_MS).toBeGreaterThan(0)
})

it('what several look at is made once', async () => {
  const submit = () => Promise.reject(new Error('nobody submits'))
  const enrol = submit
  const views = new SiteViews({ tenant: 'demo', site: 'home', machines: [], moments, recorded, submit, enrol })
  const [one, other] = await Promise.all([views.show('site', {}, null), views.show('site', {}, null)])
  expect(one).toBe(other)
  await expect(views.show('nothing', {}, null)).rejects.toThrow("BAD_REQUEST: there is no view 'nothing'")
  await expect(views.show('facts', { max: '-1' }, null)).rejects.toThrow("max='-1'")
})
