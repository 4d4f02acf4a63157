import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StepMark } from '../../../supervisors/process/step-mark.ts'
import { byAdministrator, FoldBench, manifestOf, NODES, START_MS } from '../controller/household.ts'
import { ReplicaBench } from './replicas.ts'

test('a replica says of each record that it is in the step of it, before it is, and when it is in none', async () => {
  const fold = new FoldBench()
  fold.install(byAdministrator(manifestOf()))
  for (const by of NODES)
    fold.take({ v: 1, kind: 'TimeAdvanced', tenant: 'demo', by, partition: 0, epoch: 1, seq: 1, atMs: START_MS })
  const bench = new ReplicaBench()
  await bench.append(fold.bodies)
  await bench.start(FoldBench.options)
  expect(bench.stepping).toEqual([0, 1, 2, 3, null])
})

test('what a process marks is read by others: the newest, none, or none yet', () => {
  const dir = mkdtempSync(join(tmpdir(), 'quorate-'))
  expect(StepMark.read(dir)).toBeNull()
  const mark = new StepMark(dir)
  const read = (position: number | null) => {
    mark.set(position)
    return StepMark.read(dir)
  }
  expect([read(123_456), read(7), read(null), read(8)]).toEqual([123_456, 7, null, 8])
  rmSync(dir, { recursive: true })
})
