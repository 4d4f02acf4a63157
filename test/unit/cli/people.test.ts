/** People's keys by hand, in the folder of a deployment: enrolled, revoked, signed by as many as must. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SignedManifest } from '../../../protocol/words/manifest.ts'
import { parseCall } from '../../../supervisors/cli/verb.ts'
import { verbs } from '../../../supervisors/cli/verbs.ts'
import { writeDeployment } from '../../../supervisors/deployment/write.ts'
import { enrolBy } from '../../../supervisors/inspector/ways.ts'
import { hostRandom } from '../../../supervisors/real/random.ts'
import { readSiteFile } from '../../../supervisors/site/file.ts'

const here = mkdtempSync(join(tmpdir(), 'quorate-people-'))
const original = join(here, 'original')
const data = join(here, 'data')
const file = join(here, 'next.json')
const HOME = fileURLToPath(new URL('../../../sim/sites/home.yaml', import.meta.url))
const KEY = 'k'.repeat(43)
const OTHER = 'o'.repeat(43)

beforeAll(() =>
  writeDeployment({
    dir: original,
    site: readSiteFile(HOME),
    random: hostRandom,
    nodes: ['a:7400', 'b:7400', 'c:7400'],
    plant: 'plant:5020',
    gateway: '127.0.0.1:7480',
    brokers: [],
    apis: [],
    inspector: null,
  }),
)
beforeEach(() => {
  rmSync(data, { recursive: true, force: true })
  cpSync(original, data, { recursive: true })
})
afterAll(() => rmSync(here, { recursive: true, force: true }))

/** As the command line has it; what it says, and its exit code. */
async function quorate(text: string) {
  const argv = [...text.split(' '), '--data', data]
  const verb = verbs.find(({ name }) => text.startsWith(`${name} `))!
  const said: string[] = []
  const call = parseCall(verb, argv.slice(verb.name.split(' ').length))
  const code = await verb.run({ ...call, say: line => void said.push(line) })
  return { code, said: said.join('\n') }
}
const written = (): SignedManifest => JSON.parse(readFileSync(file, 'utf8'))
const inForce = (): SignedManifest => JSON.parse(readFileSync(join(data, 'manifest.json'), 'utf8'))
/** A log that begins with the manifest of the folder. */
const begun = () => quorate(`manifest install ${join(data, 'manifest.json')}`)

describe('a person’s key', () => {
  it('enters by the very command that the inspector of a deployment names, and may be taken out again', async () => {
    await begun()
    const asked = enrolBy({ kind: 'nodes', http: {}, grants: [] })
    const refused = await asked(KEY).catch(error => error)
    expect(refused.code).toBe('FORBIDDEN')
    const named = /: quorate (manifest enrol .*)$/.exec(refused.detail)![1]!
    await quorate(`${named.replace('NAME', 'ann')} --out ${file}`)
    const { manifest } = inForce()
    const { previous, ...next } = written().manifest
    const keys = { ...manifest.keys, 'operator-ann': { publicKey: KEY, roles: ['operator'] } }
    expect(next).toEqual({ ...manifest, previous: undefined, version: 2, keys })
    expect(previous).toMatch(/^[0-9a-f]{64}$/)
    expect((await quorate(`manifest install ${file}`)).said).toContain('version 2 of home')
    await quorate(`manifest revoke operator-ann --out ${file}`)
    expect((await quorate(`manifest install ${file}`)).said).toContain('version 3 of home')
    expect(inForce().manifest.keys).toEqual(manifest.keys)
  })
  it('enters with the roles that are named, and brings nothing forward that waits for its cycle', async () => {
    await begun()
    await quorate(`manifest init ${HOME} --from-cycle 1000 --out ${file}`)
    await quorate(`manifest sign ${file}`)
    await quorate(`manifest install ${file}`)
    const { said } = await quorate(`manifest enrol bo --public-key ${KEY} --role engineer,viewer`)
    const { manifest } = JSON.parse(said) as SignedManifest
    expect([manifest.version, manifest.fromCycle]).toEqual([3, 1000])
    expect(manifest.keys.bo).toEqual({ publicKey: KEY, roles: ['engineer', 'viewer'] })
  })
  it('is written unsigned where no administrator’s key is at hand, and signed elsewhere', async () => {
    await begun()
    const elsewhere = join(here, 'elsewhere')
    cpSync(join(data, 'keys/administrator'), elsewhere, { recursive: true })
    rmSync(join(data, 'keys/administrator'), { recursive: true })
    await quorate(`manifest enrol bo --public-key ${KEY} --out ${file}`)
    expect(written().signatures).toEqual({})
    const key = join(elsewhere, 'administrator.key')
    await quorate(`manifest sign ${file} --key ${key}`)
    expect((await quorate(`manifest install ${file} --key ${key}`)).said).toContain('version 2')
    const again = await quorate(`manifest enrol cy --public-key ${OTHER} --key ${key}`)
    expect(Object.keys(JSON.parse(again.said).signatures)).toEqual(['administrator'])
  })
})

describe('what is refused', () => {
  it.each([
    ['manifest enrol operator --public-key KEY', /^USAGE: 'operator' is enrolled.*revoke it first/],
    ['manifest enrol toString --public-key KEY', /^USAGE: 'toString' is no key id/],
    ['manifest enrol Ann --public-key KEY', /^USAGE: 'Ann' is no key id/],
    ['manifest enrol ann --public-key short', /^USAGE: --public-key/],
    ['manifest enrol ann', /^USAGE: --public-key/],
    ['manifest enrol ann --public-key KEY --role node', /^USAGE: --role node: administrator/],
    ['manifest enrol ann bo --public-key KEY', /^USAGE: name one key/],
    ['manifest revoke ann', /^UNKNOWN_KEY: nobody is enrolled as 'ann'/],
    ['manifest revoke toString', /^USAGE: 'toString' is no key id/],
    ['manifest revoke node-a', /^FORBIDDEN: 'node-a' is a node of the site/],
    ['manifest revoke gateway', /^FORBIDDEN: 'gateway' is a gateway of the site/],
    ['manifest revoke administrator', /^MANIFEST_SIGNATURES: 0 administrators would be left, and 1 must sign/],
  ])('%s', async (text, refusal) => {
    await expect(quorate(text.replace('KEY', KEY))).rejects.toThrow(refusal)
  })
  it('a key that another name has', async () => {
    const { publicKey } = inForce().manifest.keys.operator!
    await expect(quorate(`manifest enrol ann --public-key ${publicKey}`)).rejects.toThrow(
      /^USAGE: this key is enrolled, as 'operator'/,
    )
  })
  it('whoever signs and is no administrator', async () => {
    const key = join(data, 'keys/operator/operator.key')
    await expect(quorate(`manifest enrol ann --public-key ${KEY} --key ${key}`)).rejects.toThrow(
      /^FORBIDDEN: 'operator'/,
    )
  })
})
