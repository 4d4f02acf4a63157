/**
 * Records by key, immutable, of which any number may change one by one: a change copies the bucket that it is in, not
 * all of them. Plain arrays and objects, so that frozen they are JSON.
 */
export type Keyed<T> = readonly Readonly<Record<string, T>>[]

/** Of 10,000 records a change copies some 80, and the list of buckets. */
const BUCKETS = 128

export const noRecords = (): Keyed<never> => Array.from({ length: BUCKETS }, () => ({}))

export function recordAt<T>(all: Keyed<T>, key: string): T | undefined {
  const bucket = all[bucketOf(key)]!
  return Object.hasOwn(bucket, key) ? bucket[key] : undefined
}

/** Undefined: without it. */
export function withRecord<T>(all: Keyed<T>, key: string, record: T | undefined): Keyed<T> {
  const at = bucketOf(key)
  const { [key]: _, ...others } = all[at]!
  return all.with(at, record === undefined ? others : { ...others, [key]: record })
}

/** By key. */
export const recordsOf = <T>(all: Keyed<T>): (readonly [key: string, record: T])[] =>
  all.flatMap(bucket => Object.entries(bucket)).sort(([a], [b]) => (a < b ? -1 : 1))

/** What differs, without a look at what does not. */
export function changesOf<T>(
  before: Keyed<T>,
  after: Keyed<T>,
): (readonly [key: string, was: T | undefined, is: T | undefined])[] {
  return before.flatMap((old, i) => {
    const bucket = after[i]!
    if (old === bucket) return []
    const keys = new Set([...Object.keys(old), ...Object.keys(bucket)])
    return [...keys].filter(key => old[key] !== bucket[key]).map(key => [key, old[key], bucket[key]] as const)
  })
}

/** FNV-1a. */
function bucketOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % BUCKETS
}
