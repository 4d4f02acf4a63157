/** Opens a scenario file: TypeScript with a default export, or YAML. Whatever is wrong is told with file and line. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { nearest } from '../../actors/kit/nearest.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { type Engine, openEngine } from '../../supervisors/site/engine.ts'
import { type OpenedSiteFile, readSiteFile, type SiteFile } from '../../supervisors/site/file.ts'
import type { PlantOptions } from '../plant/state.ts'
import { manifestOf } from '../platform/site.ts'
import { durationMs, startMs } from './moments.ts'
import { namesOf } from './names.ts'
import { type Located, type Path, sourcePlaces, yamlPlaces } from './places.ts'
import { type Course, courseOf, type Want } from './plan.ts'
import { checkOutline } from './shape.ts'
import type { Scenario } from './words.ts'

export interface Opened extends Course {
  readonly path: string
  readonly title: string
  readonly seed: number
  readonly startMs: number
  readonly forMs: number
  readonly file: SiteFile
  readonly engine: Engine
  /** Where an expectation stands. */
  line(want: Want): number
}

/** Throws SCENARIO with every mistake that was found, each with its line. */
export async function openScenario(path: string): Promise<Opened> {
  const shown = relative(process.cwd(), path)
  const located = await read(path, shown)
  const refuse = (problems: readonly { readonly path: Path; readonly text: string }[]): never => {
    const lines = problems.map(p => `${shown}:${located.line(p.path)}: ${p.text}`)
    throw new Refusal('SCENARIO', lines.join('\n'))
  }
  const outline = checkOutline(located.value)
  if (outline.kind === 'wrong') return refuse([outline])
  const written = outline.value
  const began = startMs(written.start)
  if (began === null) return refuse([{ path: ['start'], text: `there is no ${written.start}` }])
  const tooFar = outOfBounds(written)
  if (tooFar) return refuse([tooFar])
  const opened = site(written, path, refuse)
  const file = written.cycle === undefined ? opened.file : { ...opened.file, cycle: written.cycle }
  const { assets } = file.plant as PlantOptions
  const engine = await openEngine(opened.definitions)
  const span = { startMs: began, forMs: durationMs(written.for) }
  const names = namesOf(file, manifest(file, engine, refuse), engine)
  const { course, problems } = courseOf(written, span, names, assets, dirname(path))
  if (problems.length > 0) return refuse(problems)
  return {
    ...course,
    ...span,
    path: shown,
    title: written.title,
    seed: written.seed ?? 1,
    file,
    engine,
    line: want => located.line(want.path),
  }
}

/** A simulation keeps what it has seen, second by second: some 50 MB for a day. */
const FOR_MS_MAX = 7 * 86_400_000
/** The plant's own step. */
const CYCLE_MS_MIN = 100

function outOfBounds({ for: length, cycle }: Scenario): { path: Path; text: string } | null {
  const forMs = durationMs(length)
  if (forMs <= 0 || forMs > FOR_MS_MAX) return { path: ['for'], text: `'${length}': more than nothing, at most 168 h` }
  if (cycle === undefined || durationMs(cycle) >= CYCLE_MS_MIN) return null
  return { path: ['cycle'], text: `'${cycle}': at least ${CYCLE_MS_MIN} ms` }
}

type Refuse = (problems: readonly { readonly path: Path; readonly text: string }[]) => never

async function read(path: string, shown: string): Promise<Located> {
  const text = readFileSync(path, 'utf8')
  if (/\.ya?ml$/.test(path)) {
    const located = yamlPlaces(text)
    const lines = located.problems.map(p => `${shown}:${p.line}: ${p.text}`)
    if (lines.length > 0) throw new Refusal('SCENARIO', lines.join('\n'))
    return located
  }
  let module: { default?: unknown }
  try {
    module = (await import(pathToFileURL(path).href)) as { default?: unknown }
  } catch (error) {
    throw new Refusal('SCENARIO', `${shown}: ${(error as Error).message}`)
  }
  if (module.default === undefined)
    throw new Refusal('SCENARIO', `${shown}:1: exports no scenario; write export default scenario({ ... })`)
  return sourcePlaces(text, module.default)
}

function site(written: Scenario, path: string, refuse: Refuse): OpenedSiteFile {
  const there = resolve(dirname(path), written.site)
  if (!existsSync(there)) {
    const folder = dirname(there)
    const others = existsSync(folder) ? readdirSync(folder).filter(name => /\.ya?ml$/.test(name)) : []
    refuse([{ path: ['site'], text: `there is no site file ${written.site}${nearest(basename(there), others)}` }])
  }
  try {
    const opened = readSiteFile(there)
    if (!opened.file.plant) refuse([{ path: ['site'], text: `${written.site} has no plant to simulate` }])
    return opened
  } catch (error) {
    return refuse([{ path: ['site'], text: (error as Error).message }])
  }
}

/** With this cycle the site may be impossible: that is the scenario's mistake. */
function manifest(file: SiteFile, engine: Engine, refuse: Refuse) {
  try {
    return manifestOf(file, engine, {})
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return refuse([{ path: ['cycle'], text: error.message }])
  }
}
