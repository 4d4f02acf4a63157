/** Faults that begin and end by themselves. The others are asked for where they strike (`World.strikes`). */
import { NODES } from '../../supervisors/site/who.ts'
import { ownPosition, sharedPositions } from '../oracle/snapshots.ts'
import { startFault } from '../plant/faults.ts'
import { batteryParameters, type FaultName, type PlantState } from '../plant/state.ts'
import { forgeries } from '../platform/forger.ts'
import type { Crowd } from '../platform/people.ts'
import type { SimSite } from '../platform/site.ts'
import { draw } from '../world/draw.ts'
import type { Process } from '../world/process.ts'
import type { World } from '../world/world.ts'
import { type Fault, type FaultKind, KINDS, type Kind } from './kinds.ts'

interface Scene {
  readonly world: World
  readonly site: SimSite
  readonly people: Crowd
}
/** Begins the fault; what it gives back ends it. */
type Act = (scene: Scene, fault: Fault) => (() => void) | undefined

const processOf = ({ world }: Scene, { target }: Fault): Process => world.processes.get(target)!
const wallOff: Act = (scene, fault) => {
  const process = processOf(scene, fault)
  const byMs = fault.ms ?? 0
  process.wallOffsetMs += byMs
  return () => {
    process.wallOffsetMs -= byMs
  }
}
const wallStands: Act = (scene, fault) => {
  const process = processOf(scene, fault)
  process.wallStandsAtMs = scene.world.epochMs + Math.floor(process.monotonicUs / 1_000) + process.wallOffsetMs
  return () => {
    process.wallStandsAtMs = null
  }
}
/**
 * As an operator sets it: nothing goes that a node would have to read again, as one does under another engine, nor what
 * follows the newest snapshot that a new disk could begin at, nor what a projection would have to read again.
 */
const trimmed: Act = ({ world, site }) => {
  if (world.faults.some(f => f.kind === 'engineChange' || f.kind === 'storeLost')) return undefined
  const nodes = [...world.processes.values()].filter(({ name }) => NODES.some(node => name.endsWith(node)))
  const shared = sharedPositions(site.o.topics.snapshots.kept, site.signed.manifest, world.nowMs)
  const frozen = [...world.stores.values()].map(store => store.standing().fold?.position ?? -1)
  const read = Math.min(Math.max(-1, ...shared), ...nodes.map(ownPosition), ...frozen)
  site.o.topics.facts.trim(site.o.partition, read + 1)
  return undefined
}
const atThePlant =
  (name: FaultName, rest: (fault: Fault) => object = () => ({})): Act =>
  ({ site }, fault) => {
    startFault(name, { asset: fault.target, ms: fault.forMs, ...rest(fault) }, site.field.now())
    return undefined
  }
/** Again and again while the window lasts, `ms` apart. */
const every =
  (act: (scene: Scene, fault: Fault, nth: number) => void, leastMs = 50): Act =>
  (scene, fault) => {
    const { world } = scene
    const state = { over: false }
    const turn = (nth: number) => {
      if (state.over) return
      act(scene, fault, nth)
      world.at(world.nowUs + Math.max(leastMs, fault.ms ?? 1_000) * 1_000, null, () => turn(nth + 1))
    }
    turn(0)
    return () => {
      state.over = true
    }
  }
/** Its parent starts it anew `ms` later than it would. */
const crash: Act = (scene, fault) => {
  const process = processOf(scene, fault)
  const again = process.restartAfterMs
  process.restartAfterMs = reason => {
    process.restartAfterMs = again
    return (again?.(reason) ?? 0) + (fault.ms ?? 0)
  }
  process.kill(fault.kind)
  return undefined
}
/** The machine is another one, and nothing but its keys was brought to it. */
const wiped: Act = (scene, fault) => {
  const ends = crash(scene, fault)
  processOf(scene, fault).files.clear()
  return ends
}
const killed = (process: Process) => process.kill('in the midst of a call')
const crashAtCall: Act = ({ world }, { target, ms = 0 }) => {
  world.armed.set(target, { left: ms, befalls: killed })
  return () => void world.armed.delete(target)
}
/** At a call after the note that one-shot work was taken up, before the note of its end. */
const cutShort: Act = ({ world, site }, { target, ms = 1 }) => {
  const { watched } = site.gateway.file('notebook')
  const watch = (bytes: Uint8Array, replaced: boolean) => {
    if (replaced || !/"k":"(command|pulse)"/.test(new TextDecoder().decode(bytes))) return
    watched.delete(watch)
    world.armed.set(target, { left: ms - 1, befalls: killed })
  }
  watched.add(watch)
  return () => void watched.delete(watch)
}
/** Until its window ends and the wall clock is set right, it shows the time of before. */
const asleep: Act = ({ world }, { target, id, ms = 1_000 }) => {
  const slept = { ms: 0 }
  const befalls = (process: Process) => {
    slept.ms = ms
    process.wallOffsetMs -= ms
    process.pause(ms)
  }
  world.armed.set(target, { left: draw(world.seed, id, 3) % CALLS, befalls })
  return () => {
    if (slept.ms === 0) world.armed.delete(target)
    else world.processes.get(target)!.wallOffsetMs += slept.ms
  }
}
/** Whoever writes to it finds out by the next answer. */
const storeLost: Act = ({ world }, { target, id }) => {
  const store = world.stores.get(target)!
  if (id % 2 === 0) store.lose()
  else store.lose('another log', draw(world.seed, id, 4) % Math.max(1, store.held.checkpoint))
  return undefined
}
/** Calls to its ports of a gateway in a few cycles. */
const CALLS = 60

const ACTS: Partial<Record<FaultKind, Act>> = {
  clockOffset: wallOff,
  timeLie: wallOff,
  clockJump: (scene, fault) => void wallOff(scene, fault),
  clockStands: wallStands,
  logTrim: trimmed,
  clockDrift: (scene, fault) => {
    const process = processOf(scene, fault)
    process.drift(fault.ms ?? 0)
    return () => process.drift(0)
  },
  crash,
  wiped,
  pause: (scene, fault) => void processOf(scene, fault).pause(fault.ms ?? 1_000),
  crashAtCall,
  gatewayCrash: crashAtCall,
  viewsCrash: crashAtCall,
  storeLost,
  otherEngine: crash,
  freeze: atThePlant('freeze'),
  drop: atThePlant('drop'),
  refuse: atThePlant('refuse'),
  lateEffect: atThePlant('late', ({ ms }) => ({ delayMs: ms ?? 1_000 })),
  stick: atThePlant('stick', () => ({ register: 'setpoint' })),
  clamp: atThePlant('clamp'),
  local: atThePlant('local', ({ id }) => ({ powerW: (id % 5) * 100 })),
  secondWriter: ({ site, world }, { target, id }) => {
    const unit = site.field.plant.options.assets.find(a => a.name === target)!.unit
    const { nowMs } = world
    const left = { askedMs: nowMs, ms: nowMs, senderMs: nowMs, unwatched: false }
    site.field.write(left, unit, 'holding', 100, [draw(world.seed, id, 2) % 100], 'stranger')
    return undefined
  },
  recalibrated: ({ site }, { target, id }) => {
    site.field.now().change(s => recalibrated(s, site, target, id))
    return undefined
  },
  reboot: ({ site }, { target }) => {
    site.field.now().change(s => rebooted(s, target))
    return undefined
  },
  forge: every(({ site, world }, fault, nth) => {
    const node = world.processes.get(fault.target)?.current
    if (node) forgeries(site, fault.target, nth)
  }),
  echo: every(({ site, world }, fault, nth) => {
    const node = world.processes.get(fault.target)?.current
    const { facts } = site.o.topics
    const { partition } = site.signed.manifest
    const asked = facts.kept.filter(f => f.partition === partition && f.body.includes('"kind":"CommandRequested"'))
    const body = asked.at(-1 - (draw(world.seed, fault.id, nth) % ECHOED))?.body
    if (node && body) facts.append(node, [{ partition, body }]).catch(() => {})
  }),
  cutShort,
  asleep,
  busyPeople: every(({ people }, fault, nth) => people.misbehave(fault.id, nth)),
  rivals: every(({ people }, fault, nth) => people.rival(fault.id, nth), 500),
  switching: every(({ people }, fault, nth) => people.turn(fault.target, nth), 1_000),
  manifestChange: ({ people }, { id }) => void people.changeManifest(id),
  engineChange: ({ people }) => void people.changeEngine(),
}

/** How far back an echo reaches, commands. */
const ECHOED = 8

/** A device after a loss of power: setpoint and heartbeat are gone, its own time-out is the one from the factory. */
function rebooted(s: PlantState, asset: string): PlantState {
  const device = s.assets[asset]
  if (!device || !('control' in device)) return s
  const control = { ...device.control, setpointW: null, targetW: null, fedAtMs: null, heartbeat: 0, expired: false }
  return { ...s, assets: { ...s.assets, [asset]: { ...device, control } } }
}

/** Cells that were thought half full are nearly empty, or nearly full. */
function recalibrated(s: PlantState, { field }: SimSite, asset: string, id: number): PlantState {
  const device = s.assets[asset]
  const options = field.plant.options.assets.find(a => a.name === asset)
  if (device?.type !== 'battery' || options?.type !== 'battery') return s
  const permille = id % 2 === 0 ? 101 : 949
  const storedMwh = (batteryParameters(options).capacityMwh * permille) / 1_000
  return { ...s, assets: { ...s.assets, [asset]: { ...device, cells: { ...device.cells, storedMwh } } } }
}

/** Of a schedule that was drawn: half of what goes both ways goes the other one. */
export const eitherWay = (seed: number, faults: readonly Fault[]): readonly Fault[] =>
  faults.map(f => {
    const kind: Kind = KINDS[f.kind]
    return kind.signed && f.ms !== undefined && draw(seed, f.id, 1) % 2 === 1 ? { ...f, ms: -f.ms } : f
  })

export function schedule(scene: Scene, faults: readonly Fault[]): void {
  const { world } = scene
  for (const fault of faults) {
    const act = ACTS[fault.kind]
    if (!act) continue
    world.at(fault.fromMs * 1_000, null, () => {
      world.count(fault.kind)
      world.trace('fault', fault.target, fault.kind)
      const end = act(scene, fault)
      if (end) world.at((fault.fromMs + fault.forMs) * 1_000, null, end)
    })
  }
}
