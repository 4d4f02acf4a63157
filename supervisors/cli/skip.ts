/** `quorate log skip`: an administrator has a record passed whose step does not end. */
import { Skips } from '../../actors/controller/skips.ts'
import { parseFact, sealFact } from '../../protocol/codec/fact.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { FactOf } from '../../protocol/words/facts.ts'
import { logOf, openTopic } from '../real/logs.ts'
import { sweep } from '../records/sweep.ts'
import { succession } from '../site/succession.ts'
import { administratorKey } from './administrator.ts'
import { Folder } from './folder.ts'
import { dataOption } from './options.ts'
import type { Call, Verb } from './verb.ts'

const verifier = ed25519Verifier()

export const logSkip: Verb = {
  name: 'log skip',
  text: 'Signs and appends that a record be passed whose step does not end, and each repeat of it; also while nodes hang',
  arguments: 'POSITION',
  options: {
    reason: { type: 'string', value: 'TEXT', text: 'Why; it stays in the log' },
    key: { type: 'string', value: 'FILE', text: 'Key file of the administrator who signs (one of the folder)' },
    data: dataOption,
  },
  async run(call) {
    const { dir, manifest, partition } = new Folder(call)
    const facts = await openTopic(logOf(dir), 'facts')
    try {
      const inForce = (await succession(facts, partition, manifest, verifier)).at(-1)?.signed.manifest ?? manifest
      const signer = administratorKey(dir, inForce, call.text('key'))
      const { tenant, site } = inForce
      const reason = reasonOf(call)
      for (const position of await alike(facts, partition, positionOf(call), { tenant, site })) {
        const fact: FactOf<'FactSkipped'> = {
          v: 1,
          kind: 'FactSkipped',
          tenant,
          site,
          by: signer.key,
          position,
          reason,
        }
        const body = sealFact(fact, signer)
        await judge(facts, partition, { tenant, site }, position, body)
        const [at] = await facts.append([{ partition, body }])
        call.say(`the record at position ${position} is passed, by the one at ${at}; nodes that hang on it start anew`)
      }
      return 0
    } finally {
      await facts.close()
    }
  },
}

/** The record and those that repeat it to the byte: two nodes may have appended one. Throws NOT_FOUND, WRONG_SITE. */
async function alike(
  facts: EventLog,
  partition: number,
  position: number,
  of: { readonly tenant: string; readonly site: string },
): Promise<number[]> {
  const [record] = await facts.read(partition, position, 1)
  if (record?.position !== position) throw new Refusal('NOT_FOUND', `the log has no record at position ${position}`)
  const parsed = parseFact(record.body)
  if (parsed.kind === 'refused') throw new Refusal(parsed.code, `no step takes it anyway: ${parsed.reason}`)
  const { fact } = parsed
  if (fact.tenant !== of.tenant || ('site' in fact && fact.site !== of.site))
    throw new Refusal('WRONG_SITE', `the record is of ${fact.tenant}/${'site' in fact ? fact.site : ''}`)
  const found: number[] = []
  for await (const records of sweep(facts, partition, { from: position }))
    for (const { position: at, body } of records) if (body === record.body) found.push(at)
  return found
}

/** What would be void is not appended. Throws SKIP_VOID, FORBIDDEN. */
async function judge(
  facts: EventLog,
  partition: number,
  of: { readonly tenant: string; readonly site: string },
  position: number,
  body: string,
): Promise<void> {
  const skips = new Skips({ ...of, verifier })
  for await (const records of sweep(facts, partition)) for (const r of records) skips.take(r.position, r.body)
  skips.take((await facts.ends(partition)).next, body)
  if (skips.passed.has(position)) return
  if (skips.void.has(position))
    throw new Refusal('SKIP_VOID', `a certificate in the log is of a frame above position ${position}`)
  if (skips.isManifest(position)) throw new Refusal('SKIP_VOID', `position ${position} holds a manifest`)
  throw new Refusal('FORBIDDEN', 'the key is no administrator’s of the newest manifest')
}

function positionOf(call: Call): number {
  const [text, ...rest] = call.positionals
  if (text === undefined || rest.length > 0 || !/^\d+$/.test(text))
    throw new Refusal('USAGE', 'log skip: name one position, as `quorate log cat` shows it')
  return Number(text)
}
function reasonOf(call: Call): string {
  const reason = call.text('reason')
  if (!reason) throw new Refusal('USAGE', "log skip: say why with --reason '...'")
  return reason
}
