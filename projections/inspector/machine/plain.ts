/** Any context as JSON for people: what JSON cannot say is named, and what is endless is cut. */

/** More than anybody reads; a page must not freeze on it. */
const CHARS_MAX = 64_000
const DEPTH_MAX = 32

export function plainJson(value: unknown): string {
  const text = JSON.stringify(plain(value, []), null, 2)
  if (text === undefined) return String(value)
  return text.length > CHARS_MAX ? `${text.slice(0, CHARS_MAX)}\n… cut` : text
}

function plain(value: any, above: readonly object[]): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value !== 'object' || value === null) return value
  if (typeof value.getSnapshot === 'function') return `actor ${value.id}`
  if (typeof value.toJSON === 'function') return value.toJSON()
  if (above.includes(value)) return 'itself'
  if (above.length > DEPTH_MAX) return 'deeper'
  const inside = [...above, value]
  const each = (list: Iterable<unknown>) => Array.from(list, item => plain(item, inside))
  if (value instanceof Map) return { 'a Map': each(value) }
  if (value instanceof Set) return { 'a Set': each(value) }
  if (Array.isArray(value)) return each(value)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner, inside)]))
}
