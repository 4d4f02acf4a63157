/**
 * A fact as the log holds it: `<signature> <canonical JSON>`. Reading one takes it through shape, version and author;
 * what fails any of these never enters a step (S26), and the reason is one of a closed set.
 */
import type Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { ErrorCode } from '../words/errors.ts'
import { FACTS, type Fact, type FactKind } from '../words/facts.ts'
import type { Manifest, Role } from '../words/manifest.ts'
import { canonical } from './canonical.ts'
import type { Signer, Verifier } from './sign.ts'
import { upcast } from './upcast.ts'

/** Bytes of a body that any door takes. A frame of 1,000 points is about 100 kB. */
export const BODY_BYTES_MAX = 4_000_000

export interface Parsed {
  readonly kind: 'fact'
  readonly fact: Fact
  readonly text: string
  readonly signature: string
}
export type Opened = Parsed | { readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string }

const refused = (code: ErrorCode, reason: string): Opened => ({ kind: 'refused', code, reason })

const checks = Object.fromEntries(
  Object.entries(FACTS).map(([kind, schema]) => [kind, Compile(schema as Type.TSchema)]),
) as unknown as Record<
  FactKind,
  { Check(v: unknown): boolean; Errors(v: unknown): { instancePath: string; message: string }[] }
>

/** Signs and seals: the record body. */
export function sealFact(fact: Fact, signer: Signer): string {
  const text = canonical(fact)
  return `${signer.sign('fact', text)} ${text}`
}

/** Shape only: is this a fact of a known kind and version? */
export function parseFact(body: string): Opened {
  const space = body.indexOf(' ')
  if (space < 1 || body.length > BODY_BYTES_MAX)
    return refused('BAD_SHAPE', 'a record is a signature, a space and JSON')
  const text = body.slice(space + 1)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return refused('BAD_SHAPE', `no JSON: ${(error as Error).message}`)
  }
  const raised = upcast(value)
  if (raised.kind === 'refused') return refused(raised.code, raised.reason)
  const fact = raised.value as Fact
  const check = checks[fact.kind]
  if (!check.Check(fact)) {
    const first = check.Errors(fact)[0]
    return refused(
      'BAD_SHAPE',
      `${fact.kind}${first?.instancePath ?? ''} ${first?.message ?? 'does not fit its schema'}`,
    )
  }
  return { kind: 'fact', fact, text, signature: body.slice(0, space) }
}

/** Who may say what. Roles are those of the manifest in force at the fact's position. */
const SPEAKERS: Record<FactKind, readonly Role[]> = {
  FrameMeasured: ['gateway'],
  ReceiptRecorded: ['gateway'],
  AlarmObserved: ['gateway'],
  GapRecorded: ['gateway'],
  TimeAdvanced: ['node'],
  CommandRequested: ['operator', 'engineer', 'administrator'],
  AlarmAcknowledged: ['operator', 'engineer', 'administrator'],
  FactSkipped: ['administrator'],
  ManifestInstalled: ['administrator'],
  EquivocationProven: ['node', 'gateway', 'operator', 'engineer', 'administrator'],
}

/** May this key say this? Null, or why not. */
export function mayNotSay(fact: Fact, manifest: Manifest): { code: ErrorCode; reason: string } | null {
  if (fact.tenant !== manifest.tenant || ('site' in fact && fact.site !== manifest.site))
    return { code: 'WRONG_SITE', reason: `${fact.kind} is of ${fact.tenant}/${'site' in fact ? fact.site : ''}` }
  // sequences are of one partition: a claim from another would silence its node here
  if ('partition' in fact && fact.partition !== manifest.partition)
    return { code: 'WRONG_SITE', reason: `${fact.kind} is of partition ${fact.partition}` }
  const entry = Object.hasOwn(manifest.keys, fact.by) ? manifest.keys[fact.by] : undefined
  if (!entry) return { code: 'UNKNOWN_KEY', reason: `no key '${fact.by}' in manifest ${manifest.version}` }
  const roles = SPEAKERS[fact.kind]
  if (!entry.roles.some(role => roles.includes(role)))
    return {
      code: 'FORBIDDEN',
      reason: `'${fact.by}' is ${entry.roles.join(', ')}; ${fact.kind} takes ${roles.join(' or ')}`,
    }
  return null
}

/** Shape, author and signature against the manifest in force. */
export function openFact(body: string, manifest: Manifest, verifier: Verifier): Opened {
  const parsed = parseFact(body)
  return parsed.kind === 'refused' ? parsed : authentic(parsed, manifest, verifier)
}

/** Author and signature of a fact whose shape is known. */
export function authentic(opened: Parsed, manifest: Manifest, verifier: Verifier): Opened {
  const no = mayNotSay(opened.fact, manifest)
  if (no) return refused(no.code, no.reason)
  const key = manifest.keys[opened.fact.by]!.publicKey
  if (!verifier.verify('fact', key, opened.text, opened.signature))
    return refused('BAD_SIGNATURE', `${opened.fact.kind} said to be by '${opened.fact.by}'`)
  return opened
}
