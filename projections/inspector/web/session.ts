/**
 * Who one is: a session by cookie, and a key of this browser that signs commands. The key is made here, kept in this
 * browser's store as one that cannot be read out, and never leaves it.
 */
import { signal } from '@preact/signals'
import canonicalize from 'canonicalize'
import type { Problem } from './connection.ts'
import { words } from './words.ts'

export interface Who {
  readonly tenant: string
  readonly sites: readonly { readonly site: string; readonly title: string }[]
}
export class Refused extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** Undefined: not known yet; null: nobody. */
export const who = signal<Who | null | undefined>(undefined)

/** There was a session, and it is over without having been ended here. */
export const ended = signal(false)

export const signedIn = {
  async check(): Promise<void> {
    who.value = await ask<Who>('/inspector/session').catch(error => {
      if (error instanceof Refused) {
        ended.value = Boolean(who.value)
        return null
      }
      return who.value // nobody answers: what was, is
    })
  },
  /** By a token, or by the code of a link. Throws Refused. */
  async by(secret: string): Promise<void> {
    await tell('/inspector/session', JSON.stringify({ secret }))
    ended.value = false
    await this.check()
  },
  async end(): Promise<void> {
    await tell('/inspector/session/end', '{}')
    who.value = null
  },
}

export const ask = <T>(path: string): Promise<T> => answerOf<T>(fetch(path))
export const tell = <T>(path: string, body: string, type = 'application/json'): Promise<T> =>
  answerOf<T>(fetch(path, { method: 'POST', headers: { 'Content-Type': type }, body }))

async function answerOf<T>(asked: Promise<Response>): Promise<T> {
  const response = await asked
  const body = await response.json().catch(() => null)
  if (response.ok) return body as T
  throw new Refused(
    body ?? {
      code: String(response.status),
      title: response.statusText,
      detail: words.noReason,
      fix: words.tryAgain,
    },
  )
}

/** Keys by site: what is enrolled at one counts nowhere else. */
const STORE = 'keys'
function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('quorate', 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}
const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

export interface Key {
  readonly pair: CryptoKeyPair
  /** 32 raw bytes, base64url. */
  readonly publicKey: string
  /** Under which the manifest in force knows it; null: not enrolled. */
  readonly id: string | null
  readonly roles: readonly string[]
}

/** This browser's key for a site, made where there is none, and enrolled where that can be done from here. Throws Refused. */
export async function keyFor(tenant: string, site: string): Promise<Key> {
  const pair = await pairFor(`${tenant}/${site}`)
  const publicKey = base64url(await crypto.subtle.exportKey('raw', pair.publicKey))
  const known = await ask<Pick<Key, 'id' | 'roles'>>(`/inspector/sites/${site}/key?publicKey=${publicKey}`)
  return { pair, publicKey, ...known }
}
async function pairFor(name: string): Promise<CryptoKeyPair> {
  const db = await opened()
  const there = await done<CryptoKeyPair | undefined>(db.transaction(STORE).objectStore(STORE).get(name))
  if (there) return there
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  await done(db.transaction(STORE, 'readwrite').objectStore(STORE).put(pair, name))
  return pair
}

/** A record of the log: the signature and the canonical bytes (RFC 8785) that it is of. */
export async function sealed(fact: object, { pair }: Key): Promise<string> {
  const text = canonicalize(fact)!
  const bytes = new TextEncoder().encode(`quorate fact\n${text}`)
  return `${base64url(await crypto.subtle.sign('Ed25519', pair.privateKey, bytes))} ${text}`
}
const base64url = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
/** 128 bits. */
export const newId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map(b => b.toString(16).padStart(2, '0')).join('')
