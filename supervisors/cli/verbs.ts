/** Every verb of the command line, in the order in which `--help` shows them. */
import { assetCheck, assetNew } from './asset.ts'
import { assetTest } from './asset-test.ts'
import { backup, restore } from './backup.ts'
import { command } from './command.ts'
import { configCheck } from './config.ts'
import { deploy } from './deploy.ts'
import { explain } from './explain.ts'
import { fault } from './fault.ts'
import { inspect } from './inspect.ts'
import { logCat, logExport, logTail, logVerify } from './log.ts'
import { manifestInit, manifestInstall, manifestShow, manifestSign } from './manifest.ts'
import { manifestEnrol, manifestRevoke } from './people.ts'
import { gatewayVerb, nodeVerb, plantVerb } from './processes.ts'
import { rebuild } from './rebuild.ts'
import { replay } from './replay.ts'
import { run } from './run.ts'
import { signIn } from './sign-in.ts'
import { sim } from './sim.ts'
import { logSkip } from './skip.ts'
import type { Verb } from './verb.ts'

export const verbs: readonly Verb[] = [
  run,
  nodeVerb,
  gatewayVerb,
  plantVerb,
  fault,
  command,
  signIn,
  logTail,
  logCat,
  logVerify,
  logExport,
  logSkip,
  backup,
  restore,
  replay,
  rebuild,
  explain,
  manifestInit,
  manifestShow,
  manifestSign,
  manifestInstall,
  manifestEnrol,
  manifestRevoke,
  deploy,
  configCheck,
  assetCheck,
  assetNew,
  assetTest,
  inspect,
  sim,
]
