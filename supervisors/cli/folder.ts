/** A run's data folder, opened to be looked at: nothing in it is created, appended or removed. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { FoldOptions } from '../../actors/controller/fold.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import type { EventLog, Topic } from '../../protocol/log/event-log.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Manifest, SignedManifest } from '../../protocol/words/manifest.ts'
import { hostClock } from '../real/clock.ts'
import { logOf, openTopic } from '../real/logs.ts'
import { Progress } from '../records/progress.ts'
import type { KeptSnapshot } from '../records/replay.ts'
import { skipsIn } from '../records/skips.ts'
import type { LogReader } from '../records/sweep.ts'
import { folders } from '../run/prepare.ts'
import { type Engine, openEngine } from '../site/engine.ts'
import type { Call, Option } from './verb.ts'

export const definitionOption: Option = {
  type: 'string',
  value: 'FILE,...',
  text: "The site's own definitions, in the order of its site file",
}
export const siteOption: Option = { type: 'string', value: 'SITE', text: 'Only this site (the one of the folder)' }

export class Folder {
  readonly dir: string
  readonly signed: SignedManifest
  readonly #open = new Map<Topic, EventLog>()

  /** Throws NO_RUN where no run has ever used the folder, NOT_FOUND where it belongs to another site. */
  constructor(call: Call, dir = call.text('data')!) {
    this.dir = dir
    const file = folders(this.dir).manifest
    if (!existsSync(file)) throw new Refusal('NO_RUN', `${this.dir} holds no manifest.json`)
    this.signed = JSON.parse(readFileSync(file, 'utf8')) as SignedManifest
    const wanted = call.text('site')
    if (wanted !== undefined && wanted !== this.manifest.site)
      throw new Refusal('NOT_FOUND', `no site '${wanted}' in ${this.dir}; sites: ${this.manifest.site}`)
  }

  get manifest(): Manifest {
    return this.signed.manifest
  }
  get partition(): number {
    return this.manifest.partition
  }

  has(topic: Topic): boolean {
    const log = logOf(this.dir)
    return log.driver !== 'embedded' || existsSync(join(log.dir, topic))
  }
  async log(topic: Topic): Promise<EventLog> {
    const there = this.#open.get(topic)
    if (there) return there
    if (!this.has(topic)) throw new Refusal('NOT_FOUND', `${this.dir} has no topic '${topic}'`)
    const log = await openTopic(logOf(this.dir), topic, { readOnly: true })
    this.#open.set(topic, log)
    return log
  }
  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(log => log.close()))
  }

  /** Snapshots that the nodes of this machine kept of this very log. */
  async snapshots(): Promise<KeptSnapshot[]> {
    const { topicId } = await (await this.log('facts')).describe()
    return this.manifest.replicas.flatMap(node => {
      const file = join(folders(this.dir).of(node), 'snapshot')
      if (!existsSync(file)) return []
      const kept = JSON.parse(readFileSync(file, 'utf8') || 'null') as Omit<KeptSnapshot, 'node'> | null
      return kept && kept.log === topicId ? [{ node, ...kept }] : []
    })
  }
}

/** A log that is folded, with a manifest of its site. */
interface Folded {
  readonly manifest: Manifest
  readonly facts: LogReader
}
export interface Folding {
  readonly fold: FoldOptions
  readonly engine: Engine
}
/**
 * What whoever folds a recorded log needs, with this build's engine: also which records are passed. Without that a log
 * with a step that does not end holds up its reader for ever. Throws LOG_CORRUPT.
 */
export async function foldOptions(log: Folded, call: Call): Promise<Folding> {
  const { engine, fold } = await unreadOptions(log, call)
  return { engine, fold: { ...fold, passed: await passedIn(log, fold) } }
}
/** The same before anything of the log is read. */
export async function unreadOptions(
  { manifest: { tenant, site } }: Pick<Folded, 'manifest'>,
  call: Call,
): Promise<Folding> {
  const engine = await openEngine(definitionsOf(call))
  const { definitions, hash } = engine
  return { engine, fold: { tenant, site, definitions, engine: hash, verifier: ed25519Verifier() } }
}

export const definitionsOf = (call: Call): string[] =>
  (call.text('definition') ?? '')
    .split(',')
    .filter(file => file !== '')
    .map(file => resolve(file))

/** What an administrator has had passed of the site. Throws LOG_CORRUPT. */
export const passedIn = async ({ manifest, facts }: Folded, fold: FoldOptions): Promise<ReadonlySet<number>> =>
  (await skipsIn(facts, manifest.partition, fold)).passed

export const progressOn =
  (total: number) =>
  (what: string): Progress =>
    new Progress(what, total, hostClock, line => void process.stderr.write(`${line}\n`))

/** A position or count on the command line. Throws USAGE. */
export function wholeNumber(call: Call, option: string): number | undefined {
  const text = call.text(option)
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new Refusal('USAGE', `--${option} ${text}: write a whole number`)
  return Number(text)
}
