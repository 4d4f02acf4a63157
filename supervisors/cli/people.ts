/** `quorate manifest enrol|revoke`: the next manifest, with one person's key more or less. */
import { writeFileSync } from 'node:fs'
import { Refusal } from '../../protocol/words/errors.ts'
import { keyId } from '../../protocol/words/ids.ts'
import { type Manifest, PEOPLE, type Role } from '../../protocol/words/manifest.ts'
import { asFile } from '../site/install.ts'
import { enrolled, revoked } from '../site/people.ts'
import { heldKey } from './administrator.ts'
import { inFolder, installedIn, keyOption, signedBy, stillMissing } from './manifest.ts'
import { dataOption } from './options.ts'
import type { Call, Verb } from './verb.ts'

/** Of a raw Ed25519 key: 32 bytes. */
const PUBLIC_KEY = /^[A-Za-z0-9_-]{43}$/

const options = {
  data: { ...dataOption, text: 'Data folder of the run, or folder of the deployment' },
  key: { ...keyOption, text: 'Key file of who signs (an administrator of the folder; nobody, where none is there)' },
  out: { type: 'string', value: 'FILE', text: 'Where to write it (standard output)' },
} as const

export const manifestEnrol: Verb = {
  name: 'manifest enrol',
  text: 'The next manifest, with a person’s key; signed where an administrator’s key is at hand',
  arguments: 'ID',
  options: {
    'public-key': { type: 'string', value: 'KEY', text: 'As the person’s page shows it' },
    role: { type: 'string', value: 'ROLE,...', default: 'operator', text: PEOPLE.join(', ') },
    ...options,
  },
  async run(call) {
    const publicKey = call.text('public-key') ?? ''
    if (!PUBLIC_KEY.test(publicKey)) throw new Refusal('USAGE', '--public-key: 32 bytes in base64url, 43 characters')
    const roles = call.text('role')!.split(',') as Role[]
    const other = roles.find(role => !PEOPLE.includes(role))
    if (other !== undefined) throw new Refusal('USAGE', `--role ${other}: ${PEOPLE.join(', ')}`)
    return write(call, inForce => enrolled(inForce, theId(call), publicKey, roles))
  },
}

export const manifestRevoke: Verb = {
  name: 'manifest revoke',
  text: 'The next manifest, without a person’s key; signed where an administrator’s key is at hand',
  arguments: 'ID',
  options,
  run: async call => write(call, inForce => revoked(inForce, theId(call))),
}

/** After the newest that was installed, in force or waiting for its cycle. */
async function write(call: Call, nextOf: (inForce: Manifest) => Manifest): Promise<number> {
  const dir = call.text('data')!
  const known = inFolder(dir).manifest
  const inForce = (await installedIn(dir, known.partition, known)).at(-1)?.signed.manifest ?? known
  const unsigned = { manifest: nextOf(inForce), signatures: {} }
  const signer = heldKey(dir, inForce, call.text('key'))
  const signed = signer ? signedBy(unsigned, inForce, signer) : unsigned
  const out = call.text('out')
  if (out === undefined) call.say(asFile(signed))
  else writeFileSync(out, `${asFile(signed)}\n`)
  const file = out ?? 'FILE'
  const stands = signer ? stillMissing(signed, inForce) : `not signed: quorate manifest sign ${file}`
  process.stderr.write(`${stands}; then quorate manifest install ${file}\n`)
  return 0
}
function theId(call: Call): string {
  const [id, ...rest] = call.positionals
  if (id === undefined || rest.length > 0) throw new Refusal('USAGE', 'name one key, such as operator-ann')
  try {
    return keyId(id)
  } catch (error) {
    throw new Refusal('USAGE', (error as Error).message)
  }
}
