/** What a process tells of its actors, sealed and read: canonical JSON with the signature among its fields. */
import { Compile } from 'typebox/compile'
import type { ErrorCode } from '../words/errors.ts'
import type { Manifest } from '../words/manifest.ts'
import { CONTEXT_CHARS_MAX, OBSERVED_CHARS_MAX, type ProcessObserved, RUN, SignedObserved } from '../words/observed.ts'
import { canonical } from './canonical.ts'
import type { Signer, Verifier } from './sign.ts'

const shape = Compile(SignedObserved)
/** An Ed25519 signature is 86 characters. */
const SIGNATURE_CHARS = 128

/** The record's body; what does not fit is left out, and said to be. */
export function sealObserved(observed: ProcessObserved, signer: Signer): string {
  const told = fitting(observed)
  return canonical({ ...told, signature: signer.sign('observed', canonical(told)) })
}

function fitting(observed: ProcessObserved): ProcessObserved {
  const bare = { ...observed, charts: [], tree: [], truncated: true as const }
  let room = OBSERVED_CHARS_MAX - SIGNATURE_CHARS - canonical(bare).length
  const fits = (row: unknown) => (room -= canonical(row).length + 1) >= 0
  const isDump = (context: unknown) => context !== undefined && canonical(context).length > CONTEXT_CHARS_MAX
  const tree = observed.tree.filter(fits)
  const charts = observed.charts.map(c => (isDump(c.context) ? omitContext(c) : c)).filter(fits)
  const whole = tree.length === observed.tree.length && observed.charts.every((chart, i) => chart === charts[i])
  return whole ? observed : { ...bare, tree, charts }
}
const omitContext = ({ context: _, ...chart }: ProcessObserved['charts'][number]) => chart

/** Null: it is no such record. */
export function parseObserved(body: string): { readonly observed: ProcessObserved; readonly signature: string } | null {
  if (body.length > OBSERVED_CHARS_MAX) return null
  try {
    const value: unknown = JSON.parse(body)
    if (!shape.Check(value)) return null
    const { signature, ...observed } = value
    return { observed, signature }
  } catch {
    return null
  }
}

export type ReadObserved =
  | { readonly kind: 'observed'; readonly observed: ProcessObserved }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string }

const refused = (code: ErrorCode, reason: string): ReadObserved => ({ kind: 'refused', code, reason })

/** Shape, tenant and site (S23), who may tell of whom, signature. */
export function readObserved(
  body: string,
  { tenant, site, keys }: Pick<Manifest, 'tenant' | 'site' | 'keys'>,
  verifier: Verifier,
): ReadObserved {
  const parsed = parseObserved(body)
  if (!parsed) return refused('BAD_SHAPE', 'it is no ProcessObserved')
  const { observed, signature } = parsed
  if (observed.tenant !== tenant || observed.site !== site)
    return refused('WRONG_SITE', `ProcessObserved is of ${observed.tenant}/${observed.site}`)
  const { by, process } = observed
  const entry = Object.hasOwn(keys, by) ? keys[by] : undefined // `constructor` is a name like any other
  if (!entry) return refused('UNKNOWN_KEY', `no key '${by}' in this manifest`)
  const node = entry.roles.includes('node')
  // of itself alone, so that one that lies can tell nothing of the others
  const may = (process === by && (node || entry.roles.includes('gateway'))) || (process === RUN && node)
  if (!may) return refused('FORBIDDEN', `'${by}' tells of '${process}'`)
  if (!verifier.verify('observed', entry.publicKey, canonical(observed), signature))
    return refused('BAD_SIGNATURE', `ProcessObserved said to be by '${by}'`)
  return { kind: 'observed', observed }
}
