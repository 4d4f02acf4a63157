import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileName, template } from '../../../actors/kit/template.ts'

const root = new URL('../../../', import.meta.url).pathname

/** Stands in for vitest, so that what was generated runs at once and by itself. */
const RUNNER = `import { deepStrictEqual } from 'node:assert'
export const test = (name: string, run: () => void): void => { run(); console.log('passed', name) }
export const expect = (actual: unknown) => ({ toEqual: (expected: unknown) => deepStrictEqual(actual, expected) })
`

test('what is generated compiles, and its test passes at once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-template-'))
  try {
    const generated = template('heatPump', { kit: join(root, 'actors/kit/index.ts') })
    writeFileSync(join(folder, 'heat-pump.ts'), generated.file)
    writeFileSync(join(folder, 'heat-pump.test.ts'), generated.test.replace("'vitest'", "'./runner.ts'"))
    writeFileSync(join(folder, 'runner.ts'), RUNNER)
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] },
        include: ['*.ts'],
      }),
    )
    const tsc = spawnSync(join(root, 'node_modules/.bin/tsc'), ['--noEmit', '-p', folder], { encoding: 'utf8' })
    expect(tsc.stdout + tsc.stderr).toBe('')
    const ran = spawnSync(process.execPath, [join(folder, 'heat-pump.test.ts')], { encoding: 'utf8' })
    expect(ran.stderr).toBe('')
    expect(ran.stdout.match(/^passed/gm)).toHaveLength(2)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 30_000)

test('imports and lines are as a person would write them', () => {
  const { file, test: text } = template('heatPump')
  expect(file).toContain("import { defineAsset } from 'quorate'")
  expect(text).toContain("import { heatPump } from './heat-pump.ts'")
  for (const line of [...file.split('\n'), ...text.split('\n')]) expect(line.length, line).toBeLessThanOrEqual(120)
  expect(fileName('heatPump')).toBe('heat-pump')
  expect(() => template('heat-pump')).toThrow("'heat-pump' is no name for an asset; write a word such as 'heatPump'")
})
