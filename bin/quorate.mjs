#!/usr/bin/env node
// Starts the pinned Node beside this package on the TypeScript sources: plain JavaScript, so that any Node can read it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const at = path => fileURLToPath(new URL(path, import.meta.url))
const pinned = [at('../node_modules/.bin/node'), at('../node_modules/.bin/node.cmd')].find(existsSync)
const node = pinned ?? process.execPath
if (!pinned && Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `quorate needs Node 24 or newer; this is ${process.versions.node} and no pinned runtime is installed beside it.\n`,
  )
  process.exit(1)
}
const child = spawn(
  node,
  ['--disable-warning=ExperimentalWarning', at('../supervisors/main.ts'), ...process.argv.slice(2)],
  {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  },
)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code ?? 1)))
