/** The command line as people use it: files, exit codes, and what it says. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

const ROOT = new URL('../../', import.meta.url).pathname
const HOME = join(ROOT, 'sim/sites/home.yaml')
const folder = mkdtempSync(join(tmpdir(), 'quorate-tools-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function quorate(...args: string[]) {
  const main = join(ROOT, 'supervisors/main.ts')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, ...args],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  )
  return { status, out: stdout, err: stderr }
}
const at = (name: string) => join(folder, name)

describe('a manifest that two of three administrators sign', () => {
  const data = at('site')
  const m1 = at('m1.json')
  const key = (name: string) => join(data, 'keys', name, `${name}.key`)
  const sign = (file: string, name: string) => quorate('manifest', 'sign', file, '--data', data, '--key', key(name))
  const install = (file: string) => quorate('manifest', 'install', file, '--data', data)

  test('is made with their keys, and is nobody’s before they have signed', () => {
    const made = quorate(
      'manifest',
      'init',
      HOME,
      '--data',
      data,
      '--administrators',
      'ann,bo,cy',
      '--threshold',
      '2',
      '--out',
      m1,
    )
    expect(made).toMatchObject({ status: 0, err: expect.stringContaining('ann, bo, cy') })
    expect(['ann', 'bo', 'cy', 'gateway', 'node-a'].every(name => existsSync(key(name)))).toBe(true)
    expect(install(m1)).toMatchObject({ status: 1, err: expect.stringMatching(/^MANIFEST_SIGNATURES: 0 of 2/) })
  })
  test('one signature is too few, an operator’s is none, the second is enough', () => {
    expect(sign(m1, 'ann').out).toContain('1 more of bo, cy')
    expect(sign(m1, 'operator')).toMatchObject({ status: 1, err: expect.stringMatching(/^FORBIDDEN: 'operator'/) })
    expect(install(m1)).toMatchObject({ status: 1, err: expect.stringMatching(/^MANIFEST_SIGNATURES: 1 of 2/) })
    expect(sign(m1, 'cy').out).toContain('enough administrators have signed')
    expect(install(m1)).toMatchObject({ status: 0, out: expect.stringContaining('version 1 of home is at position 0') })
  })
  test('is shown with who has signed and who has not', () => {
    const shown = JSON.parse(quorate('manifest', 'show', '--data', data, '--json').out)
    expect(shown).toMatchObject({
      kind: 'manifest',
      signatures: { ann: 'valid', cy: 'valid' },
      missing: ['bo'],
      needed: 0,
    })
  })
  test('is followed by the next version only, under the same bar', () => {
    expect(install(m1)).toMatchObject({ status: 1, err: expect.stringMatching(/^MANIFEST_VERSION: /) })
    const m2 = at('m2.json')
    expect(quorate('manifest', 'init', HOME, '--data', data, '--cycle', '2s', '--out', m2).status).toBe(0)
    expect(sign(m2, 'bo').status).toBe(0)
    expect(install(m2)).toMatchObject({ status: 1, err: expect.stringMatching(/^MANIFEST_SIGNATURES: 1 of 2/) })
    const lower = JSON.parse(readFileSync(m2, 'utf8'))
    writeFileSync(at('lower.json'), JSON.stringify({ ...lower, manifest: { ...lower.manifest, threshold: 1 } }))
    expect(sign(at('lower.json'), 'ann').status).toBe(0)
    expect(install(at('lower.json'))).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^MANIFEST_SIGNATURES: 1 of 2/),
    })
    expect(sign(m2, 'ann').status).toBe(0)
    expect(install(m2).status).toBe(0)
    expect(JSON.parse(readFileSync(join(data, 'manifest.json'), 'utf8')).manifest).toMatchObject({
      version: 2,
      timing: { cycleMs: 2_000 },
    })
  })
  test('the log that they make is sound, and its folder can be read by every tool', () => {
    expect(quorate('log', 'verify', '--data', data)).toMatchObject({
      status: 0,
      out: expect.stringContaining('2 manifests'),
    })
    const lines = quorate('log', 'export', '--data', data).out.trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line))).toMatchObject([
      { position: 0, fact: { kind: 'ManifestInstalled' } },
      { position: 1 },
    ])
    expect(quorate('log', 'cat', '--data', data, '--from', '1').out).toMatch(
      /ann +ManifestInstalled version 2, signed by ann, bo/,
    )
    const replayed = JSON.parse(quorate('replay', '--data', data, '--json').out)
    expect(replayed).toMatchObject({ kind: 'replayed', facts: 2, candidates: 0, different: 0 })
    expect(quorate('explain', 'home', '--data', data)).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^NOT_FOUND: no cycle/),
    })
  })
})

describe('definitions', () => {
  test('a new one passes its check and its test at once, and is not overwritten', () => {
    const project = at('project')
    expect(quorate('asset', 'new', 'heatPump', '--into', project).status).toBe(0)
    expect(quorate('asset', 'new', 'heatPump', '--into', project)).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^FILE_EXISTS: /),
    })
    expect(quorate('asset', 'check', join(project, 'heat-pump.ts'))).toMatchObject({
      status: 0,
      out: expect.stringContaining('heatPump; 0 problems'),
    })
    symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'))
    writeFileSync(join(project, 'package.json'), '{"type":"module"}')
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
    const ran = spawnSync(process.execPath, [vitest, 'run', '--root', project], { cwd: project, encoding: 'utf8' })
    expect(ran.stdout + ran.stderr).toMatch(/2 passed/)
    expect(ran.status).toBe(0)
  })
  test('a problem is named with its place and its fix', () => {
    const file = at('project/heat-pump.ts')
    cpSync(file, at('project/bent.ts'))
    writeFileSync(at('project/bent.ts'), readFileSync(file, 'utf8').replace("guard: 'cool'", "guard: 'coool'"))
    expect(quorate('asset', 'check', at('project/bent.ts'))).toMatchObject({
      status: 1,
      out: expect.stringMatching(
        /^problem UNKNOWN_GUARD heatPump\.faulted on reset: .*did you mean 'cool'\?\n {2}fix: /,
      ),
    })
  })
  test.each([
    [
      'that throws',
      'const x: any = null\nx.y',
      /^ASSET_DEFINITION: .*Cannot read properties of null \(reading 'y'\) \(line 2\)/,
    ],
    ['that cannot be read', 'const x = ;', /^ASSET_DEFINITION: .*\(line 1\)/],
    ['that defines nothing', 'export const x = 1', /^ASSET_DEFINITION: .*exports no asset and no strategy/],
  ])('a file %s is refused readably', (_, text, says) => {
    writeFileSync(at('bad.ts'), text)
    const { status, err } = quorate('asset', 'check', at('bad.ts'))
    expect(status).toBe(1)
    expect(err).toMatch(says)
    expect(err).not.toContain('    at ')
  })
})

test.each([
  [['log', 'cat', '--data', 'nowhere'], 1, /^NO_RUN: nowhere holds no manifest/],
  [['log', 'cat', '--kind', 'Guessed'], 2, /^USAGE: --kind Guessed: there is no such kind; kinds: FrameMeasured/],
  [['log', 'cat', '--from', 'x', '--data', 'site'], 2, /^USAGE: --from x: write a whole number/],
  [['log', 'cat', '--topic', 'x'], 2, /^USAGE: --topic x: write one of facts/],
  [['log', 'cat', '--data', 'site', '--site', 'other'], 1, /^NOT_FOUND: no site 'other'/],
  [['asset', 'new', 'heat-pump'], 2, /^USAGE: 'heat-pump' is no name/],
  [['manifest', 'init', HOME, '--administrators', 'ann', '--threshold', '2'], 2, /^USAGE: --threshold 2: there are 1/],
  [['explain'], 2, /^USAGE: explain: name one site/],
])('quorate %j: exit %i', (args, status, says) => {
  const ran = quorate(...args)
  expect(ran.err).toMatch(says)
  expect(ran.status).toBe(status)
})
