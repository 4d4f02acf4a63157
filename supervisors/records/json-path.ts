/** Where two JSON values first differ: `actions.assets.bat1.setpoints.power.value`, with both values there. */
export interface Difference {
  readonly path: string
  readonly recorded: unknown
  readonly computed: unknown
}

export function firstDifference(recorded: unknown, computed: unknown, path = ''): Difference | null {
  if (Object.is(recorded, computed)) return null
  if (!isBranch(recorded) || !isBranch(computed) || Array.isArray(recorded) !== Array.isArray(computed))
    return { path, recorded, computed }
  const keys = [...new Set([...Object.keys(recorded), ...Object.keys(computed)])].sort()
  for (const key of keys) {
    const at = path === '' ? key : `${path}.${key}`
    if (!Object.hasOwn(recorded, key)) return { path: at, recorded: undefined, computed: computed[key] }
    if (!Object.hasOwn(computed, key)) return { path: at, recorded: recorded[key], computed: undefined }
    const found = firstDifference(recorded[key], computed[key], at)
    if (found) return found
  }
  return null
}

const isBranch = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
