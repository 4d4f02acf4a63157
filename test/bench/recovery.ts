/**
 * From the start of a node's process to its vote, with a long log: from its own snapshot, from one that two other nodes
 * have signed, and from nothing but the log. Alone: `node test/bench/recovery.ts [--quick]`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openKey } from '../../protocol/identity/keyring.ts'
import { openEmbeddedLog } from '../../protocol/log/embedded/index.ts'
import { keptOf } from '../../supervisors/node/beginning.ts'
import type { NodeConfig } from '../../supervisors/node/open.ts'
import { sealSnapshot } from '../../supervisors/node/shared-snapshot.ts'
import { openEngine } from '../../supervisors/site/engine.ts'
import { readSiteFile } from '../../supervisors/site/file.ts'
import { HOME, Recorder } from './recording.ts'
import { median, type Row, spreadOf } from './row.ts'

const NODE = fileURLToPath(new URL('./recovery-node.ts', import.meta.url))
/** Cycles in one append. */
const BATCH = 500
/** Records after the newest snapshot: a node makes one at each 1,000 positions. */
const TAIL = 1_000

export async function benchRecovery(quick = false): Promise<readonly Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'quorate-recovery-'))
  try {
    return await measured(dir, quick ? 50_000 : 1_000_000, quick ? 3 : 7)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function measured(dir: string, facts: number, rounds: number): Promise<Row[]> {
  const config = await written(dir, facts)
  const { data } = config
  const anew = () => {
    rmSync(data, { recursive: true, force: true })
    mkdirSync(data)
  }
  const shared: number[] = []
  for (let i = 0; i < rounds; i++) {
    anew()
    shared.push(await started(config))
  }
  const own: number[] = []
  for (let i = 0; i < rounds; i++) own.push(await started(config)) // it has kept one when it stopped
  rmSync(join(dir, 'log', 'snapshots'), { recursive: true })
  anew()
  const replayed = await started(config)
  const detail = `${facts} facts in the log, process start included`
  const row = (name: string, seconds: readonly number[], atMost?: number): Row => ({
    ...{ name: `start to voting ${name}`, value: median(seconds), unit: 's', spread: spreadOf(seconds), detail },
    ...(atMost !== undefined && { atMost }),
  })
  return [
    row('from its own snapshot', own, 3),
    row(`on an empty disk, from a snapshot of two nodes and ${TAIL} facts`, shared, 3),
    row('on an empty disk, by a replay of the whole log, every signature checked', [replayed]),
    { name: 'full replay in a node', value: facts / replayed, unit: 'facts/s', detail },
  ]
}

/** The log, snapshots that two nodes have signed, and a node's configuration. */
async function written(dir: string, facts: number): Promise<NodeConfig> {
  const recorder = new Recorder(readSiteFile(HOME).file, (await openEngine([])).hash, id =>
    openKey(join(dir, 'keys'), id, true),
  )
  const { tenant, partition } = recorder.manifest
  const log = await openEmbeddedLog({ dir: join(dir, 'log', 'facts'), topic: 'facts' })
  const snapshots = await openEmbeddedLog({ dir: join(dir, 'log', 'snapshots'), topic: 'snapshots' })
  const { topicId } = await log.describe()
  let count = 0
  let made: string | null = null
  while (count < facts) {
    const bodies: string[] = []
    while (bodies.length < BATCH && count < facts) {
      const next = recorder.next()
      bodies.push(...next)
      count += next.length
      if (made === null && count >= facts - TAIL)
        made = JSON.stringify(keptOf(recorder.fold, recorder.options, topicId))
    }
    await log.append(bodies.map(body => ({ partition, body })))
  }
  const by = (key: string) => sealSnapshot(made!, recorder.manifest, 0, recorder.signers[key]!)!
  await snapshots.append([by('node-b'), by('node-c')])
  await Promise.all([log.close(), snapshots.close()])
  writeFileSync(join(dir, 'token'), 'of this benchmark alone, and gone with it', { mode: 0o600 })
  const data = join(dir, 'node-a')
  return {
    name: 'node-a',
    keys: join(dir, 'keys'),
    data,
    log: { driver: 'embedded', dir: join(dir, 'log') },
    sites: [{ manifest: recorder.signed, definitions: [], data }],
    clock: { kind: 'host' },
    uplink: '127.0.0.1:0',
    lockstep: false,
    http: { address: '127.0.0.1:0', grants: [{ tenant, tokenFile: join(dir, 'token') }] },
  }
}

/** Seconds from the start of the process to the replica's vote. */
async function started(config: NodeConfig): Promise<number> {
  const beganMs = performance.now()
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', NODE, JSON.stringify(config)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, QUORATE_LOG: 'error' },
  })
  const exited = once(child, 'exit')
  const [line] = await Promise.race([once(child.stdout!.setEncoding('utf8'), 'data'), exited])
  const seconds = (performance.now() - beganMs) / 1_000
  await exited
  const { state } = JSON.parse(String(line)) as { state: string }
  if (state !== 'voting') throw new Error(`the replica is ${state}`)
  return seconds
}

if (process.argv[1] === import.meta.filename)
  for (const { name, value, unit, spread } of await benchRecovery(process.argv.includes('--quick')))
    process.stdout.write(
      `${name}: ${value.toFixed(2)} ${unit} (${spread?.map(s => s.toFixed(2)).join(' to ') ?? ''})\n`,
    )
