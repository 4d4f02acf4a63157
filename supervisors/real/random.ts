import { createHash, randomBytes } from 'node:crypto'
import type { Random } from '../../protocol/ports.ts'

/** The machine's own randomness. Streams are alike here; in the simulator each name has its own. */
export const hostRandom: Random = {
  u32: () => randomBytes(4).readUInt32LE(),
  stream: () => hostRandom,
  id: () => randomBytes(16).toString('hex'),
}

/** Repeatable, for plants and tests: each draw is a pure function of seed, name and ordinal. */
export function seededRandom(seed: string): Random {
  let ordinal = 0
  const draw = () => createHash('sha256').update(`${seed}/${ordinal++}`).digest()
  return {
    u32: () => draw().readUInt32LE(),
    stream: name => seededRandom(`${seed}.${name}`),
    id: () => draw().toString('hex').slice(0, 32),
  }
}
