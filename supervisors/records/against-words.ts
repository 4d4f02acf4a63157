/** A comparison in words: for people, and as the cases of a test report. */
import type { Manifest } from '../../protocol/words/manifest.ts'
import type { Compared, CycleDiffers } from './against.ts'
import type { Divergence } from './commanded.ts'
import type { JunitCase } from './junit.ts'
import type { FoldCounts } from './sides.ts'

/** Of one cycle; a site with many assets may differ in hundreds. */
const PATHS_SHOWN = 8

const text = (value: unknown): string =>
  value === undefined ? 'nothing' : typeof value === 'string' ? value || 'none' : JSON.stringify(value)

/** `bat1.power.value`: what stands between the names helps no reader. */
const shown = (path: string): string => path.replace(/^assets\.([^.]+)(\.setpoints)?/, '$1')
/** Whose: `mode`, `laws`, `commands`, or an asset's `assets.bat1`. */
const headOf = (path: string): string => /^assets\.[^.]+|^[^.]*/.exec(path)![0]

function lineOf({ kind, path, recorded, computed, why }: Divergence): string {
  const reasons = why && why.recorded !== why.computed ? ` (${why.recorded} -> ${why.computed})` : ''
  const said = why && !reasons ? ` (${why.recorded})` : reasons
  return `${shown(path) || 'cycle'}: recorded ${text(recorded)}, computed ${text(computed)}${said}${kind === 'words' ? '; words only' : ''}`
}

export function differingInWords({ position, epoch, cycle, divergences }: CycleDiffers): string[] {
  const lines = divergences.slice(0, PATHS_SHOWN).map(d => `  ${lineOf(d)}`)
  const more = divergences.length - lines.length
  return [`cycle ${epoch}.${cycle} at ${position}`, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])]
}

export function summaryInWords(c: Compared, counts: FoldCounts, hidden: number): string[] {
  const lines: string[] = []
  if (hidden > 0) lines.push(`... and ${hidden} more cycles (all of them with --json)`)
  if (counts.firstRefused) {
    const { position, code, reason } = counts.firstRefused
    lines.push(`${counts.refused} facts refused; the first at ${position}: ${code}: ${reason}`)
  }
  const total = c.compared + c.undecided
  const asides = [
    ...(c.unrecorded > 0 ? [`${c.unrecorded} decided and not recorded`] : []),
    ...(c.outvoted > 0 ? [`${c.outvoted} outvoted records left out`] : []),
  ]
  lines.push([`${counts.facts} facts folded, ${total} recorded cycles compared`, ...asides].join('; '))
  const { first } = c
  if (first) {
    const undecided = c.undecided > 0 ? `, ${c.undecided} of them would not be decided at all` : ''
    lines.push(
      `${c.different} cycles would be commanded DIFFERENTLY${undecided}`,
      `the first in cycle ${first.epoch}.${first.cycle} at ${first.position}: ${lineOf(first.divergences[0]!)}`,
    )
  } else if (total === 0) lines.push('NOTHING was compared: no recorded decision is about these facts')
  else lines.push('nothing would be commanded otherwise')
  if (c.words > 0) lines.push(`${c.words} cycles differ in words only (why, boundBy): no PLC sees it`)
  return lines
}

/** Counts by what would differ: the mode, an asset, the laws, the commands. */
export class Differing {
  readonly #by = new Map<string, { cycles: number; readonly first: CycleDiffers; readonly divergence: Divergence }>()

  take(cycle: CycleDiffers): void {
    const seen = new Set<string>()
    for (const divergence of cycle.divergences) {
      const head = headOf(divergence.path)
      if (divergence.kind === 'words' || seen.has(head)) continue
      seen.add(head)
      const there = this.#by.get(head)
      if (there) there.cycles++
      else this.#by.set(head, { cycles: 1, first: cycle, divergence })
    }
  }
  failure(head: string): JunitCase['failure'] {
    const found = this.#by.get(head)
    if (!found) return undefined
    const { cycles, first, divergence } = found
    const at = `cycle ${first.epoch}.${first.cycle} at ${first.position}`
    return {
      message: `${cycles} cycles differ, the first: ${lineOf(divergence)}`,
      text: `${at}: ${lineOf(divergence)}`,
    }
  }
}

/** One case each, by names that stay from run to run. */
export function casesOf(
  { assets }: Manifest,
  compared: Compared,
  counts: FoldCounts,
  differing: Differing,
): JunitCase[] {
  const heads = ['mode', ...assets.map(a => `assets.${a.name}`), 'laws', 'commands']
  const summary = summaryInWords(compared, counts, 0)
  const nothing = compared.compared + compared.undecided === 0
  const every = nothing ? { message: summary.at(-1)!, text: summary.join('\n') } : differing.failure('')
  const named = (name: string, failure: JunitCase['failure']) => ({ name, ...(failure && { failure }) })
  return [
    named('every recorded cycle is decided', every),
    ...heads.map(head => named(shown(head), differing.failure(head))),
  ]
}
