/**
 * `quorate rebuild`: the rows of the log made once more, beside the live ones. Where a run is going on its own projectors
 * do it; elsewhere they are started for it.
 */
import { resolve } from 'node:path'
import type { RebuildAsked, RebuildProgress } from '../../projections/runner/rebuild.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { PROJECTIONS, type ProjectionName } from '../projector/engine.ts'
import { hostClock } from '../real/clock.ts'
import { hostPorts } from '../real/ports.ts'
import { type Ask, askRun } from '../run/control.ts'
import { Projectors, type ProjectorsStatus, projectedIn, projectionAsked } from '../run/projectors.ts'
import { definitionOption, definitionsOf, Folder, siteOption, wholeNumber } from './folder.ts'
import { clickhouseOption, dataOption, jsonOption, postgresOption } from './options.ts'
import type { Call, Verb } from './verb.ts'

const LOOK_MS = 500
/** A projector that is not up by then is not coming. */
const UP_LOOKS = 240

export const rebuild: Verb = {
  name: 'rebuild',
  text: 'Makes the rows of a projection once more from the log, beside the live ones, and switches to them',
  arguments: 'operational|timeseries|all',
  options: {
    data: dataOption,
    from: { type: 'string', value: 'POSITION', text: 'Rows of this position and above only' },
    site: siteOption,
    verify: { type: 'boolean', text: 'Compares with the live rows and switches nothing; exit 1 where they differ' },
    drop: { type: 'string', value: 'BUILD', text: 'Instead: drops a former build, which is kept until then' },
    definition: definitionOption,
    postgres: postgresOption,
    clickhouse: clickhouseOption,
    json: jsonOption,
  },
  async run(call) {
    const names = namesOf(call)
    const asked = { from: wholeNumber(call, 'from') ?? null, verify: call.flag('verify') }
    if (asked.from !== null && asked.verify) throw new Refusal('USAGE', '--verify compares all rows: not with --from')
    const folder = new Folder(call)
    const build = wholeNumber(call, 'drop')
    const own = await reach(call, folder)
    try {
      let code = 0
      for (const name of names) {
        await own.up(name)
        if (build !== undefined) await own.ask({ do: 'drop', target: name, build })
        else if (!(await rebuilt(call, own, name, asked))) code = 1
      }
      return code
    } finally {
      await own.close()
    }
  },
}

function namesOf(call: Call): readonly ProjectionName[] {
  const [which, ...more] = call.positionals
  const names = PROJECTIONS.filter(name => which === 'all' || which === name)
  if (names.length === 0 || more.length > 0)
    throw new Refusal('USAGE', `rebuild '${call.positionals.join(' ')}': operational, timeseries or all`)
  return names
}

interface Reached {
  ask(ask: Ask): Promise<unknown>
  status(): Promise<ProjectorsStatus>
  up(name: ProjectionName): Promise<void>
  close(): Promise<void>
}
async function reach(call: Call, folder: Folder): Promise<Reached> {
  const { dir } = folder
  const asked = await askRun(dir, { do: 'status' }).catch(error => {
    if (error instanceof Refusal && error.code === 'NO_RUN') return null
    throw error
  })
  if (asked === null) return own(call, folder)
  const status = async () => ((await askRun(dir, { do: 'status' })) as { projections: ProjectorsStatus }).projections
  return { ask: ask => askRun(dir, ask), status, up: name => isUp(status, name), close: async () => {} }
}
/** No run: the projectors of this folder, for as long as it takes. */
async function own(call: Call, folder: Folder): Promise<Reached> {
  const dir = resolve(folder.dir)
  const given = { operational: call.text('postgres') ?? null, timeseries: call.text('clickhouse') ?? null }
  const servers = Object.fromEntries(namesOf(call).map(name => [name, given[name]]))
  const of = projectedIn(dir, folder.manifest, definitionsOf(call))
  const projectors = new Projectors(of, servers, hostPorts('rebuild', dir), null)
  await projectors.start()
  const status = () => projectors.status()
  const close = () => projectors.stop()
  return { ask: ask => projectionAsked(projectors, ask), status, up: name => isUp(status, name), close }
}
async function isUp(status: () => Promise<ProjectorsStatus>, name: ProjectionName): Promise<void> {
  let reason = 'this run has no projections'
  for (let look = 0; look < UP_LOOKS; look++) {
    const found = (await status())[name]
    if (found && !('down' in found)) return
    if (found) reason = found.down
    await wait()
  }
  throw new Refusal('UNAVAILABLE', `the projector '${name}' is not up: ${reason}`)
}

/** False: it failed, or the rows differ and that was the question. */
async function rebuilt(call: Call, at: Reached, name: ProjectionName, asked: RebuildAsked): Promise<boolean> {
  const json = call.flag('json')
  await at.ask({ do: 'rebuild', target: name, rebuild: asked })
  for (let said = ''; ; await wait()) {
    const found = (await at.status())[name]
    const progress = found && !('down' in found) ? found.rebuild : null
    if (!progress) {
      // another process by now: it goes on where the one that fell has left it
      if (found && !('down' in found)) await at.ask({ do: 'rebuild', target: name, rebuild: asked })
      continue
    }
    const over = progress.phase === 'done' || progress.phase === 'failed'
    const line = json
      ? JSON.stringify({ kind: over ? 'rebuilt' : 'progress', projection: name, ...progress })
      : inWords(name, progress, asked)
    if (line !== said && over) call.say(line)
    else if (line !== said) process.stderr.write(`${line}\n`)
    said = line
    if (over) return progress.phase === 'done' && !(asked.verify && progress.compared?.equal === false)
  }
}
function inWords(name: string, p: RebuildProgress, { verify }: RebuildAsked): string {
  if (p.phase === 'failed') return `${name}: failed at ${p.position}: ${p.reason}; the same command goes on from there`
  if (p.phase !== 'done') {
    const left = p.secondsLeft === null ? '' : `, ${p.secondsLeft} s left`
    return `${name}: build ${p.build}, ${p.phase}, position ${p.position} of ${p.to}, ${p.perSecond}/s${left}${p.reason === '' ? '' : `; ${p.reason}`}`
  }
  const { compared } = p
  const equal = !compared
    ? 'there was nothing to compare with'
    : compared.equal
      ? `equal to the live rows at position ${compared.position}`
      : `DIFFERENT from the live rows at position ${compared.position} in ${compared.different.join(', ')}`
  const begins = p.from === 0 ? '' : ` from ${p.from} on (the log holds nothing before it that rows can be made of)`
  return `${name}: build ${p.build}${begins} at ${p.position}, ${equal}${verify ? '' : '; it is live now, the former one is kept'}`
}
const wait = () => new Promise<void>(done => void hostClock.after(LOOK_MS, done))
