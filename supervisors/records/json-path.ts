/** Where two JSON values differ: `actions.assets.bat1.setpoints.power.value`, with both values there. */
export interface Difference {
  readonly path: string
  readonly recorded: unknown
  readonly computed: unknown
}

export function firstDifference(recorded: unknown, computed: unknown): Difference | null {
  return differences(recorded, computed).next().value ?? null
}

/** In the order of the keys. */
export function* differences(
  recorded: unknown,
  computed: unknown,
  path = '',
): Generator<Difference, undefined, undefined> {
  if (Object.is(recorded, computed)) return
  if (!isBranch(recorded) || !isBranch(computed) || Array.isArray(recorded) !== Array.isArray(computed)) {
    yield { path, recorded, computed }
    return
  }
  const keys = [...new Set([...Object.keys(recorded), ...Object.keys(computed)])].sort()
  for (const key of keys) {
    const at = path === '' ? key : `${path}.${key}`
    if (!Object.hasOwn(recorded, key)) yield { path: at, recorded: undefined, computed: computed[key] }
    else if (!Object.hasOwn(computed, key)) yield { path: at, recorded: recorded[key], computed: undefined }
    else yield* differences(recorded[key], computed[key], at)
  }
}

const isBranch = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
