/** `quorate log tail|cat|verify|export`: what the log holds, as lines, as JSON, or checked. Read-only. */
import { type LogRecord, TOPICS, type Topic } from '../../protocol/log/event-log.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { FACTS } from '../../protocol/words/facts.ts'
import { lineOf } from '../records/line.ts'
import { lengthOf, type Range, sweep } from '../records/sweep.ts'
import { type Problem, Verification } from '../records/verify.ts'
import { definitionOption, Folder, passedIn, progressOn, siteOption, unreadOptions, wholeNumber } from './folder.ts'
import { dataOption, jsonOption } from './options.ts'
import { endWithReader, pour } from './pour.ts'
import type { Call, Verb } from './verb.ts'

const options = {
  data: dataOption,
  site: siteOption,
  from: { type: 'string', value: 'POSITION', text: 'From this position on' },
  to: { type: 'string', value: 'POSITION', text: 'Up to this position' },
  kind: { type: 'string', value: 'KIND,...', text: 'Only these kinds of fact' },
  topic: { type: 'string', value: 'TOPIC', default: 'facts', text: TOPICS.join(', ') },
  json: jsonOption,
} as const

interface Asked {
  readonly folder: Folder
  readonly topic: Topic
  readonly range: Range
  wanted(record: LogRecord): boolean
}

/** Opens, runs, closes. */
async function withLog(call: Call, run: (asked: Asked) => Promise<number>): Promise<number> {
  const topic = TOPICS.find(t => t === call.text('topic'))
  if (!topic) throw new Refusal('USAGE', `--topic ${call.text('topic')}: write one of ${TOPICS.join(', ')}`)
  const kinds = kindsOf(call)
  const folder = new Folder(call)
  const { tenant, site } = folder.manifest
  const ofSite = new RegExp(`"site":"${site}"`)
  const ofTenant = `"tenant":"${tenant}"`
  const wanted = ({ body }: LogRecord) => {
    if (kinds && !kinds.some(k => body.includes(k))) return false
    if (call.text('site') === undefined || ofSite.test(body)) return true
    return body.includes('"kind":"TimeAdvanced"') && body.includes(ofTenant)
  }
  const [from, to] = [wholeNumber(call, 'from'), wholeNumber(call, 'to')]
  endWithReader()
  try {
    return await run({
      folder,
      topic,
      range: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) },
      wanted,
    })
  } finally {
    await folder.close()
  }
}

/** What stands in `decisions`. */
const OF_DECISIONS = ['Decided', 'ProcessObserved']
function kindsOf(call: Call): string[] | null {
  const kinds = call.text('kind')?.split(',')
  for (const kind of kinds ?? [])
    if (!Object.hasOwn(FACTS, kind) && !OF_DECISIONS.includes(kind))
      throw new Refusal(
        'USAGE',
        `--kind ${kind}: there is no such kind; kinds: ${[...Object.keys(FACTS), ...OF_DECISIONS].join(', ')}`,
      )
  return kinds?.map(kind => `"kind":"${kind}"`) ?? null
}

/** The fact as it stands in the log: canonical, so that its signature can be checked elsewhere. */
function jsonOf(topic: Topic, { position, stampMs, body }: LogRecord): string {
  const head = `{"topic":"${topic}","position":${position},"stampMs":${stampMs}`
  if (topic === 'decisions' || topic === 'snapshots') return `${head},"record":${body}}`
  const space = body.indexOf(' ')
  try {
    JSON.parse(body.slice(space + 1))
  } catch {
    return `${head},"body":${JSON.stringify(body)}}`
  }
  return `${head},"signature":${JSON.stringify(body.slice(0, space))},"fact":${body.slice(space + 1)}}`
}

const print = (call: Call, topic: Topic, record: LogRecord, json: boolean): Promise<void> =>
  pour(json || call.flag('json') ? jsonOf(topic, record) : lineOf(topic, record))

async function each({ folder, topic, range, wanted }: Asked, take: (record: LogRecord) => Promise<void>) {
  for await (const records of sweep(await folder.log(topic), folder.partition, range))
    for (const record of records) if (wanted(record)) await take(record)
  return 0
}

export const logCat: Verb = {
  name: 'log cat',
  text: 'Prints a line for each record',
  options,
  run: call => withLog(call, asked => each(asked, record => print(call, asked.topic, record, false))),
}

export const logExport: Verb = {
  name: 'log export',
  text: 'Writes each record as a line of JSON',
  options,
  run: call => withLog(call, asked => each(asked, record => print(call, asked.topic, record, true))),
}

export const logTail: Verb = {
  name: 'log tail',
  text: 'Prints records as they come, until it is interrupted',
  options,
  run: call =>
    withLog(call, async ({ folder, topic, range, wanted }) => {
      const log = await folder.log(topic)
      const from = range.from ?? (await log.ends(folder.partition)).next
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      const follow = log.follow(folder.partition, from, {
        batch: async records => {
          for (const record of records) {
            if (range.to !== undefined && record.position > range.to) return resolve(0)
            if (wanted(record)) await print(call, topic, record, false)
            if (record.position === range.to) return resolve(0)
          }
        },
        failed: error => reject(new Refusal('UNAVAILABLE', error.message)),
      })
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(0))
      try {
        return await promise
      } finally {
        follow.cancel()
      }
    }),
}

export const logVerify: Verb = {
  name: 'log verify',
  text: 'Checks every record: shape, signature, manifests, order, certificates; recorded decisions and backfill too',
  options: {
    data: dataOption,
    site: siteOption,
    from: { type: 'string', value: 'POSITION', text: 'Check signatures from this position on' },
    to: options.to,
    kind: { type: 'string', value: 'KIND,...', text: 'Only problems of these kinds of fact' },
    definition: definitionOption,
    json: jsonOption,
  },
  async run(call) {
    const folder = new Folder(call)
    const kinds = kindsOf(call)?.map(k => /:"(\w+)"/.exec(k)![1]!)
    let told = 0
    const problem = (p: Problem) => {
      if (kinds && !kinds.includes(p.kind)) return
      told++
      call.say(
        call.flag('json')
          ? JSON.stringify({ problem: p.code, ...p })
          : `${p.topic} ${p.position} ${p.code}: ${p.reason}`,
      )
    }
    endWithReader()
    try {
      const to = wholeNumber(call, 'to')
      const range = to === undefined ? {} : { to }
      const { fold } = await unreadOptions(folder, call)
      let skipped: ReadonlySet<number> = new Set()
      const passed = (tenant: string, site: string) =>
        tenant === fold.tenant && site === fold.site ? skipped : new Set<number>()
      const verification = new Verification({ fold, passed, from: wholeNumber(call, 'from') ?? 0, problem })
      const facts = await folder.log('facts')
      const progress = progressOn(await lengthOf(facts, folder.partition, range))('verify')
      const damaged = await damage(async () => {
        skipped = await passedIn({ manifest: folder.manifest, facts }, fold)
        for await (const records of sweep(facts, folder.partition, range)) {
          for (const record of records) verification.fact(record)
          progress.advance(records.length)
        }
        if (folder.has('decisions'))
          for await (const records of sweep(await folder.log('decisions'), folder.partition))
            for (const record of records) verification.decision(record)
        if (folder.has('history'))
          for await (const records of sweep(await folder.log('history'), folder.partition))
            for (const record of records) verification.backfill(record)
      })
      if (damaged)
        call.say(
          call.flag('json') ? JSON.stringify({ problem: damaged.code, reason: damaged.detail }) : damaged.message,
        )
      const verified = verification.end()
      const problems = told + (damaged ? 1 : 0)
      const summary = { kind: 'verified', ...verified, problems, perSecond: progress.perSecond }
      call.say(call.flag('json') ? JSON.stringify(summary) : inWords(summary))
      return problems === 0 ? 0 : 1
    } finally {
      await folder.close()
    }
  },
}

/** A damaged record ends the reading: what is behind it cannot be vouched for. */
async function damage(read: () => Promise<void>): Promise<Refusal | null> {
  try {
    await read()
    return null
  } catch (error) {
    if (error instanceof Refusal && (error.code === 'LOG_CORRUPT' || error.code === 'LOG_GONE')) return error
    throw error
  }
}

function inWords(v: ReturnType<Verification['end']> & { perSecond: number }): string {
  const kinds = Object.entries(v.kinds).map(([kind, n]) => `${n} ${kind}`)
  return [
    `${v.records} facts of ${v.sites.join(', ') || 'no site'}: ${kinds.join(', ')}`,
    `${v.manifests} manifests, ${v.certificates} certificates, ${v.decisions} decisions, ${v.observations} observations, ${v.history} backfilled; ${v.repeats} repeats, ${v.late} late; ${v.perSecond} records/s`,
    v.problems === 0 ? 'no problem' : `${v.problems} PROBLEMS`,
  ].join('\n')
}
