/**
 * Bugs that the oracle must find. Each is a mistake in one thought, made in the sources while they are loaded in a test
 * process alone; one that is never found means that the oracle is blind. `text` says the mistake as its author would.
 */
import { CONTROLLER } from './controller.ts'
import { FIELD } from './field.ts'
import { PLATFORM } from './platform.ts'
import { VIEWS } from './views.ts'
import { VOTING } from './voting.ts'

interface Change {
  readonly file: string
  /** Stands exactly once in the file. */
  readonly find: string
  readonly replace: string
}
export interface Mutation {
  readonly name: string
  readonly text: string
  /** One as a rule; several where one thought has several lines. */
  readonly changes: readonly Change[]
  /** Invariants of which at least one must break. */
  readonly breaks: readonly string[]
  /** Where it shows soonest. */
  readonly profile: string
}

export const MUTATIONS: readonly Mutation[] = [...VOTING, ...FIELD, ...PLATFORM, ...CONTROLLER, ...VIEWS]

/** Throws where the source no longer holds exactly one place for the bug: then the catalogue must follow. */
export function planted({ name, changes }: Mutation, file: string, source: string): string {
  return changes
    .filter(change => change.file === file)
    .reduce((text, { find, replace }) => {
      const parts = text.split(find)
      if (parts.length !== 2) throw new Error(`mutation '${name}': ${file} has ${parts.length - 1} places, not one`)
      return parts.join(replace)
    }, source)
}
