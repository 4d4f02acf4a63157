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
    note(level, event) {
      if (life.dead || level === 'debug') return
      world.trace(`note ${level}`, name, event)
    },
  }
}

function clockOf(life: Incarnation): Clock {
  const { process } = life
  const { world } = process
  const ms = () => Math.floor(process.monotonicUs / 1_000)
  return {
    monotonicMs: ms,
    monotonicUs: () => process.monotonicUs,
    wallMs: () => process.wallStandsAtMs ?? world.epochMs + ms() + process.wallOffsetMs,
    after(waitMs, run) {
      if (life.dead) return { cancel() {} }
      const due = world.at(world.nowUs + Math.max(0, Math.round((waitMs * 1_000) / process.rate)), life, run)
      return {
        cancel() {
          due.run = null
        },
      }
    },
  }
}
