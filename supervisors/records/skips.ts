/** The skips of a site, read ahead from the log before anybody folds it (`actors/controller/skips.ts`). */
import { Skips, type SkipsOf, type SkipsSince } from '../../actors/controller/skips.ts'
import { type LogReader, type Range, sweep } from './sweep.ts'

/** To the end of the log. Without a skip in it, which is the rule, nothing is parsed. */
export async function skipsIn(
  facts: LogReader,
  partition: number,
  of: SkipsOf,
  since?: SkipsSince & { readonly from: number },
): Promise<Skips> {
  const skips = new Skips(of, since)
  const range: Range = since ? { from: since.from } : {}
  let last = -1
  for await (const records of sweep(facts, partition, range))
    for (const { position, body } of records) if (body.includes('"kind":"FactSkipped"')) last = position
  if (last < 0) return skips
  for await (const records of sweep(facts, partition, { ...range, to: last }))
    for (const { position, body } of records) skips.take(position, body)
  return skips
}
