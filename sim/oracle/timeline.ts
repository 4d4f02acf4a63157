/** What held at a position of the log, worked out from the log alone and without the step that it judges. */
import type { Fact } from '../../protocol/words/facts.ts'
import type { Manifest, Role } from '../../protocol/words/manifest.ts'
import type { Evidence, Logged } from './evidence.ts'

interface Begun {
  readonly position: number
  readonly manifest: Manifest
}
/** When each manifest came into force: at its position, or with the first frame of the cycle that it names. */
export const inForce = (e: Evidence): readonly Begun[] => e.once('inForce', () => begins(e))
function begins(e: Evidence): readonly Begun[] {
  const begun: Begun[] = []
  let waiting: Manifest[] = []
  let version = 0
  for (const { position, fact } of e.authentic) {
    if (fact.kind === 'ManifestInstalled') {
      const { manifest } = fact.manifest
      if (manifest.version <= version) continue
      version = manifest.version
      if (manifest.fromCycle === null) {
        waiting = []
        begun.push({ position, manifest })
      } else waiting.push(manifest)
    } else if (fact.kind === 'FrameMeasured') {
      for (const manifest of waiting.filter(m => m.fromCycle! <= fact.cycle)) begun.push({ position, manifest })
      waiting = waiting.filter(m => m.fromCycle! > fact.cycle)
    }
  }
  return begun
}

const MAY_COMMAND: readonly Role[] = ['operator', 'engineer', 'administrator']
/** Commands by those who might send them when they did, each as it first stands in the log. */
export function permitted(e: Evidence): ReadonlyMap<string, Logged & { fact: { kind: 'CommandRequested' } }> {
  const manifests = inForce(e)
  const commands = new Map<string, any>()
  for (const logged of e.of('CommandRequested')) {
    const manifest = manifests.findLast(m => m.position <= logged.position)?.manifest
    const roles = manifest?.keys[logged.fact.by]?.roles ?? []
    const { id } = logged.fact
    if (roles.some(role => MAY_COMMAND.includes(role)) && !commands.has(id)) commands.set(id, logged)
  }
  return commands
}

/** The gateway's durable stream as whoever reads the log takes it: in its order, a gap in the place of what is missing. */
export const durableStream = (e: Evidence): readonly Logged[] =>
  e.once('durableStream', () => {
    let last = 0
    return e.authentic.filter(({ fact }) => {
      const seq = seqOf(fact)
      if (seq === null) return false
      const first = fact.kind === 'GapRecorded' && fact.stream === 'durable' ? fact.first : seq
      if (first > last + 1 || seq <= last) return false
      last = seq
      return true
    })
  })
/** Its number in that stream; null: it is of another one. */
export const seqOf = (fact: Fact | undefined): number | null =>
  fact && 'seq' in fact && fact.seq !== undefined && fact.kind !== 'TimeAdvanced' ? fact.seq : null

/** The gateway's epoch as the log has it before a position. */
export function epochBefore(e: Evidence): (position: number) => number {
  const rises: { readonly position: number; readonly epoch: number }[] = []
  for (const { position, fact } of e.of('FrameMeasured'))
    if (fact.epoch > (rises.at(-1)?.epoch ?? 0)) rises.push({ position, epoch: fact.epoch })
  return position => rises.findLast(r => r.position < position)?.epoch ?? 0
}
