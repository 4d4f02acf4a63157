import { readFileSync } from 'node:fs'

/** Monotonic time is comparable within one boot of the machine; where that cannot be told, within this process. */
export function machineBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return `process ${process.pid}`
  }
}
