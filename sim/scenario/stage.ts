/** Plays a scenario: the whole platform on a simulated clock, as trials run it, with a course of its own. */
import { sha256 } from '../../protocol/codec/canonical.ts'
import type { Engine } from '../../supervisors/site/engine.ts'
import { NODES } from '../../supervisors/site/who.ts'
import { schedule } from '../faults/acts.ts'
import { KINDS } from '../faults/kinds.ts'
import type { Trialled, Violation } from '../oracle/check.ts'
import { Evidence } from '../oracle/evidence.ts'
import { HEAL_MS } from '../oracle/liveness.ts'
import { type BatteryMemory, batteryParameters, type PlantState } from '../plant/state.ts'
import { quickKeys } from '../platform/keys.ts'
import { Crowd } from '../platform/people.ts'
import { SimSite, topicsOf } from '../platform/site.ts'
import { judge } from '../trial.ts'
import { World } from '../world/world.ts'
import { durationMs } from './moments.ts'
import type { Opened } from './open.ts'
import type { Act } from './plan.ts'

/** As `quorate run` does at a first start: automatic, and every asset started. */
const COMMISSIONED_MS = 3_000
/** After its end the site heals and is watched, so that the oracle can judge what must happen in the end. */
const WATCHED_MS = 60_000
const EXPIRES_MS = 30_000

export interface Played {
  readonly evidence: Evidence
  readonly violations: readonly Violation[]
  readonly traceHash: string
}

export async function play(o: Opened): Promise<Played> {
  const world = new World(o.seed, o.faults, o.startMs)
  try {
    const { file, engine, inputs, traitor, forMs } = o
    const keys = quickKeys(o.seed, file.site)
    const site = new SimSite({
      world,
      topics: topicsOf(world),
      file,
      engine,
      keys,
      partition: 0,
      inputs,
      prefix: '',
      traitor,
      views: o.faults.some(f => KINDS[f.kind].group === 'views'),
    })
    const evidence = new Evidence(site)
    world.sent = (from, to, text) => evidence.sent(from, to, text)
    world.lived = (process, fromMs, toMs) => evidence.lived(process, fromMs, toMs)
    const people = new Crowd(site)
    await site.begin()
    world.at(COMMISSIONED_MS * 1_000, null, () => people.rouse())
    schedule({ world, site, people }, o.faults)
    for (const act of o.acts) world.at(act.atMs * 1_000, null, () => carryOut(site, people, act))
    const endMs = forMs + HEAL_MS + WATCHED_MS
    await world.run(endMs)
    for (const { name, current } of world.processes.values()) if (current) world.lived(name, current.bornMs, endMs)
    const profile = { name: o.title, kinds: [...new Set(o.faults.map(f => f.kind))], traitor, faults: o.faults }
    const t: Trialled = { profile, healedFromMs: forMs, endMs }
    return { evidence, violations: judge(evidence, t), traceHash: world.traceHash }
  } finally {
    world.close()
  }
}

function carryOut(site: SimSite, people: Crowd, act: Act): void {
  switch (act.kind) {
    case 'command': {
      const [target, name, params] = act.step.command
      const expiresMs = act.step.expires === undefined ? EXPIRES_MS : durationMs(act.step.expires)
      const id = site.command(NODES[0], target, name, params, expiresMs)
      site.again(id, NODES[1]) // who hears nothing asks the next node
      return
    }
    case 'plant':
      site.field.now().change(state => changed(site, state, act.values))
      return
    case 'engine':
      site.engines.set(act.step.node, engineOf(site.o.engine, act.step.engine))
      site.o.world.processes.get(act.step.node)!.kill(`started anew with engine '${act.step.engine}'`)
      return
    case 'activate':
      people.activate(engineOf(site.o.engine, act.step.activate).hash, act.step.fromCycle)
  }
}

/** The same definitions under another hash: to everybody who votes, another engine. */
export function engineOf(present: Engine, name: string): Engine {
  return name === 'present' ? present : { ...present, hash: sha256(`${present.hash} ${name}`) }
}

function changed(site: SimSite, state: PlantState, values: Readonly<Record<string, number>>): PlantState {
  const assets = { ...state.assets }
  for (const [key, value] of Object.entries(values)) {
    const [name, what] = key.split('.') as [string, string]
    const options = site.field.plant.options.assets.find(a => a.name === name)!
    const memory = assets[name]!
    if (memory.type === 'battery' && options.type === 'battery') {
      const storedMwh = (batteryParameters(options).capacityMwh * value) / 1_000
      const cells = what === 'soc' ? { ...memory.cells, storedMwh } : { ...memory.cells, temperatureDeciC: value }
      assets[name] = { ...memory, cells } satisfies BatteryMemory
    } else if (memory.type === 'pv') assets[name] = { ...memory, temperatureDeciC: value }
  }
  return { ...state, assets }
}
