/** `quorate manifest init|show|sign|install`: a site's constitution, from its file to the log. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { siteOf } from '../../actors/controller/site.ts'
import { signManifest } from '../../protocol/codec/manifest.ts'
import { ed25519Verifier, type Signer } from '../../protocol/codec/sign.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { keyId } from '../../protocol/words/ids.ts'
import type { Manifest, SignedManifest } from '../../protocol/words/manifest.ts'
import { parse, raw } from '../../protocol/words/units.ts'
import { logOf, openTopic } from '../real/logs.ts'
import { folders } from '../run/prepare.ts'
import { draft } from '../site/draft.ts'
import { openEngine } from '../site/engine.ts'
import { readSiteFile } from '../site/file.ts'
import { asFile, installManifest, keepManifest } from '../site/install.ts'
import { manifestInWords, shownOf } from '../site/manifest-words.ts'
import { administratorsOf, authorityOf, type Installed, succession } from '../site/succession.ts'
import { NODES } from '../site/who.ts'
import { administratorKey, keyFile } from './administrator.ts'
import { definitionOption, wholeNumber } from './folder.ts'
import { dataOption, jsonOption } from './options.ts'
import { endWithReader } from './pour.ts'
import type { Call, Verb } from './verb.ts'

const verifier = ed25519Verifier()
export const keyOption = { type: 'string', value: 'FILE', text: 'Key file of who signs' } as const

export const manifestInit: Verb = {
  name: 'manifest init',
  text: 'Resolves a site file into the next manifest, unsigned; makes the keys that it names where they are missing',
  arguments: 'SITEFILE',
  options: {
    data: dataOption,
    administrators: { type: 'string', value: 'NAME,...', text: 'Who may sign (as in force; at first: administrator)' },
    threshold: { type: 'string', value: 'K', text: 'How many of them must sign the next version (as in force; 1)' },
    cycle: { type: 'string', value: 'TIME', text: 'Control cycle T, e.g. 1s (as the site file says)' },
    'from-cycle': { type: 'string', value: 'N', text: 'In force from this cycle on (at once)' },
    out: { type: 'string', value: 'FILE', text: 'Where to write it (standard output)' },
  },
  async run(call) {
    const site = readSiteFile(theFile(call))
    const engine = await openEngine(site.definitions)
    const dir = call.text('data')!
    const { tenant = 'local', site: name } = site.file
    const inForce = (await installedIn(dir, 0, { tenant, site: name })).at(-1)?.signed.manifest ?? null
    const administrators = call.text('administrators')?.split(',').map(checkedName)
    const threshold = wholeNumber(call, 'threshold')
    const fromCycle = wholeNumber(call, 'from-cycle')
    const made: string[] = []
    const manifest = draft({
      site,
      engine,
      inForce,
      replicas: NODES,
      ...(administrators && { administrators }),
      ...(threshold !== undefined && { threshold }),
      ...(fromCycle !== undefined && { fromCycle }),
      ...(call.text('cycle') !== undefined && { cycleMs: cycleMs(call.text('cycle')!) }),
      publicKey: id => {
        const folder = folders(dir).keys(id)
        if (!existsSync(join(folder, `${id}.key`))) made.push(id)
        return openKey(folder, keyId(id), true).publicKey
      },
    })
    const text = asFile({ manifest, signatures: {} })
    const out = call.text('out')
    if (out === undefined) call.say(text)
    else writeFileSync(out, `${text}\n`)
    if (made.length > 0) process.stderr.write(`keys made in ${join(dir, 'keys')}: ${made.join(', ')}\n`)
    return 0
  },
}

export const manifestShow: Verb = {
  name: 'manifest show',
  text: 'Shows a manifest, its hash, who has signed it and who has not; without a file, the one in force',
  arguments: '[FILE]',
  options: { data: dataOption, json: jsonOption },
  async run(call) {
    endWithReader()
    const dir = call.text('data')!
    const [file] = call.positionals
    const signed = file === undefined ? inFolder(dir) : readManifest(file)
    const { manifest } = signed
    const authority = authorityOf(manifest, await installedIn(dir, manifest.partition, manifest))
    const shown = shownOf(signed, authority, verifier)
    if (call.flag('json')) call.say(JSON.stringify({ kind: 'manifest', ...shown, manifest }))
    else for (const line of manifestInWords(manifest, shown)) call.say(line)
    return 0
  },
}

export const manifestSign: Verb = {
  name: 'manifest sign',
  text: 'Adds an administrator’s signature to a manifest file',
  arguments: 'FILE',
  options: {
    data: dataOption,
    key: keyOption,
    out: { type: 'string', value: 'FILE', text: 'Where to write it (FILE)' },
  },
  async run(call) {
    const file = theFile(call)
    const signed = readManifest(file)
    const { manifest } = signed
    const signer = keyFile(call.text('key') ?? folderKey(call.text('data')!, 'administrator'))
    const authority = authorityOf(manifest, await installedIn(call.text('data')!, manifest.partition, manifest))
    const next = signedBy(signed, authority, signer)
    writeFileSync(call.text('out') ?? file, `${asFile(next)}\n`)
    call.say(stillMissing(next, authority))
    return 0
  },
}

export const manifestInstall: Verb = {
  name: 'manifest install',
  text: 'Appends a signed manifest to the log, where it may follow the one in force; also while a run is going',
  arguments: 'FILE',
  options: {
    data: dataOption,
    key: { ...keyOption, text: 'Key file of who brings it (an administrator of the folder)' },
    definition: definitionOption,
  },
  async run(call) {
    const signed = readManifest(theFile(call))
    const { manifest } = signed
    const dir = call.text('data')!
    const own = (call.text('definition') ?? '').split(',').filter(d => d !== '')
    siteOf(manifest, (await openEngine(own.map(d => resolve(d)))).definitions)
    const signer = administratorKey(dir, manifest, call.text('key'))
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const facts = await openTopic(logOf(dir), 'facts')
    try {
      const position = await installManifest(facts, signed, signer)
      keepManifest(folders(dir).manifest, signed)
      const when = manifest.fromCycle === null ? 'in force' : `in force from cycle ${manifest.fromCycle} on`
      call.say(`manifest version ${manifest.version} of ${manifest.site} is at position ${position}, ${when}`)
      return 0
    } finally {
      await facts.close()
    }
  },
}

/** Throws FORBIDDEN, BAD_SIGNATURE. */
export function signedBy(signed: SignedManifest, authority: Manifest, signer: Signer): SignedManifest {
  const entry = authority.keys[signer.key]
  if (!entry?.roles.includes('administrator')) {
    const names = administratorsOf(authority).map(([id]) => id)
    throw new Refusal('FORBIDDEN', `'${signer.key}' is no administrator; administrators: ${names.join(', ')}`)
  }
  if (entry.publicKey !== signer.publicKey)
    throw new Refusal('BAD_SIGNATURE', `this key file is another one than the manifest's '${signer.key}'`)
  return signManifest(signed, signer)
}
export function stillMissing(signed: SignedManifest, authority: Manifest): string {
  const { missing, needed } = shownOf(signed, authority, verifier)
  return needed === 0 ? 'signed; enough administrators have signed' : `signed; ${needed} more of ${missing.join(', ')}`
}

function theFile(call: Call): string {
  const [file, ...rest] = call.positionals
  if (file === undefined || rest.length > 0) throw new Refusal('USAGE', 'name one file')
  return file
}
function readManifest(file: string): SignedManifest {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as SignedManifest
    if (typeof value?.manifest !== 'object' || typeof value.signatures !== 'object')
      throw new Error('it is no manifest')
    return value
  } catch (error) {
    throw new Refusal('BAD_SHAPE', `${file}: ${(error as Error).message}; \`quorate manifest init\` writes one`)
  }
}
export function inFolder(dir: string): SignedManifest {
  const file = folders(dir).manifest
  if (!existsSync(file)) throw new Refusal('NO_RUN', `${dir} holds no manifest.json`)
  return readManifest(file)
}
export async function installedIn(
  dir: string,
  partition: number,
  of: { tenant: string; site: string },
): Promise<Installed[]> {
  const log = logOf(dir)
  if (log.driver === 'embedded' && !existsSync(join(log.dir, 'facts'))) return []
  const facts = await openTopic(log, 'facts', { readOnly: true })
  try {
    return await succession(facts, partition, of, verifier)
  } finally {
    await facts.close()
  }
}

const folderKey = (dir: string, id: string) => join(folders(dir).keys(id), `${id}.key`)
const checkedName = (name: string): string => {
  try {
    return keyId(name)
  } catch (error) {
    throw new Refusal('USAGE', `--administrators: ${(error as Error).message}`)
  }
}
/** Throws USAGE. */
export function cycleMs(text: string): number {
  try {
    return raw(parse('s', text.replace(/^(\d+)(\S)/, '$1 $2'), '--cycle'))
  } catch (error) {
    throw new Refusal('USAGE', (error as Error).message)
  }
}
