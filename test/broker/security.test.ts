import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRedpandaLog, type RedpandaLogOptions } from '../../protocol/log/redpanda/index.ts'
import { type Cluster, skipped } from './cluster.ts'
import { findKafka, type Secured, startKafka } from './kafka.ts'

const kafka = await findKafka()
if (kafka.kind === 'missing') skipped(kafka.reason)
let dir: string
let cluster: Cluster
let secured: Secured

/** The brokers' key and certificate, made by the tool that comes with Java. */
function makeKeys(): Secured {
  const [keyStore, authority] = [path.join(dir, 'keys.p12'), path.join(dir, 'authority.pem')]
  const store = ['-keystore', keyStore, '-storepass', 'store-secret', '-alias', 'broker']
  const subject = ['-dname', 'CN=broker', '-ext', 'san=ip:127.0.0.1', '-keyalg', 'EC']
  execFileSync('keytool', ['-genkeypair', ...store, ...subject, '-storetype', 'PKCS12'], { stdio: 'pipe' })
  fs.writeFileSync(authority, execFileSync('keytool', ['-exportcert', '-rfc', ...store], { stdio: 'pipe' }))
  return { keyStore, storePassword: 'store-secret', authority, user: 'node-a', password: 'right-secret' }
}

beforeAll(async () => {
  if (kafka.kind === 'missing') return
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'keys-'))
  secured = makeKeys()
  cluster = await startKafka({ jars: kafka.jars, brokers: 1, secured })
})
afterAll(async () => {
  await cluster?.stop()
  if (dir) fs.rmSync(dir, { recursive: true })
})

/** As it should be, where a test does not say otherwise; patient, so that only an answer at once can be one in time. */
const options = (): RedpandaLogOptions => ({
  brokers: cluster.brokers,
  topic: 'facts',
  toy: true, // one broker
  ssl: { ca: fs.readFileSync(secured.authority) },
  sasl: { mechanism: 'plain', username: secured.user, password: secured.password },
  openMsMax: 600_000,
})

describe.skipIf(kafka.kind === 'missing')('TLS and SASL', () => {
  test('with its account and a certificate that it trusts a log works, and no note holds the secret', async () => {
    const notes: unknown[] = []
    const log = await openRedpandaLog({ ...options(), note: (...note) => notes.push(note) })
    await log.append([{ partition: 0, body: 'a' }])
    const followed = new Promise(resolve => log.follow(0, 0, { batch: resolve, failed() {} }))
    expect(await followed).toEqual(await log.read(0, 0, 1))
    await log.close()
    expect(JSON.stringify(notes)).not.toContain('secret')
  })

  test.each([
    {
      what: 'a wrong password',
      change: () => ({ sasl: { mechanism: 'plain', username: 'node-a', password: 'wrong-secret' } }) as const,
      says: /authentication failed/i,
    },
    {
      what: 'a mechanism that the brokers do not have',
      change: () => ({ sasl: { mechanism: 'scram-sha-256', username: 'node-a', password: 'right-secret' } }) as const,
      says: /does not support the requested SASL mechanism/,
    },
    { what: 'a certificate that nobody vouches for', change: () => ({ ssl: true }), says: /certificate/ },
  ])('$what is refused at once, by what is wrong, and the secret is not told', async ({ change, says }) => {
    const refused = await openRedpandaLog({ ...options(), ...change() }).catch((error: Error) => error)
    expect(refused).toMatchObject({ code: 'LOG_DENIED', message: expect.stringMatching(says) })
    expect((refused as Error).message).toContain(cluster.brokers[0])
    expect((refused as Error).message).not.toContain('secret')
  })

  test('a door that is not spoken to as it wants to be is named', async () => {
    const { ssl: _, sasl: __, ...plain } = options()
    await expect(openRedpandaLog({ ...plain, openMsMax: 500 })).rejects.toMatchObject({
      code: 'LOG_UNREACHABLE',
      message: expect.stringContaining(cluster.brokers[0]!),
    })
  })
})
