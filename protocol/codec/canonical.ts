import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Digest } from '../words/ids.ts'

/** RFC 8785 text of a JSON value. Two values with equal text are equal. */
export function canonical(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('canonical: undefined has no JSON')
  return text
}

/** SHA-256 of UTF-8 text, hex. */
export const sha256 = (text: string): Digest => hash('sha256', text, 'hex') as Digest

/** The next link of a chain: SHA-256 over the last link and the record's bytes. */
export const chained = (last: string, body: string): Digest => sha256(last + body)

/** Where every chain begins. */
export const GENESIS = '0'.repeat(64) as Digest
