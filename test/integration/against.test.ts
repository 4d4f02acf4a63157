/** What an upgrade would change, and what a run has covered: over a folder that a real run has recorded. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folder, quorate, remove, SiteRun } from './site-run.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CYCLES = 12
const dir = folder()
const data = join(dir, 'data')
const other = join(dir, 'other')
afterAll(() => remove(dir))

beforeAll(async () => {
  const load = join(dir, 'load.csv')
  writeFileSync(load, `power\n${'-3000\n'.repeat(2)}`)
  const run = new SiteRun(data, [
    ...[
      '--load',
      `${load}?sign=consumption-negative&step=60s`,
      '--cycle',
      '10s',
      '--pace',
      'lockstep',
      '--for',
      '2min',
    ],
  ])
  await run.summary()
  for (const part of ['actors', 'bin', 'edge', 'package.json', 'projections', 'protocol', 'supervisors'])
    cpSync(join(ROOT, part), join(other, part), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(other, 'node_modules'))
})

/** The other checkout's law of peak shaving says otherwise from now on. */
function change(from: string, to: string): void {
  const file = 'actors/laws/peak-shaving.ts'
  const text = readFileSync(join(ROOT, file), 'utf8')
  expect(text).toContain(from)
  writeFileSync(join(other, file), text.replace(from, to))
}
const against = (...more: string[]) => quorate('replay', '--against', data, ...more)
const json = (out: string) =>
  out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

describe('replay --against', () => {
  it('finds no difference to this code, nor to another checkout of it', async () => {
    expect(await against()).toMatchObject({
      code: 0,
      out: expect.stringContaining('nothing would be commanded otherwise'),
    })
    const same = await against('--engine', other, '--json')
    expect(same.code, same.err).toBe(0)
    expect(json(same.out)).toMatchObject([
      { kind: 'compared', site: 'home', compared: CYCLES + 1, different: 0, words: 0 },
    ])
  })
  it('names each cycle, path, value and reason that another checkout would change, and fails', async () => {
    change("[withoutW - peakW, 'above peak']", "[withoutW - peakW + 100, 'above peak']")
    const report = join(dir, 'replay.xml')
    const { code, out, err } = await against('--engine', other, '--json', '--junit', report)
    expect(code, err).toBe(1)
    const lines = json(out)
    const { first, different, words } = lines.at(-1)
    expect(different).toBeGreaterThan(3)
    expect(lines.length).toBe(different + words + 1)
    expect(first.divergences[0]).toMatchObject({
      path: 'assets.bat1.setpoints.power.value',
      why: { recorded: 'peakShaving: above peak' },
    })
    const commanded = lines.find(line => line.divergences?.some((d: { kind: string }) => d.kind === 'commanded'))
    expect(commanded).toEqual({ kind: 'differs', ...first })
    expect(readFileSync(report, 'utf8')).toMatch(
      /name="bat1"><failure message="\d+ cycles differ, the first: bat1\.power\.value/,
    )
  })
  it('tells words apart, from an export of facts alone too', async () => {
    change("'above peak'", "'over the peak'")
    expect(await against('--engine', other)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/\d+ cycles differ in words only/),
    })
    const facts = join(dir, 'facts.jsonl')
    writeFileSync(facts, (await quorate('log', 'export', '--data', data)).out)
    expect(await quorate('replay', '--against', facts)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^NOT_FOUND: .* holds no decisions to compare with/),
    })
    const folded = await quorate('replay', '--against', facts, '--engine', other)
    expect(folded).toMatchObject({ code: 0, out: expect.stringMatching(/differ in words only/) })
  })
  it('counts the cycles that another engine does not decide at all, and passes on why one cannot fold', async () => {
    const fake = (script: string) => {
      mkdirSync(join(dir, 'fake', 'bin'), { recursive: true })
      writeFileSync(join(dir, 'fake', 'bin', 'quorate.mjs'), script)
      return against('--engine', join(dir, 'fake'))
    }
    const silent = { kind: 'decided', engine: 'none', position: 1e6, facts: 3, refused: 0, firstRefused: null }
    expect(await fake(`console.log('${JSON.stringify(silent)}')`)).toMatchObject({
      code: 1,
      out: expect.stringContaining(`${CYCLES + 1} of them would not be decided at all`),
    })
    expect(await fake(`console.error('no such option'); process.exitCode = 2`)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^UNAVAILABLE: .* ended with 2: no such option/),
    })
  })
  it.each([
    [['--engine', 'nowhere'], /^NOT_FOUND: nowhere is no checkout/],
    [['--decide'], /^USAGE: --decide/],
  ])('refuses %j', async (more, says) => {
    expect((await against(...more)).err).toMatch(says)
  })
  it('refuses its options without a log, and a log that is none', async () => {
    expect((await quorate('replay', '--junit', 'x')).err).toMatch(/^USAGE: --junit: only with --against/)
    expect((await quorate('replay', '--against', join(dir, 'none'))).err).toMatch(
      /^NOT_FOUND: there is no folder and no export/,
    )
    const text = join(dir, 'text.jsonl')
    writeFileSync(text, 'hello\n')
    expect((await quorate('replay', '--against', text)).err).toMatch(/^LOG_CORRUPT: line 1 is none of/)
  })
  it('says with the launcher’s own exit code what was found', () => {
    const { status } = spawnSync(process.execPath, [join(ROOT, 'bin/quorate.mjs'), 'replay', '--against', data])
    expect(status).toBe(0)
  })
})

describe('asset test', () => {
  const asset = (name: string) => join(ROOT, 'actors/assets', `${name}.ts`)
  const own = join(dir, 'own')

  it('walks a chart against its simulated device, and tells what the recorded log has covered', async () => {
    const report = join(dir, 'asset.xml')
    const { code, out, err } = await quorate(
      ...[
        'asset',
        'test',
        asset('pv-inverter'),
        '--history',
        data,
        '--min-coverage',
        '100',
        '--junit',
        report,
        '--json',
      ],
    )
    expect(code, err).toBe(0)
    const [tested] = json(out)
    expect(tested).toMatchObject({ kind: 'tested', type: 'pvInverter', device: 'pv', percent: 100, failed: 0 })
    expect(tested.history.assets).toEqual(['pv1'])
    expect(tested.history.states.covered).toContain('operating.producing.free')
    expect(tested.history.states.uncovered).toContain('faulted')
    expect(tested.history.edges.covered).toContain(
      'pvInverter.operating.disconnected on start -> pvInverter.operating.starting',
    )
    expect(readFileSync(report, 'utf8')).toMatch(/tests="9" failures="0"/)
  })
  it('walks an author’s own against a generic device; a mistake fails with its path, low coverage by itself', async () => {
    mkdirSync(own)
    expect((await quorate('asset', 'new', 'heatPump', '--into', own)).code).toBe(0)
    const file = join(own, 'heat-pump.ts')
    const good = await quorate('asset', 'test', file, '--settings', 'powerMax=3 kW', '--min-coverage', '100')
    expect(good).toMatchObject({ code: 0, out: expect.stringContaining('heatPump: every step holds, 100 % covered') })
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace("{ target: 'faulted', actions: { alarm: 'signalsLost' } }", '{}'))
    const blind = await quorate('asset', 'test', file)
    expect(blind).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        /FAILED UNSAFE heatPump\.operating\.running on frame lost: .*\n {2}path: command start, time, wanted/,
      ),
    })
    writeFileSync(file, text.replace("tooHot: 'temperature >= 80 °C'", 'tooHot: ({ now }) => now < 0'))
    const low = await quorate('asset', 'test', file, '--min-coverage', '100')
    expect(low).toMatchObject({ code: 1, out: expect.stringContaining('not covered: guard tooHot is true') })
    expect((await quorate('asset', 'test', file, '--min-coverage', '50')).code).toBe(0)
    writeFileSync(file, text.replace("guard: 'cool'", "guard: 'coool'"))
    const report = join(own, 'refused.xml')
    expect(await quorate('asset', 'test', file, '--junit', report)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^problem UNKNOWN_GUARD heatPump\.faulted on reset/),
    })
    expect(readFileSync(report, 'utf8')).toMatch(/tests="1" failures="1"[\s\S]*problem UNKNOWN_GUARD heatPump\.faulted/)
  })
  it.each([
    [['--settings', 'powerMax'], /^USAGE: --settings 'powerMax': write NAME=VALUE or TYPE.NAME=VALUE/],
    [['--settings', 'battery.rating=5 W'], /^USAGE: --settings battery\.rating: the file has no asset 'battery'/],
    [['--settings', 'rated=5 V'], /^USAGE: settings: .*'5 V' is no quantity in W/],
    [['--frame', 'x'], /^USAGE: --frame 'x': write NAME: POINT=VALUE/],
    [['--frame', 'x: pressure=5 W'], /^USAGE: --frame x: pvInverter has no point 'pressure'/],
    [['--min-coverage', 'all'], /^USAGE: --min-coverage all: a number/],
  ])('refuses %j with what to write', async (options, says) => {
    expect((await quorate('asset', 'test', asset('pv-inverter'), ...options)).err).toMatch(says)
  })
})
