/** What every act of a person needs: this browser's key as the site knows it, and a signed record on its way. */
import { address } from './address.ts'
import { type Key, keyFor, newId, sealed, tell } from './session.ts'
import { words } from './words.ts'

/** How long a command may wait to be carried out. */
const EXPIRES_MS = 30_000
/** A manifest that enrols a key takes a moment to come into force. */
const ENROLLED_TRIES = 40
const ENROLLED_EVERY_MS = 250

export const myKey = (): Promise<Key> => keyFor(address.value!.tenant, address.value!.site)

/** Throws Refused, with what an administrator has to do. */
export async function enrol({ publicKey }: Key): Promise<Key> {
  await tell(`/inspector/sites/${address.value!.site}/enrol`, JSON.stringify({ publicKey }))
  for (let i = 0; i < ENROLLED_TRIES; i++) {
    const key = await myKey()
    if (key.id !== null) return key
    await new Promise(resolve => setTimeout(resolve, ENROLLED_EVERY_MS))
  }
  throw new Error(words.enrolledNotInForce)
}

export interface Wish {
  readonly target: string
  readonly name: string
  readonly params: Readonly<Record<string, string | number>>
}
/** Unsigned; `nowMs`: log time, which a paced run has for itself. */
export function commandOf(wish: Wish, by: string, nowMs: number) {
  const { tenant, site } = address.value!
  const issuedAtMs = Math.abs(Date.now() - nowMs) <= EXPIRES_MS / 2 ? Date.now() : nowMs
  return { v: 1, kind: 'CommandRequested', tenant, site, by, id: newId(), ...wish, issuedAtMs, expiresMs: EXPIRES_MS }
}
/** Signed here and sent. Throws Refused: CHANGED where what was selected is in another state by now. */
export async function operate(fact: object, key: Key, basis?: string): Promise<{ readonly id: string }> {
  const query = basis === undefined ? '' : `?basis=${basis}`
  const body = await sealed(fact, key)
  return tell(`/inspector/sites/${address.value!.site}/operate${query}`, body, 'application/quorate-fact')
}
export function acknowledgement(
  alarm: string,
  by: string,
  nowMs: number,
  shelve?: { untilMs: number; reason: string },
) {
  const { tenant, site } = address.value!
  const of = { v: 1, kind: 'AlarmAcknowledged', tenant, site, by, id: newId(), alarm, issuedAtMs: nowMs }
  return shelve ? { ...of, shelveUntilMs: shelve.untilMs, reason: shelve.reason } : of
}
