/**
 * Where a reader of a list goes on: after the key of the last row that it has. Opaque to it, so that what is inside may
 * change. A key is of the row alone, never a count: what comes or goes meanwhile moves nobody's place.
 */
export type Key = readonly (string | number)[]

export const cursorOf = (list: string, key: Key): string =>
  Buffer.from(JSON.stringify([list, ...key])).toString('base64url')

/** `like`: a key of that list. Null: none of ours, or of another list. */
export function keyOf<K extends Key>(list: string, like: K, cursor: string): K | null {
  const [name, ...key] = parsed(Buffer.from(cursor, 'base64url').toString())
  const alike = key.length === like.length && like.every((part, i) => typeof key[i] === typeof part)
  const whole = key.every(part => typeof part === 'string' || (Number.isSafeInteger(part) && (part as number) >= 0))
  return name === list && alike && whole && cursorOf(list, key as unknown as K) === cursor
    ? (key as unknown as K)
    : null
}
function parsed(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return [] // whoever sends it is told
  }
}
