/**
 * Histories of this project's own runs, folded with the present code: what it would command must be what was commanded
 * then. `npm run histories` records them anew where a change is meant.
 */
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { folder, quorate, remove } from '../integration/site-run.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const BYTES_MAX = 200_000
const histories = readdirSync(HERE).filter(name => name.endsWith('.jsonl') && !name.startsWith('facts-v'))
const dir = folder()
afterAll(() => remove(dir))

test.each(histories)('%s would be commanded as it was', async name => {
  const { code, out, err } = await quorate('replay', '--against', join(HERE, name))
  expect(code, `${out}${err}\nIf this change is meant: npm run histories`).toBe(0)
  expect(statSync(join(HERE, name)).size).toBeLessThanOrEqual(BYTES_MAX)
})

test('there are three of them, and they hold what they are for', () => {
  expect(histories).toEqual(['fcr.jsonl', 'manual.jsonl', 'start-and-peak.jsonl'])
  const holds = (name: string, texts: readonly string[]) => {
    const text = readFileSync(join(HERE, `${name}.jsonl`), 'utf8')
    expect(
      texts.filter(part => !text.includes(part)),
      name,
    ).toEqual([])
  }
  holds('start-and-peak', ['peakShaving: above peak', 'closePrecharge', 'closeMain'])
  holds('manual', [
    '\\"mode\\":\\"manual\\"',
    '\\"mode\\":\\"safe\\"',
    '\\"boundBy\\":\\"operatorCap\\"',
    'openContactors',
  ])
  holds('fcr', ['\\"law\\":\\"fcr\\"', '"outcome":"confirmed"'])
})

test('a recorded value that this code would not command is told with its path, and the exit code is 1', async () => {
  const file = join(dir, 'bent.jsonl')
  cpSync(join(HERE, 'start-and-peak.jsonl'), file)
  const bent = readFileSync(file, 'utf8').replace(/("actions.*?"value\\":)(\d+)(.*above peak)/, '$17$3')
  writeFileSync(file, bent)
  const { code, out } = await quorate('replay', '--against', file)
  expect(code).toBe(1)
  expect(out).toMatch(
    /^cycle 1\.\d+ at \d+\n {2}bat1\.power\.\w+: recorded 7, computed \d+ \(peakShaving: above peak\)/m,
  )
})
