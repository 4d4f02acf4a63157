import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Cluster, Missing } from './cluster.ts'
import { whenOrphaned } from './guarded.ts'
import { freePorts } from './ports.ts'

/** The first line with topic ids, which the driver cannot do without. */
const IMAGE = 'docker.redpanda.com/redpandadata/redpanda:v25.3.1'
const PULL_MS_MAX = 180_000
const READY_MS_MAX = 120_000
const IDS = [0, 1, 2] as const

const docker = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)('docker', args, { timeout: PULL_MS_MAX })).stdout

export async function findDocker(): Promise<{ readonly kind: 'found' } | Missing> {
  try {
    await docker('info')
  } catch {
    return { kind: 'missing', reason: 'no Docker' }
  }
  try {
    await docker('image', 'inspect', IMAGE).catch(() => docker('pull', '-q', IMAGE))
    return { kind: 'found' }
  } catch {
    return { kind: 'missing', reason: `Docker cannot fetch ${IMAGE}` }
  }
}

/** Three brokers, each with a disk that it really flushes: never its `dev-container` mode. */
export async function startRedpanda(): Promise<Cluster> {
  const name = `quorate-${randomBytes(4).toString('hex')}`
  const ports = await freePorts(IDS.length)
  const of = (id: number): string => `${name}-${id}`
  const remove = `docker rm -f -v ${IDS.map(of).join(' ')}; docker network rm ${name}`
  const guard = whenOrphaned(remove)
  await docker('network', 'create', name)
  await Promise.all(
    IDS.map(id => {
      const limits = ['--overprovisioned', '--smp=1', '--memory=1G', '--reserve-memory=0M']
      const addresses = [
        `--node-id=${id}`,
        `--seeds=${of(0)}:33145`,
        '--rpc-addr=0.0.0.0:33145',
        `--advertise-rpc-addr=${of(id)}:33145`,
        `--kafka-addr=0.0.0.0:${ports[id]}`,
        `--advertise-kafka-addr=127.0.0.1:${ports[id]}`,
      ]
      const published = ['-p', `127.0.0.1:${ports[id]}:${ports[id]}`]
      return docker(
        ...['run', '-d', '--name', of(id), '--network', name, ...published, IMAGE, 'redpanda', 'start'],
        ...['--check=false', ...limits, ...addresses],
      )
    }),
  )
  const end = performance.now() + READY_MS_MAX
  while (!(await healthy(of(0)))) {
    if (performance.now() > end) throw new Error(`Redpanda did not start: ${await docker('logs', '--tail=50', of(0))}`)
    await sleep(200)
  }
  return {
    brokers: ports.map(port => `127.0.0.1:${port}`),
    hands: {
      ids: IDS,
      kill: async id => void (await docker('kill', of(id))),
      terminate: async id => void (await docker('stop', of(id))),
      pause: async id => void (await docker('pause', of(id))),
      resume: async id => void (await docker('unpause', of(id))),
      start: async id => void (await docker('start', of(id))),
    },
    stop: () =>
      new Promise(resolve => {
        guard.once('exit', () => resolve())
        guard.stdin!.end()
      }),
  }
}

async function healthy(container: string): Promise<boolean> {
  try {
    const said = await docker('exec', container, 'rpk', 'cluster', 'health', '--format=json')
    const { is_healthy, nodes_down, all_nodes } = JSON.parse(said)
    return is_healthy && nodes_down.length === 0 && all_nodes.length === IDS.length
  } catch {
    return false
  }
}
