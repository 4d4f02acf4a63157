/**
 * The same input and output as a decision's, done bare in one process with direct calls: append, three signatures each
 * with its own last-signed record, two checks, the intent, the writes and their read-backs against a plant of the same
 * kind. No charts, no schemas, no processes.
 */
import { fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { connectModbusTcp, type ModbusTransport } from '../../edge/drivers/modbus/transport.ts'
import { ed25519Signer, ed25519Verifier, newSecret } from '../../protocol/codec/sign.ts'
import { keyId } from '../../protocol/words/ids.ts'
import type { ManifestAsset } from '../../protocol/words/manifest.ts'
import { Spawned } from '../../supervisors/process/spawn.ts'
import { LOCKSTEP_START_MS } from '../../supervisors/run/run.ts'
import type { SiteFile } from '../../supervisors/site/file.ts'

interface Written {
  readonly transport: ModbusTransport
  readonly unit: number
  readonly register: number
}

export class Bare {
  readonly #db: DatabaseSync
  readonly #insert: ReturnType<DatabaseSync['prepare']>
  readonly #files: readonly number[]
  readonly #plant: Spawned
  readonly #written: readonly Written[]
  readonly #signers = ['a', 'b', 'c'].map(name => ed25519Signer(keyId(name), newSecret()))
  readonly #verifier = ed25519Verifier()
  #cycle = 0

  private constructor(dir: string, plant: Spawned, written: readonly Written[]) {
    this.#plant = plant
    this.#written = written
    this.#files = ['a', 'b', 'c', 'intent'].map(name => openSync(join(dir, name), 'a'))
    this.#db = new DatabaseSync(join(dir, 'bare.db'))
    this.#db.exec('pragma journal_mode=wal; pragma synchronous=full')
    this.#db.exec('create table rec(seq integer primary key, ts integer not null, body text not null)')
    this.#insert = this.#db.prepare('insert into rec(ts, body) values(?, ?)')
  }

  static async open(dir: string, site: SiteFile, assets: readonly ManifestAsset[]): Promise<Bare> {
    mkdirSync(dir, { recursive: true })
    const plant = new Spawned('plant', new URL('../../sim/plant/main.ts', import.meta.url))
    const of = site.plant as { seed: string; assets: object[] }
    const options = {
      seed: of.seed,
      startMs: LOCKSTEP_START_MS,
      assets: of.assets,
      folder: join(dir, 'plant'),
      port: 0,
    }
    const clock = { kind: 'owned', startMs: LOCKSTEP_START_MS }
    const { addresses } = await plant.ask<{ addresses: Record<string, string> }>('start', { options, clock })
    const written: Written[] = []
    for (const { name, map } of assets)
      for (const { register } of Object.values(map.setpoints ?? {})) {
        const [, host, port, unit] = /^(.+):(\d+)\/(\d+)$/.exec(addresses[name]!)!
        const transport = connectModbusTcp(host!, Number(port))
        await transport.ready
        written.push({ transport, unit: Number(unit), register })
      }
    return new Bare(dir, plant, written)
  }

  /** One decision; returns its microseconds. */
  async decide(frame: string, candidate: string): Promise<number> {
    const beganMs = performance.now()
    this.#db.exec('begin immediate')
    this.#insert.run(Date.now(), frame)
    this.#db.exec('commit')
    const cycle = ++this.#cycle
    const votes = this.#signers.map((signer, i) => {
      JSON.parse(frame.slice(frame.indexOf(' ') + 1))
      this.#durable(i, `{"epoch":1,"cycle":${cycle}}\n`)
      return { key: signer.publicKey, signature: signer.sign('candidate', candidate) }
    })
    for (const { key, signature } of votes.slice(0, 2))
      if (!this.#verifier.verify('candidate', key, candidate, signature)) throw new Error('a vote does not verify')
    this.#durable(3, `${candidate}\n`)
    const word = cycle % 100
    for (const { transport, unit, register } of this.#written) await transport.writeRegister(unit, register, word)
    const back = await Promise.all(this.#written.map(w => w.transport.readHolding(w.unit, w.register, 1)))
    // what a device without its contactors closed holds is its own business
    if (back.some(words => words.length !== 1)) throw new Error('a register was not read back')
    return (performance.now() - beganMs) * 1_000
  }
  async close(): Promise<void> {
    for (const { transport } of this.#written) transport.destroy('done')
    this.#db.close()
    await this.#plant.stop()
  }

  #durable(file: number, text: string): void {
    writeSync(this.#files[file]!, text)
    fdatasyncSync(this.#files[file]!)
  }
}
