import type { Ports } from '../../protocol/ports.ts'
import { hostClock } from './clock.ts'
import { realDisk } from './disk.ts'
import { wsNet } from './net.ts'
import { pinoNote } from './note.ts'
import { hostRandom } from './random.ts'

/** The real world, for a process that lives in host time: its folder is its disk. */
export function hostPorts(name: string, dir: string, exit: (reason: string) => void = () => process.exit(1)): Ports {
  const note = pinoNote(name)
  const control = {
    exit(reason: string) {
      note('error', 'process exits', { reason })
      exit(reason)
    },
  }
  return { name, clock: hostClock, host: hostClock, random: hostRandom, disk: realDisk(dir), net: wsNet, control, note }
}
