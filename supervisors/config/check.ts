/** Everything that can be told of a configuration without starting its process. */
import type { Environment } from './environment.ts'
import { gatewayConfigOf } from './gateway.ts'
import { nodeConfigOf } from './node.ts'
import { plantSettingOf } from './plant.ts'
import { readConfig } from './read.ts'
import type { Kind } from './shape.ts'

/** Throws CONFIG with all that is wrong; returns what it is for. */
export function checkConfig(path: string, environment: Environment): Kind {
  const file = readConfig(path, environment)
  if (file.kind === 'node') nodeConfigOf(path, file)
  else if (file.kind === 'gateway') gatewayConfigOf(path, file)
  else plantSettingOf(path, file)
  return file.kind
}
