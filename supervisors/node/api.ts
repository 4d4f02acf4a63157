/** A node's API beside its replicas, one for all its sites. A door that cannot open stops no vote. */
import type { ApiMetrics } from '../../projections/api/metrics.ts'
import { type Api, serveApi } from '../../projections/api/server.ts'
import type { SiteView } from '../../projections/api/view.ts'
import type { Ports } from '../../protocol/ports.ts'
import { admissionOf, DoorBeside, type HttpConfig } from '../process/door.ts'

export class NodeApi extends DoorBeside<Api> {
  constructor({ host, note }: Ports, config: HttpConfig, sites: readonly SiteView[], metrics: ApiMetrics) {
    const { address } = config
    const open = () => serveApi({ address, ...admissionOf(config), sites, metrics, clock: host, note })
    super({ host, note }, 'api', address, open)
  }
  /** Not ready any more, so that whoever stands before it asks another node. */
  drain(): void {
    this.door?.drain()
  }
}
