/**
 * Whatever a simulated process reaches outside of its ports is an escape: another run would differ. Found in two ways:
 * globals that refuse while a simulated process runs, and native work that begins under one. Each names the process,
 * the call and the line; it is kept besides being thrown, because code may swallow a throw.
 */
import { createHook } from 'node:async_hooks'
import { running } from './running.ts'

const GLOBALS = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'fetch',
  'WebSocket',
  'MessageChannel',
  'BroadcastChannel',
]
const MEMBERS: readonly (readonly [object: () => object, name: string, members: readonly string[]])[] = [
  [() => Date, 'Date', ['now']],
  [() => Math, 'Math', ['random']],
  [() => performance, 'performance', ['now']],
  [() => process, 'process', ['nextTick', 'hrtime']],
  [() => crypto, 'crypto', ['randomUUID', 'getRandomValues']],
  [
    () => Object.getPrototypeOf(crypto.subtle),
    'crypto.subtle',
    ['digest', 'sign', 'verify', 'generateKey', 'importKey'],
  ],
]
/** Native work that belongs to the language itself, or ends before its call returns (signatures). */
const OWN = new Set(['PROMISE', 'Timeout', 'Immediate', 'TickObject', 'Microtask', 'SIGNREQUEST'])
/** What was found is told once for each line. */
const ESCAPES_MAX = 100

export interface Guard {
  /** What has escaped since it was asked last. */
  take(): readonly string[]
}

/** Once, before any trial of this process. */
export function installGuard(): Guard {
  const escapes: string[] = []
  const found = (what: string): Error => {
    const life = running.getStore()
    const text = `${life?.process.name} used ${what} instead of a port${ownFrame()}`
    if (escapes.length < ESCAPES_MAX && !escapes.includes(text)) escapes.push(text)
    return new Error(`ESCAPE: ${text}`)
  }
  const refuse = (owner: any, key: string, name: string) => {
    const original = owner[key]
    if (typeof original !== 'function') return
    const guarded = new Proxy(original, {
      apply(target, self, args) {
        if (running.getStore()) throw found(name)
        return Reflect.apply(target, self, args)
      },
      construct(target, args, newTarget) {
        if (running.getStore()) throw found(`new ${name}`)
        return Reflect.construct(target, args, newTarget)
      },
    })
    Object.defineProperty(owner, key, { value: guarded, configurable: true, writable: true, enumerable: true })
  }
  for (const name of GLOBALS) refuse(globalThis, name, name)
  for (const [object, name, members] of MEMBERS)
    for (const member of members) refuse(object(), member, `${name}.${member}`)
  const options = {
    trackPromises: false,
    init(_id: number, type: string) {
      if (running.getStore() && !OWN.has(type)) found(`native work ${type}`)
    },
  }
  createHook(options as Parameters<typeof createHook>[0]).enable()
  return { take: () => escapes.splice(0) }
}

/** The first line of ours that is not the simulator's. */
function ownFrame(): string {
  const line = (new Error().stack ?? '')
    .split('\n')
    .slice(2)
    .find(l => l.includes('file://') && !/\/sim\/world\/|node_modules|node:/.test(l))
  const at = line && /([^/\s(]+\/[^/\s(]+:\d+):\d+\)?$/.exec(line)
  return at ? `, ${at[1]}` : ''
}
