/** Starts an embedded Postgres, tells where, and is gone without a word to it. */
import { readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Postgres } from '../postgres.ts'

const { server, dir } = await Postgres.start()
const [pid] = readFileSync(join(server.folder, 'data', 'postmaster.pid'), 'utf8').split('\n')
writeSync(1, JSON.stringify({ dir, folder: server.folder, pid: Number(pid) }))
process.kill(process.pid, 'SIGKILL')
