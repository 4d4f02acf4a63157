/** What a configuration names, looked for: keys, manifests, files. What is not as it must be is a problem at its place. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Compile } from 'typebox/compile'
import { checkManifest } from '../../protocol/codec/manifest.ts'
import { ed25519Verifier, type Signer } from '../../protocol/codec/sign.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import { keyId } from '../../protocol/words/ids.ts'
import { type Manifest, type Role, SignedManifest } from '../../protocol/words/manifest.ts'
import { Misconfigured, type Problem, shown } from './problem.ts'
import { pathFrom } from './read.ts'

const signedShape = Compile(SignedManifest)
const verifier = ed25519Verifier()

export class Found {
  readonly #config: string
  readonly problems: Problem[] = []

  constructor(config: string) {
    this.#config = config
  }

  path(path: string): string {
    return pathFrom(this.#config, path)
  }
  wrong(path: string, value: string | null, problem: string, fix: string): null {
    this.problems.push({ path, value: value === null ? null : shown(path, value), problem, fix })
    return null
  }
  /** Throws CONFIG with all that was wrong. */
  refuse(): void {
    if (this.problems.length > 0) throw new Misconfigured(this.#config, this.problems)
  }

  file(at: string, path: string): string {
    const file = this.path(path)
    if (!existsSync(file)) this.wrong(at, path, 'there is no such file', `put it at ${file}, or name another`)
    return file
  }
  /** The key of a process, in its own folder. */
  key(path: string, id: string): Signer | null {
    const folder = this.path(path)
    try {
      return openKey(folder, keyId(id))
    } catch (error) {
      const fix = `put ${id}.key there: \`quorate deploy\` makes one for each process`
      return this.wrong('keys', path, existsSync(join(folder, `${id}.key`)) ? String(error) : `holds no ${id}.key`, fix)
    }
  }
  manifest(at: string, path: string): SignedManifest | null {
    const file = this.path(path)
    let value: unknown
    try {
      value = JSON.parse(readFileSync(file, 'utf8'))
    } catch (error) {
      return this.wrong(at, path, (error as Error).message, 'name a manifest that `quorate manifest sign` has written')
    }
    if (!signedShape.Check(value)) {
      const [first] = signedShape.Errors(value)
      return this.wrong(at, path, `is no manifest: ${first?.instancePath} ${first?.message}`, 'name a signed manifest')
    }
    // the first is its own authority; one that follows another is judged by it, where the log has both
    const verdict = value.manifest.previous === null ? checkManifest(value, null, verifier) : null
    if (verdict?.kind === 'refused')
      return this.wrong(at, path, `${verdict.code}: ${verdict.reason}`, 'have it signed: `quorate manifest sign`')
    return value
  }
  /** The manifest knows this process by the key that it holds. */
  enrolled(at: string, manifest: Manifest, signer: Signer, role: Role): void {
    const entry = manifest.keys[signer.key]
    const named = `manifest ${manifest.version} of ${manifest.tenant}/${manifest.site}`
    if (!entry?.roles.includes(role))
      this.wrong(at, signer.key, `${named} names it as no ${role}`, 'give it the name that the manifest knows')
    else if (entry.publicKey !== signer.publicKey)
      this.wrong(at, signer.key, `${named} has another public key for it`, 'use its own key file, or enrol this one')
  }
}
