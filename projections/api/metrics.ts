/**
 * What Prometheus is told. Labels are bounded: sites of this node, and closed sets of words. Figures of the replica are
 * read from it at each scrape; only what the API itself sees is counted here.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { COMMAND_STATES, type SiteView } from './view.ts'

/** Appends wait for the disk: from a fast SSD to a stall. */
const APPEND_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const REPLICA_STATES = ['starting', 'rehydrating', 'catchingUp', 'shadow', 'voting', 'silent', 'disqualified']
const PRIORITIES = ['urgent', 'high', 'medium', 'low']

export class ApiMetrics {
  readonly #registry = new Registry()
  readonly #position = this.#gauge('quorate_replica_position', 'Position of the last record stepped', ['site'])
  readonly #state = this.#gauge('quorate_replica_state', '1 for the state that the replica is in', ['site', 'state'])
  readonly #cycle = this.#gauge('quorate_cycle', 'Newest cycle stepped', ['site'])
  readonly #stepped = this.#counter('quorate_facts_stepped_total', 'Facts stepped', ['site', 'kind'])
  readonly #refused = this.#counter('quorate_records_refused_total', 'Records that no step took', ['site', 'code'])
  readonly #signed = this.#counter('quorate_candidates_signed_total', 'Candidates signed by this node', ['site'])
  readonly #slots = this.#counter('quorate_slots_total', 'Slots since the site was commissioned', ['site', 'class'])
  readonly #commands = this.#gauge('quorate_commands', 'Commands remembered', ['site', 'state'])
  readonly #alarms = this.#gauge('quorate_alarms_active', 'Alarms whose cause stands', ['site', 'priority'])
  readonly #requests = this.#counter('quorate_http_requests_total', 'Requests answered', ['route', 'status'])
  readonly #appends = new Histogram({
    name: 'quorate_log_append_seconds',
    help: 'From the append of a batch of facts by this node to its acknowledgement',
    buckets: APPEND_BUCKETS_S,
    registers: [this.#registry],
  })

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
  }

  /** Of a node that has one; asked at each scrape. */
  inspector(up: () => Promise<boolean>): void {
    new Gauge({
      name: 'quorate_inspector_up',
      help: '1 where the inspector beside this node answers at its address',
      registers: [this.#registry],
      async collect() {
        this.set((await up()) ? 1 : 0)
      },
    })
  }
  appended(seconds: number): void {
    this.#appends.observe(seconds)
  }
  answered(route: string, status: number): void {
    this.#requests.inc({ route, status: String(status) })
  }

  async scrape(sites: readonly SiteView[]): Promise<{ readonly contentType: string; readonly text: string }> {
    for (const metric of [this.#position, this.#state, this.#cycle, this.#commands, this.#alarms]) metric.reset()
    for (const metric of [this.#stepped, this.#refused, this.#signed, this.#slots]) metric.reset()
    for (const view of sites) this.#site(view)
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() }
  }

  #site(view: SiteView): void {
    const { site, replica, position, figures } = view
    this.#position.set({ site }, position)
    for (const state of REPLICA_STATES) this.#state.set({ site, state }, state === replica ? 1 : 0)
    for (const [kind, count] of Object.entries(figures.stepped)) this.#stepped.inc({ site, kind }, count)
    for (const [code, count] of Object.entries(figures.refused)) this.#refused.inc({ site, code }, count)
    this.#signed.inc({ site }, figures.signed)
    const detail = view.detail()
    if (!detail) return
    this.#cycle.set({ site }, detail.cycle)
    for (const [kind, count] of Object.entries(detail.slots ?? {})) this.#slots.inc({ site, class: kind }, count)
    for (const state of COMMAND_STATES) this.#commands.set({ site, state }, figures.commands[state] ?? 0)
    for (const priority of PRIORITIES) {
      const active = detail.alarms.filter(a => a.priority === priority && a.condition.startsWith('active'))
      this.#alarms.set({ site, priority }, active.length)
    }
  }
  #gauge(name: string, help: string, labelNames: string[]): Gauge<string> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] })
  }
  #counter(name: string, help: string, labelNames: string[]): Counter<string> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }
}
