/** All views by name: what a page may ask for. */
import { actor } from './actor.ts'
import { alarms } from './alarms.ts'
import { command } from './command.ts'
import { cycle } from './cycle.ts'
import { facts } from './facts.ts'
import { fleet } from './fleet.ts'
import { head } from './head.ts'
import { replicas } from './replicas.ts'
import { sequence } from './sequence.ts'
import { site } from './site.ts'
import { supervision } from './supervision.ts'
import type { View } from './view.ts'

export const VIEWS = {
  head,
  fleet,
  site,
  actor,
  command,
  cycle,
  facts,
  alarms,
  replicas,
  sequence,
  supervision,
} as const
export type ViewName = keyof typeof VIEWS
export const viewOf = (name: string): View<unknown> | undefined =>
  Object.hasOwn(VIEWS, name) ? VIEWS[name as ViewName] : undefined
