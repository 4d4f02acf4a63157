/**
 * A site's memory in a folder: the log as it was, the manifest, and a list with checksums. No keys: a backup may lie
 * where no secret should.
 *
 * K1  It appears whole or not at all, and so does what is restored of it, once every checksum is right: a gateway without
 *     what K2 and K3 say must never start.
 * K2  What came after it is lost to the site, but may have reached the field: the gateway begins far above the epoch
 *     and the cycle that the log knows of, so that nothing that was ever signed for is said again by other words.
 * K3  Its streams go on where the log has read them: an entry below would be taken as a repeat, one above as after a gap.
 */
import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { copyFile, cp } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { SiteState } from '../../actors/controller/state.ts'
import { Journal } from '../../protocol/journal.ts'
import { Kept } from '../../protocol/kept.ts'
import { copyEmbeddedLog } from '../../protocol/log/embedded/copy.ts'
import { TOPICS } from '../../protocol/log/event-log.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import { realDisk } from '../real/disk.ts'
import { logOf } from '../real/logs.ts'
import { folders } from './prepare.ts'

/** More lives and cycles of a gateway than can have passed between a backup and the loss: a month of five frames a second. */
const EPOCHS_AHEAD = 10_000
const CYCLES_AHEAD = 13_000_000

interface Listed {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}
export interface Backup {
  readonly v: 1
  readonly tenant: string
  readonly site: string
  readonly files: readonly Listed[]
}
const LIST = 'backup.json'

/** Of a folder that a run may be using. Throws FILE_EXISTS, LOG_ELSEWHERE. */
export async function backUp(data: string, to: string, { tenant, site }: Manifest): Promise<Backup> {
  if (existsSync(to)) throw new Refusal('FILE_EXISTS', `${to} is there already`)
  const log = logOf(data)
  if (log.driver !== 'embedded')
    throw new Refusal('LOG_ELSEWHERE', `the log of ${data} is in the cluster at ${log.brokers.join(', ')}`)
  const at = folders(data)
  const building = begun(to)
  for (const topic of TOPICS)
    if (existsSync(join(at.log, topic))) await copyEmbeddedLog(join(at.log, topic), join(building, 'log', topic))
  await copyFile(at.manifest, join(building, 'manifest.json'))
  const backup: Backup = { v: 1, tenant, site, files: await listed(building) }
  writeFileSync(join(building, LIST), `${JSON.stringify(backup, null, 2)}\n`)
  renameSync(building, to)
  return backup
}

/** What a gateway begins with: the site as the restored log has it, and the key of its manifest. */
export interface Regained {
  readonly state: SiteState
  readonly publicKey: string
}
/** `regain` reads the log in the folder that is being built. Throws NOT_FOUND, BACKUP_DAMAGED, FILE_EXISTS. */
export async function restore(
  from: string,
  data: string,
  regain: (building: string) => Promise<Regained>,
): Promise<Backup> {
  const backup = await checked(from)
  if (existsSync(data)) throw new Refusal('FILE_EXISTS', `${data} is there already`)
  const building = begun(data)
  const at = folders(building)
  await cp(join(from, 'log'), at.log, { recursive: true })
  await copyFile(join(from, 'manifest.json'), at.manifest)
  await restoreGateway(at.of('gateway'), await regain(building))
  renameSync(building, data)
  return backup
}

/** K1: beside its place, and empty, whatever an earlier attempt has left. */
function begun(to: string): string {
  const building = `${to}.unfinished`
  rmSync(building, { recursive: true, force: true })
  mkdirSync(building, { recursive: true, mode: 0o700 })
  return building
}
/** K2, K3 */
async function restoreGateway(dir: string, { state, publicKey }: Regained): Promise<void> {
  const disk = realDisk(dir)
  await (await Kept.open(disk, 'epoch')).put(String(state.epoch + EPOCHS_AHEAD))
  const note = async (name: string, record: object) => {
    const journal = await Journal.open(disk, name)
    journal.append(JSON.stringify(record))
    await journal.sync()
  }
  await note('notebook', { k: 'cycles', upTo: state.cycle + CYCLES_AHEAD })
  await note('outbox-durable', { key: publicKey, released: state.durable })
}

async function checked(from: string): Promise<Backup> {
  const list = join(from, LIST)
  if (!existsSync(list)) throw new Refusal('NOT_FOUND', `${from} holds no ${LIST}: it is no finished backup`)
  const backup = JSON.parse(readFileSync(list, 'utf8')) as Backup
  const there = new Map((await listed(from)).map(f => [f.path, f]))
  for (const { path, bytes, sha256 } of backup.files) {
    const found = there.get(path)
    if (!found) throw new Refusal('BACKUP_DAMAGED', `${path} is missing`)
    if (found.bytes !== bytes || found.sha256 !== sha256)
      throw new Refusal(
        'BACKUP_DAMAGED',
        `${path} has ${found.bytes} bytes of SHA-256 ${found.sha256}, not ${bytes} of ${sha256}`,
      )
  }
  return backup
}

async function listed(dir: string): Promise<Listed[]> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter(f => f.isFile() && f.name !== LIST)
  const paths = files.map(f => join(f.parentPath, f.name).slice(dir.length + 1)).sort()
  return Promise.all(
    paths.map(async path => {
      const hash = createHash('sha256')
      let bytes = 0
      await pipeline(createReadStream(join(dir, path)), async chunks => {
        for await (const chunk of chunks) {
          bytes += chunk.length
          hash.update(chunk)
        }
      })
      return { path, bytes, sha256: hash.digest('hex') }
    }),
  )
}
