/** Where a reader of `decisions` goes on. Opaque to it, so that what is inside may change. */

const PREFIX = 'decisions:'

export const cursorOf = (position: number): string => Buffer.from(`${PREFIX}${position}`).toString('base64url')

/** Null: none of ours. */
export function positionOf(cursor: string): number | null {
  const text = Buffer.from(cursor, 'base64url').toString()
  const position = Number(text.slice(PREFIX.length))
  return text.startsWith(PREFIX) && Number.isSafeInteger(position) && cursorOf(position) === cursor ? position : null
}
