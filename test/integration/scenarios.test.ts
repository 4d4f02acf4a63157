/** The library of scenarios as people run it, and what a scenario says that is not as expected, or cannot be. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../supervisors/main.ts', import.meta.url))
const LIBRARY = fileURLToPath(new URL('../../sim/scenarios', import.meta.url))
const SITE = fileURLToPath(new URL('../../sim/sites/home.yaml', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'quorate-scenarios-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Line {
  readonly title: string
  readonly traceHash: string
  readonly holds: boolean
  readonly expectations: readonly { readonly text: string; readonly ok: boolean; readonly seen: string }[]
  readonly violations: readonly { readonly invariant: string; readonly text: string }[]
}
async function sim(...args: string[]) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'sim', ...args], {
    cwd: folder,
  })
  let out = ''
  child.stdout.on('data', chunk => (out += chunk))
  child.stderr.on('data', chunk => (out += chunk))
  const status = await new Promise(ended => child.on('close', ended))
  return { status, out }
}
const written = (name: string, ...lines: readonly string[]): string => {
  const path = join(folder, name)
  writeFileSync(
    path,
    ['title: short', `site: ${SITE}`, 'start: 2025-06-21 12:00', 'for: 1 min', ...lines, ''].join('\n'),
  )
  return path
}

test('every scenario of the library is as expected, with all invariants, and its reports are written', async () => {
  const { status, out } = await sim('--scenario', LIBRARY, '--json', '--junit', 'all.xml', '--html', 'all.html')
  const lines: Line[] = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const wrong = lines.flatMap(l => [
    ...l.expectations.filter(e => !e.ok).map(e => `${l.title}: ${e.text}: ${e.seen}`),
    ...l.violations.map(v => `${l.title}: ${v.invariant} ${v.text}`),
  ])
  expect(wrong).toEqual([])
  const files = readdirSync(LIBRARY).filter(name => /\.(ts|yaml)$/.test(name))
  expect([status, lines.length, files.length >= 12]).toEqual([0, files.length, true])
  expect(readFileSync(join(folder, 'all.xml'), 'utf8').match(/<testsuite /g)).toHaveLength(files.length)
  expect(readFileSync(join(folder, 'all.html'), 'utf8')).toContain('A day of peak shaving')
}, 900_000)

test('an expectation that is broken is told with its line and what was seen, and is red everywhere', async () => {
  const path = written(
    'broken.yaml',
    'expect:',
    '  - no alarm bat1.signalsLost',
    '  - bat1 in operating.running until 30 s',
  )
  const { status, out } = await sim('--scenario', path, '--junit', 'broken.xml')
  expect(status).toBe(1)
  expect(out).toContain('broken.yaml): NOT AS EXPECTED')
  expect(out).toMatch(/NOT {2}bat1 in operating\.running until 30 s \(line 7\)\n {7}seen: in operating\.disconnected/)
  expect(readFileSync(join(folder, 'broken.xml'), 'utf8')).toContain('tests="3" failures="1"')
})

test('one scenario has one trace, and another seed another', async () => {
  const trace = async (seed: number) => {
    const { out } = await sim('--scenario', written('same.yaml', `seed: ${seed}`, 'expect: [no alarm]'), '--json')
    return (JSON.parse(out) as Line).traceHash
  }
  const first = await trace(1)
  expect([await trace(1), (await trace(2)) === first]).toEqual([first, false])
})

test('a scenario that cannot be is refused before anything runs', async () => {
  const path = written('odd.yaml', 'steps: [{ at: 5 s, fault: freeze, target: gird, for: 1 s }]', 'expect: [no alarm]')
  const { status, out } = await sim('--scenario', path)
  expect([status, out]).toEqual([
    2,
    expect.stringMatching(/odd\.yaml:5: there is no device to strike with 'freeze' 'gird'; did you mean 'grid'\?/),
  ])
  const missing = await sim('--scenario', join(folder, 'nowhere.yaml'))
  expect([missing.status, missing.out]).toEqual([2, expect.stringContaining('there is no such file')])
})
