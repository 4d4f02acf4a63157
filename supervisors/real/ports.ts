import type { Net, Ports } from '../../protocol/ports.ts'
import { hostClock } from './clock.ts'
import { realDisk } from './disk.ts'
import { clientNet } from './net.ts'
import { pinoNote } from './note.ts'
import { hostRandom } from './random.ts'

export interface HostPorts {
  /** What every line of this process says of it. */
  readonly of?: Readonly<Record<string, string>>
  readonly net?: Net
}

/** The real world, for a process that lives in host time: its folder is its disk. */
export function hostPorts(name: string, dir: string, { of = {}, net = clientNet }: HostPorts = {}): Ports {
  const note = pinoNote(name, of)
  const control = {
    exit(reason: string) {
      note('error', 'process exits', { reason })
      process.exit(1)
    },
  }
  return { name, clock: hostClock, host: hostClock, random: hostRandom, disk: realDisk(dir), net, control, note }
}
