/** What is lost and comes back: a node's folder while the site runs; a whole site, from its backup and its keys. */
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { folder, quorate, remove, SiteRun, steady, until } from './site-run.ts'

const dir = folder()
const data = join(dir, 'data')
const backup = join(dir, 'backup')
afterAll(() => remove(dir))
const start = () => new SiteRun(data, ['--faults', ...steady(dir, 2_500)])
/** The positions and bodies of what a folder's log holds. */
async function facts(of: string): Promise<string[]> {
  const { out } = await quorate('log', 'export', '--data', of)
  return out.trim().split('\n')
}

describe('a running site', () => {
  let run: SiteRun
  it('loses the folder of a node, and the node votes again by itself', async () => {
    run = start()
    await run.started()
    await until(() => run.whole())
    const { pid } = (await run.status()).nodes['node-c']!
    renameSync(join(data, 'node-c'), join(dir, 'lost'))
    process.kill(pid, 'SIGKILL')
    await until(async () => (await run.status()).nodes['node-c']?.pid !== pid && (await run.whole()))
    await run.decided(3)
    expect(readdirSync(join(data, 'node-c'))).toContain('last-signed')
  })
  it('is backed up while it runs: its log up to then, and no key', async () => {
    const made = await quorate('backup', backup, '--data', data, '--json')
    expect(made).toMatchObject({ code: 0 })
    const { files } = JSON.parse(made.out) as { files: { path: string }[] }
    const paths = files.map(f => f.path)
    expect(paths).toContain('manifest.json')
    expect(paths.filter(p => p.startsWith('log/facts/')).length).toBeGreaterThan(0)
    const secrets = readdirSync(join(data, 'keys'), { recursive: true, encoding: 'utf8' })
      .filter(p => p.endsWith('.key'))
      .map(p => readFileSync(join(data, 'keys', p), 'utf8').trim())
    expect(secrets.length).toBeGreaterThan(4)
    for (const path of [...paths, 'backup.json'])
      for (const secret of secrets) expect(readFileSync(join(backup, path), 'utf8')).not.toContain(secret)
    const again = await quorate('backup', backup, '--data', data)
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('is there already')])
  })
  it('goes on, with commands that the backup does not have', async () => {
    const set = await quorate('command', 'home', 'site', 'manual', '--data', data, '--wait')
    expect(set).toMatchObject({ code: 0 })
    const summary = await run.stop()
    expect(summary.cycles.uncovered).toBe(0)
    expect(new Set(Object.values(summary.replicas).map(r => r.stateHash)).size).toBe(1)
  })
})

describe('a site whose folder is lost', () => {
  const keys = join(dir, 'keys')
  it('is not restored from a damaged backup, nor over a site', async () => {
    const over = await quorate('restore', backup, '--data', data)
    expect([over.code, over.err]).toEqual([1, expect.stringContaining('data is there already')])
    const damaged = join(dir, 'damaged')
    cpSync(backup, damaged, { recursive: true })
    const [segment] = readdirSync(join(damaged, 'log', 'facts')).filter(name => name.endsWith('.db'))
    truncateSync(join(damaged, 'log', 'facts', segment!), 4_096)
    const other = join(dir, 'other')
    const refused = await quorate('restore', damaged, '--data', other)
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringMatching(/^BACKUP_DAMAGED: log\/facts\/\d+\.db has 4096/m),
    ])
    expect(existsSync(other)).toBe(false)
  })
  it('is restored to what the backup had, votes, and carries out commands', async () => {
    const before = await facts(data)
    cpSync(join(data, 'keys'), keys, { recursive: true })
    rmSync(data, { recursive: true })
    const restored = await quorate('restore', backup, '--data', data)
    expect(restored).toMatchObject({ code: 0 })
    expect(restored.out).toContain('put the keys')
    const after = await facts(data)
    expect(after.length).toBeGreaterThan(10)
    expect(after).toEqual(before.slice(0, after.length))
    expect(after.length).toBeLessThan(before.length)
    cpSync(keys, join(data, 'keys'), { recursive: true })
    const run = start()
    const started = await run.started()
    expect(started.first).toBe(false)
    await until(() => run.whole())
    await run.decided(3)
    const set = await quorate('command', 'home', 'site', 'manual', '--data', data, '--wait')
    expect(set).toMatchObject({ code: 0 })
    const summary = await run.stop()
    expect(summary.commands.confirmed).toBe(1)
    const verified = await quorate('log', 'verify', '--data', data)
    expect([verified.code, verified.out]).toEqual([0, expect.any(String)])
  })
})
