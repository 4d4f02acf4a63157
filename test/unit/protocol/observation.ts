/** What a process tells of itself, by hand. */
import { sealObserved } from '../../../protocol/codec/observed.ts'
import type { ProcessObserved } from '../../../protocol/words/observed.ts'
import { signerOf } from '../controller/household.ts'

export const observed = (changes: Partial<ProcessObserved> = {}): ProcessObserved => ({
  v: 1,
  kind: 'ProcessObserved',
  tenant: 'demo',
  site: 'home',
  by: 'gateway',
  process: 'gateway',
  life: 1,
  seq: 1,
  atMs: 1_750_000_000_000,
  factsPosition: 7,
  charts: [
    { path: 'gateway/voter', chart: 'voter', value: { single: 'asked' }, sinceMs: 1_750_000_000_000 },
    { path: 'gateway/writer', chart: 'writer', value: 'idle', sinceMs: 1, context: { cycle: null, waits: false } },
  ],
  tree: [
    {
      path: 'gateway',
      kind: 'supervisor',
      strategy: 'restForOne',
      state: 'running',
      intensity: { max: 3, withinMs: 10_000, spent: 1 },
    },
    {
      path: 'gateway/links',
      kind: 'worker',
      restart: 'permanent',
      state: 'up',
      restarts: 1,
      lastExit: { reason: 'broke', atMs: 2 },
    },
  ],
  ...changes,
})
export const sealed = (changes: Partial<ProcessObserved> = {}, signer = signerOf(changes.by ?? 'gateway')): string =>
  sealObserved(observed(changes), signer)
