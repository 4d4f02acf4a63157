/** A process that plays scenarios for the command line: one at a time, as it is told over its channel. */
import { Refusal } from '../../protocol/words/errors.ts'
import { installGuard } from '../world/guard.ts'
import { openScenario } from './open.ts'
import { resultOf, type ScenarioResult } from './result.ts'

export interface Job {
  readonly path: string
  readonly plotted: boolean
}
export type Done =
  | { readonly kind: 'done'; readonly result: ScenarioResult; readonly tookMs: number }
  | { readonly kind: 'refused'; readonly path: string; readonly text: string }
  | { readonly kind: 'failed'; readonly path: string; readonly text: string }

const guard = installGuard()

async function work({ path, plotted }: Job): Promise<Done> {
  const beganMs = performance.now()
  try {
    const result = await resultOf(await openScenario(path), plotted)
    // whatever reached outside of its ports makes the run worthless: another one would differ
    const escapes = guard.take().map(text => ({ invariant: 'ESCAPE', atMs: 0, text }))
    const violations = [...escapes, ...result.violations]
    return { kind: 'done', result: { ...result, violations }, tookMs: Math.round(performance.now() - beganMs) }
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', path, text: error.detail }
    return { kind: 'failed', path, text: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

process.on('message', (job: Job) => {
  work(job).then(done => process.send?.(done))
})
process.on('disconnect', () => process.exit(0))
