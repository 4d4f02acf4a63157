/** `quorate run`: a whole site on this machine, each part in a process of its own, supervised. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Ports } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { parse, raw } from '../../protocol/words/units.ts'
import { logOf } from '../real/logs.ts'
import { hostPorts } from '../real/ports.ts'
import { hostRandom } from '../real/random.ts'
import { serveControl } from '../run/control.ts'
import { enrol } from '../run/enrol.ts'
import { faultOf } from '../run/faults.ts'
import { Inspector, StandingLink, signInLink } from '../run/inspector.ts'
import { observeRun } from '../run/observed.ts'
import type { GatewayStatus, Pace, PlantView } from '../run/parts.ts'
import { folders, type Prepared, prepare } from '../run/prepare.ts'
import { Projectors, projectedIn, projectionAsked } from '../run/projectors.ts'
import { Run } from '../run/run.ts'
import { refuseSecondRun } from '../run/run-file.ts'
import { uncountedSummaryOf } from '../run/summary.ts'
import { TallyChild } from '../run/tally-child.ts'
import { NODES } from '../site/who.ts'
import { clickhouseOption, dataOption, jsonOption, postgresOption } from './options.ts'
import { keepLog } from './run-log.ts'
import type { Call, Verb } from './verb.ts'

const EXAMPLES = {
  home: fileURLToPath(new URL('../../sim/sites/home.yaml', import.meta.url)),
  fcr: fileURLToPath(new URL('../../sim/sites/fcr.yaml', import.meta.url)),
}
const MINUTE_MS = 60_000
const SCREEN_MS = 1_000
/** In a lockstep run progress is said this often, host time. */
const PROGRESS_MS = 10_000

export const run: Verb = {
  name: 'run',
  text: 'Runs a whole site: three nodes, a gateway and a simulated plant, each in its process',
  options: {
    site: {
      type: 'string',
      value: 'FILE',
      text: 'Site file (an example: a household; with --frequency, a battery that gives FCR)',
    },
    load: {
      type: 'string',
      value: 'CSV',
      text: 'Recorded consumption: FILE?column=NAME&time=NAME&unit=W&sign=...&scale=1&step=60s',
    },
    pv: { type: 'string', value: 'CSV', text: 'Recorded PV production' },
    frequency: { type: 'string', value: 'CSV', text: 'Recorded grid frequency' },
    voltage: { type: 'string', value: 'CSV', text: 'Recorded grid voltage' },
    cycle: { type: 'string', value: 'TIME', text: 'Control cycle T, e.g. 1s (as the site file says)' },
    pace: { type: 'string', value: 'PACE', default: 'realtime', text: 'realtime, lockstep, or Nx plant time' },
    for: { type: 'string', value: 'TIME', text: 'Stop after so much plant time, e.g. 24h' },
    mode: { type: 'string', value: 'MODE', default: 'automatic', text: 'automatic, or observe: nothing is written' },
    data: dataOption,
    port: {
      type: 'string',
      value: 'N',
      text: 'HTTP port of the first node; the others and the views take the next ones (any free)',
    },
    log: {
      type: 'string',
      value: 'DRIVER',
      text: 'Where the log is: embedded (in the data folder), or redpanda (as the first start was told)',
    },
    brokers: { type: 'string', value: 'HOST:PORT,...', text: 'With --log redpanda: some brokers of the cluster' },
    toy: { type: 'boolean', text: 'With --log redpanda: take a cluster that could lose what it has acknowledged' },
    'no-inspector': { type: 'boolean', text: 'Leaves the inspector out: control needs none' },
    'no-projections': { type: 'boolean', text: 'Leaves the databases out: control needs none' },
    postgres: postgresOption,
    clickhouse: clickhouseOption,
    'lag-max': {
      type: 'string',
      value: 'TIME',
      text: 'Databases further behind, or down for longer, are told of (60s)',
    },
    faults: { type: 'boolean', text: 'Take `quorate fault ...`; refused where a driver leads to a real device' },
    json: jsonOption,
  },
  stays: true,
  run: site,
}

async function site(call: Call): Promise<number> {
  const json = call.flag('json')
  if (process.stdout.isTTY && !json) process.env.QUORATE_LOG ??= 'error' // the live view says the rest
  const emit = (value: object) => json && call.say(JSON.stringify(value))
  const dir = resolve(call.text('data')!)
  refuseSecondRun(dir)
  keepLog(call, dir, hostRandom)
  const ports = hostPorts('run', dir)
  const pace = paceOf(call.text('pace')!)
  const lockstep = pace.kind === 'lockstep'
  const cycleText = call.text('cycle')
  const cycleMs = cycleText === undefined ? undefined : duration('--cycle', cycleText)
  const forMs = call.text('for') === undefined ? Number.POSITIVE_INFINITY : duration('--for', call.text('for')!)
  const mode = call.text('mode')
  if (mode !== 'automatic' && mode !== 'observe') throw new Refusal('USAGE', `--mode '${mode}': automatic or observe`)
  const prepared = await prepare({
    dir,
    siteFile: call.text('site') ?? (call.text('frequency') ? EXAMPLES.fcr : EXAMPLES.home),
    random: ports.random,
    ...(cycleMs === undefined ? {} : { cycleMs }),
  })
  const real = Object.entries(prepared.site.file.assets).find(([, a]) => !a.field.address.startsWith('plant://'))
  if (call.flag('faults') && real)
    throw new Refusal('FAULTS_OFF', `asset '${real[0]}' is at ${real[1].field.address}, which is no simulated plant`)
  const { manifest } = prepared.signed
  const inputs = inputsOf(call)
  let fell: ((reason: string) => void) | null = null
  const failed = new Promise<string>(resolve => {
    fell = resolve
  })
  const running = new Run({
    prepared,
    pace,
    faults: call.flag('faults'),
    mode,
    inputs,
    ports,
    ...(call.text('port') === undefined ? {} : { port: Number(call.text('port')) }),
    failed: reason => fell!(reason),
  })
  const tally = new TallyChild(prepared, ports)
  const projectors = projectorsOf(call, prepared, ports, address => {
    running.viewsAt(address)
    emit({ kind: 'views', address })
    if (!json && !process.stdout.isTTY) call.say(`views at http://${address}`) // the live view shows it
  })
  const inspector = inspectorOf(call, prepared, ports, address => {
    running.inspectorAt(address)
    const link = signInLink(`http://${address}`, readFileSync(folders(dir).token, 'utf8').trim(), ports.host.wallMs())
    emit({ kind: 'inspector', address })
    if (!json) call.say(`inspector at http://${address}; sign in by ${link}`)
  })
  const link = new StandingLink(folders(dir).token, () => ports.host.wallMs())
  let interrupted = false
  let wake = () => {}
  const interrupt = () => {
    interrupted = true
    wake()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  process.on('SIGHUP', interrupt)
  process.on('disconnect', interrupt)
  void failed.then(reason => {
    ports.note('error', 'the run gives up', { reason })
    interrupt()
  })

  const control = serveControl(dir, ask => {
    if (ask.do === 'stop') {
      interrupt()
      return Promise.resolve('stopping')
    }
    if (ask.do === 'enrol') return enrol(dir, manifest, ask.target ?? '')
    if (ask.do === 'rebuild' || ask.do === 'drop') return projectionAsked(projectors, ask)
    return ask.do === 'fault' ? faultOf(running, call.flag('faults'), ask) : statusOf(running, projectors)
  })
  const supervisors = () => [running.supervisor, tally.supervisor, ...(projectors?.supervisors ?? [])]
  const observer = observeRun(ports, supervisors, () => running.parts.liveNodes())
  if (!json) call.say(`starting '${manifest.site}': three nodes, the plant, the gateway; Ctrl-C stops in order`)
  await Promise.all([tally.start(), running.start()]).catch(async error => {
    control.close()
    await Promise.all([running.supervisor.stop(), tally.stop()])
    throw error
  })
  observer.start()
  void projectors?.start() // control does not wait for it
  void inspector?.start()
  const startedAt = running.nowMs
  const slotsBefore = (await running.gatewayStatus()).slots
  emit({
    kind: 'started',
    site: manifest.site,
    dir,
    first: prepared.first,
    changes: prepared.changes,
    pids: running.pids,
  })
  if (!json) for (const line of greeting(prepared.changes, running, dir)) call.say(line)
  for (const report of running.parts.inputReports) {
    emit({ kind: 'input', report })
    if (!json) call.say(report)
  }
  if (json) await tally.say()
  const plant = prepared.site.file.plant === undefined ? null : await running.plantView()
  const peak = new PeakImport(plant)
  let gateway: GatewayStatus | null = null

  if (lockstep) {
    const T = manifest.timing.cycleMs
    const fast = manifest.timing.fastMs < T && manifest.laws.some(law => law.law === 'fcr') ? manifest.timing.fastMs : T
    const end = startedAt + forMs
    await running.linked()
    let saidAt = ports.host.monotonicMs()
    for (let t = startedAt + T, first = true; t <= end && !interrupted; t += T, first = false) {
      for (let f = t - T + fast; f < t; f += fast) await running.advanceField(f)
      await running.advance(t)
      if (first) await running.commission()
      if (t % MINUTE_MS === 0) {
        peak.sample(await running.plantView())
        running.keepTime()
      }
      if (ports.host.monotonicMs() - saidAt < PROGRESS_MS) continue
      saidAt = ports.host.monotonicMs()
      progress(call, json, t - startedAt, forMs)
    }
    running.keepTime()
  } else {
    await Promise.race([running.firstCycle(), failed])
    await running.commission()
    const factor = pace.factor
    const endMs = ports.host.monotonicMs() + forMs / factor
    let sampledAt = ports.host.monotonicMs()
    while (!interrupted && ports.host.monotonicMs() < endMs) {
      const left = Math.min(SCREEN_MS, endMs - ports.host.monotonicMs())
      await new Promise<void>(resolve => {
        wake = resolve
        ports.host.after(left, resolve)
      })
      gateway = await running.gatewayStatus().catch(() => null)
      if (plant && (ports.host.monotonicMs() - sampledAt) * factor >= MINUTE_MS) {
        sampledAt = ports.host.monotonicMs()
        const view = await running.plantView().catch(() => null)
        if (view) peak.sample(view)
      }
      if (!process.stdout.isTTY || json) continue
      const { pids, nowMs: siteTimeMs } = running
      const views = { address: projectors?.views ?? null, projections: (await projectors?.status()) ?? {} }
      const screen = await tally.draw({
        ...{ title: manifest.title, gateway, pids, views, siteTimeMs, hints: hints() },
        inspector: link.of(inspector?.address ?? null),
      })
      if (screen !== null) call.say(screen)
    }
  }

  const last = plant ? await running.plantView().catch(() => null) : null
  if (last) peak.end(last)
  gateway = (await running.gatewayStatus().catch(() => null)) ?? gateway
  control.close()
  observer.stop()
  const replicas = await running.stop()
  const end = Math.max(-1, ...Object.values(replicas).map(r => r.position))
  const inputsOfSummary = {
    site: manifest.site,
    slots: { before: slotsBefore, now: gateway?.slots ?? null },
    meters: plant && last ? { from: plant.meters, to: last.meters } : null,
    peakImportW: Math.round(peak.peakW),
    replicas,
    lockstep,
    input: running.parts.inputCounts,
  }
  const summary = (await tally.sum(inputsOfSummary, end)) ?? uncountedSummaryOf(inputsOfSummary)
  await Promise.all([tally.stop(), projectors?.stop(), inspector?.stop()])
  call.say(json ? JSON.stringify(summary) : JSON.stringify(summary, null, 2))
  process.removeListener('disconnect', interrupt)
  if (process.connected) process.disconnect()
  return interrupted && running.supervisor.state === 'failed' ? 1 : 0
}

function projectorsOf(
  call: Call,
  { dir, site, signed }: Prepared,
  ports: Ports,
  opened: (address: string) => void,
): Projectors | null {
  if (call.flag('no-projections')) return null
  const servers = { operational: call.text('postgres') ?? null, timeseries: call.text('clickhouse') ?? null }
  // after the nodes' ports, where those are asked for
  const port = call.text('port') === undefined ? 0 : Number(call.text('port')) + NODES.length
  const grants = [{ tenant: signed.manifest.tenant, tokenFile: folders(dir).token }]
  const lagMax = call.text('lag-max')
  const lagMsMax = lagMax === undefined ? undefined : duration('--lag-max', lagMax)
  return new Projectors(projectedIn(dir, signed.manifest, site.definitions, lagMsMax), servers, ports, {
    http: { address: `127.0.0.1:${port}`, grants },
    opened,
  })
}
/** After the nodes' ports and that of the views, where those are asked for. */
function inspectorOf(
  call: Call,
  { dir, site, signed }: Prepared,
  ports: Ports,
  opened: (address: string) => void,
): Inspector | null {
  if (call.flag('no-inspector')) return null
  const { tenant } = signed.manifest
  const port = call.text('port') === undefined ? 0 : Number(call.text('port')) + NODES.length + 1
  const http = { address: `127.0.0.1:${port}`, grants: [{ tenant, tokenFile: folders(dir).token }] }
  const sites = [{ manifest: signed.manifest, definitions: site.definitions }]
  const of = { dir: folders(dir).of('inspector'), log: logOf(dir), http, sites, ways: { kind: 'run', dir } } as const
  return new Inspector(of, ports, opened)
}
const statusOf = async (running: Run, projectors: Projectors | null) => ({
  ...(await running.status()),
  projections: (await projectors?.status()) ?? {},
  views: projectors?.views ?? null,
})

/** The highest mean import over a minute, by the plant's own meter. */
class PeakImport {
  peakW = 0
  #last: { tMs: number; mwh: number } | null
  constructor(first: PlantView | null) {
    this.#last = first && { tMs: first.tMs, mwh: first.meters.importedMwh as number }
  }
  sample(view: PlantView): void {
    const now = { tMs: view.tMs, mwh: view.meters.importedMwh as number }
    const ms = this.#last ? now.tMs - this.#last.tMs : 0
    if (this.#last && ms >= MINUTE_MS / 2) this.peakW = Math.max(this.peakW, ((now.mwh - this.#last.mwh) * 3_600) / ms)
    if (!this.#last || ms >= MINUTE_MS / 2) this.#last = now
  }
  /** A run of less than a minute has the mean of what it was. */
  end(view: PlantView): void {
    this.sample(view)
    const ms = this.#last ? view.tMs - this.#last.tMs : 0
    if (this.peakW === 0 && ms > 0) this.peakW = (((view.meters.importedMwh as number) - this.#last!.mwh) * 3_600) / ms
  }
}

function paceOf(text: string): Pace {
  if (text === 'lockstep') return { kind: 'lockstep' }
  if (text === 'realtime') return { kind: 'realtime', factor: 1 }
  const factor = Number(/^(\d+(?:\.\d+)?)x$/.exec(text)?.[1])
  if (!(factor > 0)) throw new Refusal('USAGE', `--pace '${text}': realtime, lockstep, or a factor such as 10x`)
  return { kind: 'realtime', factor }
}
/** `10s`, `24h`, `500ms`, with or without a space. */
function duration(option: string, text: string): number {
  const m = /^(\d+(?:\.\d+)?) ?(ms|s|min|h)$/.exec(text)
  if (!m) throw new Refusal('USAGE', `${option} '${text}': write a time such as 10s, 5min or 24h`)
  return raw(parse('s', `${m[1]} ${m[2]}`, option))
}
function inputsOf(call: Call) {
  const inputs: Record<string, string> = {}
  for (const name of ['load', 'pv', 'frequency', 'voltage']) {
    const reference = call.text(name)
    if (reference === undefined) continue
    const [file, query] = reference.split('?') as [string, string | undefined]
    if (!existsSync(file)) throw new Refusal('NOT_FOUND', `--${name}: no file '${file}'`)
    inputs[name] = query === undefined ? resolve(file) : `${resolve(file)}?${query}`
  }
  return inputs
}
function progress(call: Call, json: boolean, doneMs: number, allMs: number): void {
  const share = Number.isFinite(allMs) ? ` of ${(allMs / 3_600_000).toFixed(1)} h` : ''
  if (!json) call.say(`${(doneMs / 3_600_000).toFixed(2)} h${share} of plant time`)
  else process.stderr.write(`${(doneMs / 3_600_000).toFixed(2)} h${share} of plant time\n`)
}
function greeting(changes: readonly string[], running: Run, dir: string): string[] {
  const lines = [`data in ${dir}; keys in ${join(dir, 'keys')}; token in ${folders(dir).token}`]
  if (changes.length > 0) lines.push(`the manifest has a new version, signed with the trial key: ${changes.join(', ')}`)
  return [
    ...lines,
    `processes: ${Object.entries(running.pids)
      .map(([n, p]) => `${n} ${p}`)
      .join(', ')}`,
  ]
}
const hints = () => [
  'in another terminal:',
  '  npx quorate command home site manual --wait',
  '  npx quorate command home bat1 setpoint name=power value=500W --wait',
  `  npx quorate fault node b lie       or kill -9 any of ${NODES.join(', ')}, gateway, plant`,
]
