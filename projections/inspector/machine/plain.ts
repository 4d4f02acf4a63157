/** Any context as JSON for people: what JSON cannot say is named, and what is endless is cut. */

/** More than anybody reads; a page must not freeze on it. */
const CHARS_MAX = 64_000
const CUT = '\n… cut'

export function plainJson(value: unknown): string {
  const above: object[] = []
  const text = JSON.stringify(
    value,
    function (this: unknown, _key, inner: unknown) {
      if (typeof inner === 'bigint') return `${inner}n`
      if (typeof inner === 'function') return `function ${inner.name}`
      if (typeof inner !== 'object' || inner === null) return inner
      if (typeof (inner as any).getSnapshot === 'function') return `actor ${(inner as any).id}`
      while (above.length > 0 && above.at(-1) !== this) above.pop()
      if (above.includes(inner)) return 'itself'
      above.push(inner)
      if (inner instanceof Map) return { 'a Map': [...inner] }
      if (inner instanceof Set) return { 'a Set': [...inner] }
      return inner
    },
    2,
  )
  if (text === undefined) return String(value)
  return text.length > CHARS_MAX ? text.slice(0, CHARS_MAX) + CUT : text
}
