/**
 * Bugs that the oracle must find. Each is one change of one source, made while it is loaded in a test process alone; one
 * that is never found means that the oracle is blind. `text` says the mistake as its author would.
 */
export interface Mutation {
  readonly name: string
  readonly text: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** Invariants of which at least one must break. */
  readonly breaks: readonly string[]
  /** Where it shows soonest. */
  readonly profile: string
}

/** Throws where the source no longer holds exactly one place for the bug: then the catalogue must follow. */
export function planted({ name, file, find, replace }: Mutation, source: string): string {
  const parts = source.split(find)
  if (parts.length !== 2) throw new Error(`mutation '${name}': ${file} has ${parts.length - 1} places for it, not one`)
  return parts.join(replace)
}

export const MUTATIONS: readonly Mutation[] = []
