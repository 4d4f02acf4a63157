/** Everything that a simulated process can touch. */
import type { Clock, Ports } from '../../protocol/ports.ts'
import { fileOf } from './disk.ts'
import { randomOf } from './draw.ts'
import { netOf } from './net.ts'
import type { Incarnation } from './process.ts'

export function portsOf(life: Incarnation): Ports {
  const { process } = life
  const { world, name } = process
  const clock = clockOf(life)
  return {
    name,
    clock,
    host: clock,
    random: randomOf(world.seed, `${name}#${life.number}`),
    disk: {
      open: file =>
        new Promise(resolve => {
          world.at(world.nowUs + 50, life, () => resolve(fileOf(life, process.file(file))))
        }),
    },
    net: netOf(life),
    control: { exit: reason => life.die(`exit: ${reason}`) },
    note(level, event, detail) {
      if (life.dead || level === 'debug') return
      world.trace(`note ${level}`, name, event)
      world.noted?.(name, level, event, detail)
    },
  }
}

/** Monotonic time runs on over the lives of a process: its machine has not rebooted. */
function clockOf(life: Incarnation): Clock {
  const { process } = life
  const { world } = process
  const rate = () => 1 + process.driftPpm / 1e6
  const us = () => Math.floor(world.nowUs * rate())
  return {
    monotonicMs: () => Math.floor(us() / 1_000),
    monotonicUs: us,
    wallMs: () => world.epochMs + Math.floor(us() / 1_000) + process.wallOffsetMs,
    after(ms, run) {
      if (life.dead) return { cancel() {} }
      const due = world.at(world.nowUs + Math.max(0, Math.round((ms * 1_000) / rate())), life, run)
      return {
        cancel() {
          due.run = null
        },
      }
    },
  }
}
