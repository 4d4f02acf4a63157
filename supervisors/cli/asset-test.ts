/** `quorate asset test FILE`: the paths of an asset's chart, walked against its simulated device in a process of its own. */
import { fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Finding } from '../../actors/kit/check.ts'
import type { AnyAsset } from '../../actors/kit/define.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { type AssetHistory, assetHistory } from '../records/asset-history.ts'
import { casesOfTested, coveragePercent, historyInWords, type Tested, testedInWords } from '../records/asset-words.ts'
import { type JunitCase, junit } from '../records/junit.ts'
import { lengthOf } from '../records/sweep.ts'
import { checkFile, findingInWords, only, sayFinding } from './asset.ts'
import { definitionOption, foldOptions, progressOn } from './folder.ts'
import { jsonOption, junitOption } from './options.ts'
import { openRecorded } from './recorded-log.ts'
import type { Call, Verb } from './verb.ts'

const SCRIPT = new URL('../../sim/cli/asset.ts', import.meta.url)

export const assetTest: Verb = {
  name: 'asset test',
  text: 'Walks the paths of each chart of a file against a simulated device: states, edges and guards that hold, and coverage',
  arguments: 'FILE',
  options: {
    settings: {
      type: 'string',
      value: '[TYPE.]NAME=VALUE,...',
      text: "As a site file writes them: 'powerMax=10 kW, startTime=30 s'; with TYPE. only for that asset of the file",
    },
    frame: {
      type: 'string',
      value: '[TYPE.]NAME: POINT=VALUE,...',
      text: "Frames that a guard needs and nothing finds, by ';': 'linked: linkVoltage=400 V, voltage=410 V'",
    },
    'min-coverage': { type: 'string', value: 'PERCENT', text: 'Fails below this share of states, edges or guards' },
    history: { type: 'string', value: 'DIR|EXPORT', text: 'Also tells what this recorded log covers' },
    definition: definitionOption,
    junit: junitOption,
    json: jsonOption,
  },
  async run(call) {
    const file = only(call, 'FILE')
    const minPercent = percentOf(call)
    const asked = { file: resolve(file), settings: pairsOf(call, 'settings'), frames: framesOf(call) }
    const { definitions, findings } = await checkFile(file)
    const problems = findings.filter(f => f.level === 'problem')
    for (const problem of problems) sayFinding(call, problem)
    if (problems.length > 0) {
      report(call, file, [refusedCase(problems)])
      return 1
    }
    if (definitions.length === 0) throw new Refusal('ASSET_DEFINITION', `${file} exports no asset`)
    const tested = await walked(asked)
    for (const t of tested) {
      const asset = definitions.find(a => a.spec.type === t.type)!
      const history = call.text('history') === undefined ? null : await historyOf(call, asset)
      tell(call, file, t, history)
    }
    const cases = tested.flatMap(t => casesOfTested(t, minPercent))
    report(call, file, cases)
    const holds = (t: Tested) => t.failed === 0 && (minPercent === null || coveragePercent(t.covered) >= minPercent)
    return tested.every(holds) ? 0 : 1
  },
}

function report(call: Call, file: string, cases: readonly JunitCase[]): void {
  const out = call.text('junit')
  if (out !== undefined) writeFileSync(out, junit([{ name: `quorate asset test ${file}`, cases }]))
}
/** What is not walked at all fails as one case. */
function refusedCase(problems: readonly Finding[]): JunitCase {
  const lines = problems.flatMap(findingInWords)
  return { name: 'every definition is accepted', failure: { message: lines[0]!, text: lines.join('\n') } }
}

function tell(call: Call, file: string, tested: Tested, history: AssetHistory | null): void {
  const percent = coveragePercent(tested.covered)
  if (call.flag('json')) {
    call.say(JSON.stringify({ kind: 'tested', file, percent, ...tested, ...(history && { history }) }))
    return
  }
  for (const line of testedInWords(tested)) call.say(line)
  if (history) for (const line of historyInWords(tested.type, history)) call.say(line)
  call.say(
    `${file}: ${tested.type}: ${tested.failed === 0 ? 'every step holds' : `${tested.failed} FAILED`}, ${percent} % covered`,
  )
}

type Answer =
  | { readonly kind: 'tested'; readonly tested: readonly Tested[] }
  | { readonly kind: 'refused'; readonly reason: string }

/** Throws USAGE with what the simulator refused. */
async function walked(asked: object): Promise<readonly Tested[]> {
  const child = fork(SCRIPT, [JSON.stringify(asked)], { execArgv: ['--disable-warning=ExperimentalWarning'] })
  const answer = await new Promise<Answer | null>(done => {
    child.once('message', message => done(message as Answer))
    child.once('exit', () => done(null))
  })
  if (!answer) throw new Refusal('UNAVAILABLE', 'the walk ended without a result')
  if (answer.kind === 'refused') throw new Refusal('USAGE', answer.reason)
  return answer.tested
}

/** The log is read with the definition of the file in the place of its namesake. */
async function historyOf(call: Call, asset: AnyAsset): Promise<AssetHistory> {
  const log = await openRecorded(call, call.text('history')!)
  try {
    const { fold: own } = await foldOptions(log, call)
    const assets = { ...own.definitions.assets, [asset.spec.type]: asset }
    const fold = { ...own, definitions: { ...own.definitions, assets } }
    const { facts } = log
    const { partition } = log.manifest
    const progress = progressOn(await lengthOf(facts, partition))('history')
    return await assetHistory(asset, { facts, partition, fold, progress })
  } finally {
    await log.close()
  }
}

function percentOf(call: Call): number | null {
  const text = call.text('min-coverage')
  if (text === undefined) return null
  const percent = Number(text)
  if (!(percent >= 0 && percent <= 100)) throw new Refusal('USAGE', `--min-coverage ${text}: a number from 0 to 100`)
  return percent
}
function pairsOf(call: Call, option: string, text = call.text(option) ?? ''): Record<string, string> {
  const pairs = text.split(',').filter(pair => pair.trim() !== '')
  return Object.fromEntries(
    pairs.map(pair => {
      const [, name, value] = /^\s*((?:\w+\.)?\w+)\s*=\s*(.+?)\s*$/.exec(pair) ?? []
      if (name === undefined)
        throw new Refusal('USAGE', `--${option} '${pair.trim()}': write NAME=VALUE or TYPE.NAME=VALUE`)
      return [name, value!]
    }),
  )
}
function framesOf(call: Call): Record<string, Record<string, string>> {
  const frames = (call.text('frame') ?? '').split(';').filter(frame => frame.trim() !== '')
  return Object.fromEntries(
    frames.map(frame => {
      const [, name, points] = /^\s*((?:\w+\.)?\w+)\s*:(.*)$/.exec(frame) ?? []
      if (name === undefined) throw new Refusal('USAGE', `--frame '${frame.trim()}': write NAME: POINT=VALUE, ...`)
      return [name, pairsOf(call, 'frame', points)]
    }),
  )
}
