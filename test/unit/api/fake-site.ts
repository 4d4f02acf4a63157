/** A site without a replica behind it, and an API over it without a socket. */

import { Feed } from '../../../projections/api/feed.ts'
import { ApiMetrics } from '../../../projections/api/metrics.ts'
import { buildApi } from '../../../projections/api/server.ts'
import type {
  AlarmView,
  AssetDetail,
  AssetSummary,
  CommandView,
  DecisionView,
  SiteDetail,
  SiteView,
  Submitted,
} from '../../../projections/api/view.ts'
import { Refusal } from '../../../protocol/words/errors.ts'
import { OwnedClock } from '../../../supervisors/real/clock.ts'

export const TOKEN = 'a'.repeat(64)
export const OTHER_TOKEN = 'b'.repeat(64)
export const BEARER = { authorization: `Bearer ${TOKEN}` }
const HEX = 'c'.repeat(64)

export const commandAt = (id: string, state: CommandView['state'], position = 7): CommandView => ({
  id,
  site: 'home',
  by: 'operator',
  target: 'bat1',
  name: 'start',
  state,
  code: null,
  reason: '',
  node: 'node-a',
  position,
  epoch: 1,
  issuedAtMs: 1_000,
  expiresAtMs: 31_000,
  endedAtMs: state === 'accepted' ? null : 2_000,
})
export const alarm: AlarmView = {
  key: 'bat1.overTemperature',
  asset: 'bat1',
  alarm: 'overTemperature',
  about: '',
  priority: 'urgent',
  condition: 'activeUnacknowledged',
  text: 'Cells at 60 °C or above',
  response: 'Keep out',
  sinceMs: 1_000,
  shelvedUntilMs: 0,
}
const asset: AssetSummary = {
  name: 'bat1',
  type: 'battery',
  title: 'Battery',
  states: ['operating.standby'],
  lost: false,
  quarantined: null,
  channel: 'following',
  points: { soc: { value: 500, unit: '%', text: '50 %', quality: 'good', ageMs: 4 } },
  setpoints: {
    power: {
      unit: 'W',
      wanted: 0,
      decided: null,
      applied: null,
      appliedText: '',
      min: -3_000,
      max: 3_000,
      minBy: 'rating',
      maxBy: 'rating',
      why: '',
      boundBy: null,
    },
  },
}
const assetDetail: AssetDetail = {
  ...asset,
  tags: [],
  settings: { energy: 8_000 },
  commands: { start: {}, cap: { power: 'W' } },
  alarms: [alarm],
}
/** As a replica tells it of a cycle. */
export const decided = (position: number, words = '') => ({
  type: 'decision' as const,
  data: { node: 'node-a', epoch: 1, cycle: position, position, candidate: { words } },
})
const decision = (position: number): DecisionView => ({
  by: 'node-b',
  epoch: 1,
  cycle: position,
  position,
  digest: HEX,
  signature: 'sig',
  stateHash: null,
  candidate: { cycle: position },
})

export class FakeSite implements SiteView {
  readonly tenant: string
  readonly site: string
  readonly feed: Feed
  readonly figures = {
    stepped: { FrameMeasured: 3 },
    refused: { BAD_SIGNATURE: 2 },
    signed: 3,
    commands: { confirmed: 1 },
  }
  replica = 'voting'
  position = 7
  records = 0
  /** What the log does when a command comes. */
  onSubmit: (body: string) => Promise<Submitted> | Submitted = body => ({ kind: 'appended', id: body, position: 8 })
  readLag: () => Promise<number> = async () => 0
  known = true
  readonly submitted: string[] = []
  readonly commands = new Map<string, CommandView>()

  constructor(tenant = 'demo', site = 'home', kept?: number) {
    this.tenant = tenant
    this.site = site
    this.feed = new Feed(kept)
  }

  lag(): Promise<number> {
    return this.readLag()
  }
  detail(): SiteDetail | null {
    if (!this.known) return null
    return {
      tenant: this.tenant,
      site: this.site,
      title: 'A site',
      node: 'node-a',
      replica: this.replica,
      position: this.position,
      now: 1_000,
      epoch: 1,
      cycle: 3,
      mode: 'automatic',
      alarmsActive: 1,
      manifestVersion: 1,
      manifest: HEX,
      cycleMs: 1_000,
      slots: { onTime: 3, late: 0, held: 0, uncovered: 0, fieldDown: 0 },
      assets: [asset],
      alarms: [alarm],
      commands: [...this.commands.values()],
    }
  }
  asset(name: string): AssetDetail | null {
    return name === 'bat1' ? assetDetail : null
  }
  command(id: string): CommandView | null {
    return this.commands.get(id) ?? null
  }
  async submit(body: string): Promise<Submitted> {
    this.submitted.push(body)
    return this.onSubmit(body)
  }
  async decisions(from: number | null, max: number) {
    const start = from ?? 1
    if (start < 1) throw new Refusal('CURSOR_GONE', 'kept from position 1 on')
    const items: DecisionView[] = []
    for (let p = start; p <= this.records && items.length < max; p++) items.push(decision(p))
    return { items, next: start + items.length }
  }

  /** The replica steps a record that changes this command. */
  step(command: CommandView, position = ++this.position): void {
    this.position = position
    this.commands.set(command.id, command)
    this.feed.publish({ position, events: [{ type: 'command', data: command }], frame: false })
  }
}

export function apiOf(...sites: FakeSite[]) {
  const clock = new OwnedClock(0)
  const notes: unknown[] = []
  const life = { ending: false }
  const app = buildApi({
    grants: [
      { token: TOKEN, tenant: 'demo' },
      { token: OTHER_TOKEN, tenant: 'rival' },
    ],
    sites,
    metrics: new ApiMetrics(),
    clock,
    draining: () => life.ending,
    note: (level, event, detail) => void notes.push({ level, event, ...detail }),
  })
  const get = (url: string, headers: Record<string, string> = BEARER) => app.inject({ method: 'GET', url, headers })
  const post = (body: string, headers: Record<string, string> = {}, site = 'home') =>
    app.inject({
      method: 'POST',
      url: `/api/v1/sites/${site}/commands`,
      headers: { ...BEARER, 'content-type': 'application/quorate-fact', ...headers },
      body,
    })
  /** Until whatever is under way has run as far as it can without time passing. */
  const settle = () => new Promise<void>(resolve => void setImmediate(() => setImmediate(() => setImmediate(resolve))))
  return { life, app, clock, notes, get, post, settle }
}
