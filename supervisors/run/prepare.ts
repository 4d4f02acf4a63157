/**
 * What must be there before anything runs: the data folder, the keys of each process, the manifest, and the log that
 * begins with it. First start makes them; later starts find them. With the trial key at hand a changed site file or
 * engine becomes the next version of the manifest by itself, said and on record; without it the command is named.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { siteOf } from '../../actors/controller/site.ts'
import { canonical } from '../../protocol/codec/canonical.ts'
import { sealFact } from '../../protocol/codec/fact.ts'
import { manifestHash, signManifest } from '../../protocol/codec/manifest.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import type { LogRecord } from '../../protocol/log/event-log.ts'
import type { Random } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { keyId } from '../../protocol/words/ids.ts'
import type { Manifest, SignedManifest } from '../../protocol/words/manifest.ts'
import { logOf, openTopic } from '../real/logs.ts'
import { type Engine, openEngine } from '../site/engine.ts'
import { type OpenedSiteFile, readSiteFile } from '../site/file.ts'
import { resolveSite } from '../site/resolve.ts'
import { succession } from '../site/succession.ts'
import { keysOf, NODES } from '../site/who.ts'

export interface Prepared {
  readonly dir: string
  readonly site: OpenedSiteFile
  readonly engine: Engine
  readonly signed: SignedManifest
  /** No frame of it is in the log: its assets are to be started, and its mode to be set. */
  readonly first: boolean
  /** What changed since the last start, in words; empty: nothing. */
  readonly changes: readonly string[]
}
export const folders = (dir: string) => ({
  keys: (process: string) => join(dir, 'keys', process),
  log: join(dir, 'log'),
  of: (process: string) => join(dir, process),
  manifest: join(dir, 'manifest.json'),
  token: join(dir, 'token'),
  run: join(dir, 'run.json'),
  time: join(dir, 'time.json'),
})

export async function prepare(o: {
  dir: string
  siteFile: string
  cycleMs?: number
  random: Random
}): Promise<Prepared> {
  const site = readSiteFile(o.siteFile)
  const engine = await openEngine(site.definitions)
  mkdirSync(o.dir, { recursive: true, mode: 0o700 })
  const at = folders(o.dir)
  const before = existsSync(at.manifest) ? (JSON.parse(readFileSync(at.manifest, 'utf8')) as SignedManifest) : null
  // each process has a folder with its own key and no other
  const keys = before?.manifest.keys ?? keysOf(id => openKey(at.keys(id), keyId(id), true).publicKey)
  if (!existsSync(at.token)) writeFileSync(at.token, `${o.random.id()}${o.random.id()}\n`, { mode: 0o600 })
  const who = { keys, replicas: NODES, threshold: before?.manifest.threshold ?? 1, engine: engine.hash }
  const options = o.cycleMs === undefined ? {} : { cycleMs: o.cycleMs }
  const wanted = resolveSite(site.file, engine.definitions, who, options)
  if (before && before.manifest.site !== wanted.site)
    throw new Refusal(
      'RUN_ACTIVE',
      `${o.dir} belongs to site '${before.manifest.site}', not '${wanted.site}'; choose another --data`,
    )
  const changes = before ? differences(before.manifest, wanted) : []
  if (before && changes.length > 0) await refuseUnreadable(o.dir, before.manifest, engine)
  const signed = before && changes.length === 0 ? before : sign(o.dir, next(wanted, before))
  if (signed !== before) {
    await install(o.dir, signed)
    writeFileSync(at.manifest, `${JSON.stringify(signed, null, 2)}\n`)
  }
  return {
    dir: o.dir,
    site,
    engine,
    signed,
    first: before === null || !(await hasBegun(o.dir, before.manifest)),
    changes,
  }
}

/** A start that was refused before its first frame has commissioned nothing: the next one is still the first. */
const BEGINNING_RECORDS = 10_000
async function hasBegun(dir: string, { partition }: Manifest): Promise<boolean> {
  const facts = await openTopic(logOf(dir), 'facts', { readOnly: true })
  try {
    const { earliest } = await facts.ends(partition)
    const beginning = await facts.read(partition, earliest, BEGINNING_RECORDS)
    const frame = ({ body }: LogRecord) => body.includes('"kind":"FrameMeasured"')
    return earliest > 0 || beginning.length >= BEGINNING_RECORDS || beginning.some(frame)
  } finally {
    await facts.close()
  }
}

/** Before anything is signed: this engine can place whatever the log has installed. Throws UNKNOWN_VERSION, ASSET_DEFINITION. */
async function refuseUnreadable(dir: string, of: Manifest, { definitions }: Engine): Promise<void> {
  const facts = await openTopic(logOf(dir), 'facts', { readOnly: true })
  try {
    for (const { signed } of await succession(facts, of.partition, of, ed25519Verifier()))
      siteOf(signed.manifest, definitions)
  } finally {
    await facts.close()
  }
}

/** The next version: what it was, with what the file and the engine say now. */
function next(wanted: Manifest, before: SignedManifest | null): Manifest {
  if (!before) return wanted
  return { ...wanted, version: before.manifest.version + 1, previous: manifestHash(before.manifest) }
}

function sign(dir: string, manifest: Manifest): SignedManifest {
  const keys = folders(dir).keys('administrator')
  if (!existsSync(join(keys, 'administrator.key')))
    throw new Refusal(
      'MANIFEST_SIGNATURES',
      'the site file or the engine has changed and no administrator key is here: `quorate manifest sign`, then `quorate manifest install`',
    )
  return signManifest({ manifest, signatures: {} }, openKey(keys, keyId('administrator')))
}

/** Into the log, before anything else of the site, or after all that was. */
async function install(dir: string, signed: SignedManifest): Promise<void> {
  const { tenant, site, partition } = signed.manifest
  const fact = {
    v: 1 as const,
    kind: 'ManifestInstalled' as const,
    tenant,
    site,
    by: 'administrator',
    manifest: signed,
  }
  const facts = await openTopic(logOf(dir), 'facts')
  try {
    await facts.append([
      { partition, body: sealFact(fact, openKey(folders(dir).keys('administrator'), keyId('administrator'))) },
    ])
  } finally {
    await facts.close()
  }
}

const IN_WORDS: readonly (readonly [keyof Manifest, string])[] = [
  ['engines', 'the engine (sources, definitions, XState or Node)'],
  ['timing', 'timing'],
  ['assets', 'assets'],
  ['strategies', 'strategies'],
  ['laws', 'laws'],
  ['limits', 'limits of the connection'],
  ['single', 'single-replica fallback'],
  ['title', 'title'],
]
const differences = (a: Manifest, b: Manifest): string[] =>
  IN_WORDS.filter(([key]) => canonical(a[key] ?? null) !== canonical(b[key] ?? null)).map(([, words]) => words)
