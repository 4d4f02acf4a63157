/** `quorate asset check FILE`, `quorate asset new NAME`: for those who write definitions. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { check, type Finding } from '../../actors/kit/check.ts'
import type { AnyAsset } from '../../actors/kit/define.ts'
import { fileName, template } from '../../actors/kit/template.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { FIXES } from './asset-fixes.ts'
import { jsonOption } from './options.ts'
import type { Call, Verb } from './verb.ts'

const KIT = fileURLToPath(new URL('../../actors/kit/index.ts', import.meta.url))

interface Checked {
  readonly definitions: readonly AnyAsset[]
  readonly assets: readonly string[]
  readonly strategies: readonly string[]
  readonly findings: readonly Finding[]
}

export const assetCheck: Verb = {
  name: 'asset check',
  text: 'Checks the definitions of a file: problems refuse it, notes are worth a look',
  arguments: 'FILE',
  options: { json: jsonOption },
  async run(call) {
    const file = only(call, 'FILE')
    const { assets, strategies, findings } = await checkFile(file)
    const problems = findings.filter(f => f.level === 'problem')
    const notes = findings.filter(f => f.level === 'note')
    for (const finding of [...problems, ...notes]) sayFinding(call, finding)
    const summary = { kind: 'checked', file, assets, strategies, problems: problems.length, notes: notes.length }
    const defined = [...assets, ...strategies].join(', ') || 'nothing defined'
    call.say(
      call.flag('json')
        ? JSON.stringify(summary)
        : `${file}: ${defined}; ${problems.length} problems, ${notes.length} notes`,
    )
    return problems.length === 0 ? 0 : 1
  },
}

export function sayFinding(call: Call, finding: Finding): void {
  if (call.flag('json')) call.say(JSON.stringify({ kind: 'finding', ...finding, fix: FIXES[finding.code] }))
  else for (const line of findingInWords(finding)) call.say(line)
}
export const findingInWords = ({ level, code, at, text }: Finding): string[] => [
  `${level} ${code} ${at}: ${text}`,
  `  fix: ${FIXES[code]}`,
]

/** Throws NOT_FOUND, ASSET_DEFINITION for a file that cannot be imported or defines nothing. */
export async function checkFile(file: string): Promise<Checked> {
  if (!existsSync(file)) throw new Refusal('NOT_FOUND', `there is no file ${file}`)
  let exported: Record<string, unknown>
  try {
    exported = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>
  } catch (error) {
    // another copy of the kit may have thrown it: its name tells
    if ((error as Error)?.name === 'DefinitionRefused') {
      const { findings } = error as { findings: readonly Finding[] } & Error
      return { definitions: [], assets: [], strategies: [], findings }
    }
    throw new Refusal('ASSET_DEFINITION', `${file}: ${whereThrown(error, file)}`)
  }
  const values = Object.values(exported) as any[]
  const assets = values.filter(v => v?.spec?.type && v?.program)
  const strategies = values.filter(v => v?.propose && v?.type)
  if (assets.length + strategies.length === 0)
    throw new Refusal(
      'ASSET_DEFINITION',
      `${file} exports no asset and no strategy; export what defineAsset or defineStrategy returns`,
    )
  return {
    definitions: assets,
    assets: assets.map(a => a.spec.type as string),
    strategies: strategies.map(s => s.type as string),
    findings: assets.flatMap(a => check(a.spec)),
  }
}

/** The message, with the line of the file where it was thrown. */
function whereThrown(error: unknown, file: string): string {
  if (!(error instanceof Error)) return `it throws ${String(error)}`
  const line = new RegExp(`${basename(file).replaceAll('.', '\\.')}:(\\d+)`).exec(error.stack ?? '')?.[1]
  return `${error.message.split('\n')[0]}${line ? ` (line ${line})` : ''}`
}

export const assetNew: Verb = {
  name: 'asset new',
  text: 'Writes a definition that works and its test, both to be changed',
  arguments: 'NAME',
  options: { into: { type: 'string', value: 'DIR', default: '.', text: 'Folder' } },
  async run(call) {
    const name = only(call, 'NAME')
    const into = resolve(call.text('into')!)
    const kit = kitFor(into)
    let made: ReturnType<typeof template>
    try {
      made = template(name, kit === null ? {} : { kit })
    } catch (error) {
      throw new Refusal('USAGE', (error as Error).message)
    }
    const files = { [`${fileName(name)}.ts`]: made.file, [`${fileName(name)}.test.ts`]: made.test }
    const there = Object.keys(files).find(file => existsSync(join(into, file)))
    if (there) throw new Refusal('FILE_EXISTS', `${join(into, there)} is there`)
    mkdirSync(into, { recursive: true })
    for (const [file, text] of Object.entries(files)) writeFileSync(join(into, file), text, { flag: 'wx' })
    const [definition, test] = Object.keys(files).map(file => relative(process.cwd(), join(into, file)))
    call.say(`${definition} and ${test} written; check with \`quorate asset check ${definition}\`, then name it in`)
    call.say(`\`definitions\` of the site file; its test runs with \`npx vitest run ${test}\``)
    return 0
  },
}

/** In a project that has the package, by its name (null); beside a clone of it, by a path. */
function kitFor(into: string): string | null {
  try {
    createRequire(join(into, 'x.js')).resolve('quorate')
    return null
  } catch {
    const path = relative(into, KIT)
    return path.startsWith('.') ? path : `./${path}`
  }
}

export function only(call: Call, what: string): string {
  const [one, ...rest] = call.positionals
  if (one === undefined || rest.length > 0) throw new Refusal('USAGE', `give one ${what}`)
  return one
}
