/** What a gateway says of itself to those who run it: is it able to control, and how does it do. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Gateway } from '../../edge/gateway.ts'
import { majorityOf } from '../../protocol/words/manifest.ts'
import type { Part, Status } from '../real/status-door.ts'
import type { GatewayTree } from './tree.ts'

type GatewayState = Gateway['status']

/** What each state of the voter means for the site. */
const CONTROL: Readonly<Record<string, { readonly ready: boolean; readonly says: string }>> = {
  waiting: { ready: false, says: 'no cycle has had a quorum since the start' },
  majority: { ready: true, says: 'a quorum decides' },
  single: { ready: true, says: 'one replica decides alone, narrower and for a time' },
  lapsed: { ready: false, says: 'alone: no verdict is valid, local values or the devices themselves govern' },
  returning: { ready: false, says: 'quorums are back and prove themselves' },
}

export function partsOf(state: GatewayState | null, replicas: number): readonly Part[] {
  if (!state) return [{ part: 'control', ready: false, says: 'is being rebuilt' }]
  const { voter, field, links } = state
  const needed = majorityOf(replicas)
  const control = CONTROL[voter.split('.')[0]!] ?? { ready: false, says: voter }
  const says = field.up
    ? field.whole
      ? 'every device answers'
      : 'some reads are unanswered'
    : 'a device that is written does not answer'
  return [
    { part: 'control', ...control },
    { part: 'field', ready: field.up, says },
    { part: 'links', ready: links.length >= needed, says: `${links.length} of ${replicas} nodes, ${needed} needed` },
  ]
}

/** Labels are bounded: words of closed sets, and the one site. */
class GatewayMetrics {
  readonly #registry = new Registry()
  readonly #slots = this.#counter('quorate_gateway_slots_total', 'Slots since the site was commissioned', ['class'])
  readonly #refused = this.#counter('quorate_gateway_candidates_refused_total', 'Candidates not counted', ['reason'])
  readonly #links = this.#gauge('quorate_gateway_links', 'Nodes linked')
  readonly #outbox = this.#gauge('quorate_gateway_outbox_entries', 'Entries not yet released', ['stream'])
  readonly #age = this.#gauge(
    'quorate_gateway_verdict_age_seconds',
    'Since the cycle of the standing verdict; +Inf: none stands',
  )
  readonly #field = this.#gauge('quorate_gateway_field_up', '1 where every device that is written answers')
  readonly #epoch = this.#gauge('quorate_gateway_epoch', 'Lives of this gateway')
  readonly #cycle = this.#gauge('quorate_gateway_cycle', 'Newest cycle')

  constructor(labels: Readonly<Record<string, string>>) {
    this.#registry.setDefaultLabels(labels)
    collectDefaultMetrics({ register: this.#registry })
  }
  async scrape(state: GatewayState | null): Promise<{ readonly contentType: string; readonly text: string }> {
    if (state) this.#take(state)
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() }
  }
  #take({ slots, refused, links, waiting, history, verdictAgeMs, field, epoch, cycle }: GatewayState): void {
    for (const metric of [this.#slots, this.#refused]) metric.reset()
    for (const [kind, count] of Object.entries(slots)) this.#slots.inc({ class: kind }, count)
    for (const [reason, count] of Object.entries(refused)) this.#refused.inc({ reason }, count)
    this.#links.set(links.length)
    this.#outbox.set({ stream: 'durable' }, waiting)
    this.#outbox.set({ stream: 'history' }, history)
    this.#age.set(verdictAgeMs === null ? Number.POSITIVE_INFINITY : verdictAgeMs / 1_000)
    this.#field.set(field.up ? 1 : 0)
    this.#epoch.set(epoch)
    this.#cycle.set(cycle)
  }
  #gauge(name: string, help: string, labelNames: string[] = []): Gauge<string> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] })
  }
  #counter(name: string, help: string, labelNames: string[]): Counter<string> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }
}

export function statusOf(tree: GatewayTree): Status {
  const { tenant, site, replicas } = tree.manifest
  const metrics = new GatewayMetrics({ tenant, site })
  const state = () => tree.gateway?.status ?? null
  return { parts: () => partsOf(state(), replicas.length), metrics: () => metrics.scrape(state()) }
}
