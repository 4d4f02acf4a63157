import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** What the embedded log is measured against: one connection of one process, nobody follows, no checksum, no roll. */
export function openBare(dir: string, batch: number, body: string) {
  const db = new DatabaseSync(path.join(dir, 'bare.db'))
  db.exec('pragma journal_mode=wal; pragma synchronous=full')
  db.exec('create table rec(seq integer primary key, part integer not null, ts integer not null, body text not null)')
  const insert = db.prepare('insert into rec(part, ts, body) values(0, ?, ?)')
  const commit = (): void => {
    db.exec('begin immediate')
    for (let i = 0; i < batch; i++) insert.run(Date.now(), body)
    db.exec('commit')
  }
  return {
    /** Records per second. */
    run(ms: number): number {
      let count = 0
      const start = performance.now()
      while (performance.now() - start < ms) {
        commit()
        count += batch
      }
      return (count / (performance.now() - start)) * 1000
    },
    close: () => db.close(),
  }
}
