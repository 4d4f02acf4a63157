/** Who decided what, and whether they might. */
import { manifestHash } from '../../protocol/codec/manifest.ts'
import { engineAt, type Manifest } from '../../protocol/words/manifest.ts'
import type { Find, Finding } from './check.ts'
import type { Evidence, Signed } from './evidence.ts'

/** What was certified, in the journal and in the log. */
function certificates(
  e: Evidence,
): readonly { atMs: number; epoch: number; cycle: number; digest: string; signers: string[] }[] {
  const noted = e.verdicts.map(({ atMs, verdict }) => ({ atMs, ...verdict.certificate, source: verdict.source }))
  const received = e
    .of('ReceiptRecorded')
    .flatMap(({ atMs, fact }) => (fact.certificate ? [{ atMs, ...fact.certificate, source: fact.source }] : []))
  return [...noted, ...received]
    .filter(c => c.source === 'majority')
    .map(({ signatures, ...c }) => ({ ...c, signers: Object.keys(signatures) }))
}
export const honest = (e: Evidence, traitor: string | null): Signed[] =>
  [...e.candidates.values()].filter(s => s.by !== traitor)

/** S2 */
export const oneDigest: Find = e => {
  const first = new Map<string, string>()
  return certificates(e).flatMap(({ atMs, epoch, cycle, digest }) => {
    const key = `${epoch}/${cycle}`
    const before = first.get(key)
    first.set(key, before ?? digest)
    return before !== undefined && before !== digest
      ? [{ atMs, text: `${key}: ${before.slice(0, 8)} and ${digest.slice(0, 8)}` }]
      : []
  })
}

/** S15: honest nodes are never out; who is proved faulty stays out. */
export const outByProofAlone: Find = (e, { profile }) => {
  const found: Finding[] = []
  const proofs = e.of('EquivocationProven')
  for (const { atMs, fact } of proofs)
    if (fact.key !== profile.traitor)
      found.push({ atMs, text: `'${fact.key}' is honest and is said to have signed twice` })
  const out = new Map(proofs.map(({ atMs, fact }) => [fact.key, atMs]))
  for (const { atMs, cycle, signers } of certificates(e))
    for (const by of signers) {
      const since = out.get(by)
      if (since !== undefined && atMs > since + SETTLED_MS)
        found.push({ atMs, text: `cycle ${cycle} counts '${by}', proved at ${since} ms` })
    }
  return found
}
/** A receipt of what was certified before the proof may come after it. */
const SETTLED_MS = 10_000

/** A key signs one candidate for a cycle: also over restarts, crashes and torn files. */
export const neverTwice: Find = (e, { profile }) => {
  const first = new Map<string, Signed>()
  return honest(e, profile.traitor).flatMap(s => {
    const { epoch, cycle } = s.candidate
    const key = `${s.by} ${epoch}/${cycle}`
    const before = first.get(key)
    first.set(key, before ?? s)
    return before && before.digest !== s.digest
      ? [{ atMs: s.atMs, text: `${key} was signed twice with other bytes` }]
      : []
  })
}

/** S16: as the state hashes say that ride beside the candidates. */
export const equalStates: Find = (e, { profile }) => {
  const first = new Map<string, Signed>()
  return honest(e, profile.traitor).flatMap(s => {
    if (!s.stateHash) return []
    const { epoch, cycle, position } = s.candidate
    const key = `${epoch}/${cycle}@${position}`
    const before = first.get(key)
    first.set(key, before ?? s)
    return before && before.stateHash !== s.stateHash
      ? [{ atMs: s.atMs, text: `${before.by} and ${s.by} differ at ${key}` }]
      : []
  })
}
/** Correct replicas decide alike: what one signs for a cycle the other signs too. */
export const equalDecisions: Find = (e, { profile }) => {
  const first = new Map<string, Signed>()
  return honest(e, profile.traitor).flatMap(s => {
    const { epoch, cycle, position, manifest } = s.candidate
    const key = `${epoch}/${cycle}@${position} ${manifest}`
    const before = first.get(key)
    first.set(key, before ?? s)
    return before && before.digest !== s.digest
      ? [{ atMs: s.atMs, text: `${before.by} and ${s.by} decide otherwise at ${key}` }]
      : []
  })
}

/** Each version keeps the engines of the one before it: the highest tells of all cycles, whichever came last. */
const newestOf = (e: Evidence): Manifest =>
  e
    .of('ManifestInstalled')
    .map(f => f.fact.manifest.manifest)
    .reduce((newest, m) => (m.version > newest.version ? m : newest), e.manifest)

/** S18 */
export const activeEngine: Find = e => {
  const newest = newestOf(e)
  return certificates(e).flatMap(({ atMs, digest, cycle }) => {
    const behind = e.behind(digest)
    return behind && behind.candidate.engine !== engineAt(newest, cycle)
      ? [{ atMs, text: `cycle ${cycle} was decided by another engine` }]
      : []
  })
}

/** S18: who runs another engine says nothing. */
export const silentWithoutEngine: Find = e => {
  const newest = newestOf(e)
  return [...e.candidates.values()].flatMap(({ atMs, by, candidate }) =>
    candidate.engine === engineAt(newest, candidate.cycle)
      ? []
      : [{ atMs, text: `${by} votes in cycle ${candidate.cycle} with another engine` }],
  )
}

/** S28: what a node was given as history alone is not among the facts. */
export const historyStaysHistory: Find = (e, { profile }) =>
  e
    .of('FrameMeasured')
    .flatMap(({ atMs, by, fact }) =>
      by === e.site.o.prefix + (profile.traitor ?? '') || e.framesGiven.get(fact.cycle)?.has(by)
        ? []
        : [{ atMs, text: `${by} brought frame ${fact.cycle} among the facts, which it was not given to control by` }],
    )

/** S28: a candidate is of a frame that stands in the log of facts, for the first time, at the position that it names. */
export const decidedOnFrames: Find = (e, { profile }) => {
  const first = new Set<string>()
  const frames = new Map(
    e.of('FrameMeasured').flatMap(f => {
      const key = `${f.fact.epoch}/${f.fact.cycle}`
      if (first.has(key)) return []
      first.add(key)
      return [[f.position, f.fact] as const]
    }),
  )
  return honest(e, profile.traitor).flatMap(({ atMs, by, candidate }) => {
    const frame = frames.get(candidate.position)
    return frame && frame.epoch === candidate.epoch && frame.cycle === candidate.cycle
      ? []
      : [
          {
            atMs,
            text: `${by} decides ${candidate.epoch}/${candidate.cycle}, which is not the frame at ${candidate.position}`,
          },
        ]
  })
}

/** S33: of what is applied, and of what each honest replica decides, in the order of the log. */
export const manifestsRise: Find = (e, { profile }) => {
  const versions = new Map<string, number>(
    e.of('ManifestInstalled').map(f => [manifestHash(f.fact.manifest.manifest), f.fact.manifest.manifest.version]),
  )
  const decided = honest(e, profile.traitor).toSorted((a, b) => a.candidate.position - b.candidate.position)
  let highest = 0
  const fallen = decided.flatMap(({ atMs, by, candidate }) => {
    const version = versions.get(candidate.manifest) ?? 0
    const fell = version < highest
    highest = Math.max(highest, version)
    return fell
      ? [{ atMs, text: `${by} decides cycle ${candidate.cycle} under version ${version} after ${highest}` }]
      : []
  })
  if (fallen.length > 0) return fallen
  let newest = 0
  return e.verdicts.flatMap(({ atMs, verdict }) => {
    const version = versions.get(e.behind(verdict.certificate.digest)?.candidate.manifest ?? '')
    if (version === undefined) return []
    const fell = version < newest
    newest = Math.max(newest, version)
    return fell ? [{ atMs, text: `cycle ${verdict.cycle} under version ${version} after ${newest}` }] : []
  })
}
