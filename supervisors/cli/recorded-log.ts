/** A recorded log to be looked at: a run's data folder, or a file that `quorate log export` wrote. */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseFact } from '../../protocol/codec/fact.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import { Exported } from '../records/exported.ts'
import { type LogReader, sweep } from '../records/sweep.ts'
import { Folder } from './folder.ts'
import type { Call } from './verb.ts'

/** An export is held in memory whole; a data folder is not. */
const EXPORT_BYTES_MAX = 1_000_000_000

export interface RecordedLog {
  /** A manifest of its site; of an export, the first. */
  readonly manifest: Manifest
  readonly facts: LogReader
  readonly decisions: LogReader | null
  close(): Promise<void>
}

/** Throws NOT_FOUND, NO_RUN, TOO_LARGE, LOG_CORRUPT. */
export async function openRecorded(call: Call, path: string): Promise<RecordedLog> {
  if (!existsSync(path)) throw new Refusal('NOT_FOUND', `there is no folder and no export ${path}`)
  return statSync(path).isDirectory() ? ofFolder(new Folder(call, path)) : ofExport(path)
}

async function ofFolder(folder: Folder): Promise<RecordedLog> {
  return {
    manifest: folder.manifest,
    facts: await folder.log('facts'),
    decisions: folder.has('decisions') ? await folder.log('decisions') : null,
    close: () => folder.close(),
  }
}

async function ofExport(path: string): Promise<RecordedLog> {
  const { size } = statSync(path)
  if (size > EXPORT_BYTES_MAX)
    throw new Refusal(
      'TOO_LARGE',
      `${path} has ${size} bytes, an export ${EXPORT_BYTES_MAX} at most; name its data folder`,
    )
  const exported = new Exported()
  let number = 0
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY }))
    exported.line(line, ++number)
  const facts = exported.log('facts')
  if (!facts) throw new Refusal('NOT_FOUND', `${path} holds no facts; write it with \`quorate log export\``)
  return {
    manifest: await firstManifest(facts, path),
    facts,
    decisions: exported.log('decisions'),
    close: async () => {},
  }
}

async function firstManifest(facts: LogReader, path: string): Promise<Manifest> {
  for await (const records of sweep(facts, 0))
    for (const { body } of records) {
      if (!body.includes('"kind":"ManifestInstalled"')) continue
      const parsed = parseFact(body)
      if (parsed.kind === 'fact' && parsed.fact.kind === 'ManifestInstalled') return parsed.fact.manifest.manifest
    }
  throw new Refusal('NOT_FOUND', `${path} holds no manifest; export it from its beginning`)
}
