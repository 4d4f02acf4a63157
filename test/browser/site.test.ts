/** The inspector of a real run, as an operator sees it: live, in the past, under faults, and while it is operated. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SiteFold } from '../../actors/controller/fold.ts'
import { activeIds } from '../../actors/kit/host.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import { openEmbeddedLog } from '../../protocol/log/embedded/index.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { signInLink } from '../../supervisors/run/inspector.ts'
import { openEngine } from '../../supervisors/site/engine.ts'
import { folder, quorate, remove, SiteRun, steady, until } from '../integration/site-run.ts'
import { axeFindings } from './axe.ts'
import { pages, type Screen } from './browser.ts'
import { Wire } from './wire.ts'

const openPage = pages()
const dir = folder()
const data = join(dir, 'data')
let run: SiteRun
let address: string
let wire: Wire

beforeAll(async () => {
  run = new SiteRun(data, ['--faults', ...steady(dir, 2_000)], false, true)
  wire = new Wire((await run.line(line => line.kind === 'inspector')).address)
  address = await wire.open()
  await run.decided(3)
})
afterAll(async () => {
  wire?.close()
  await remove(dir)
})

async function signedIn(screen: Screen = {}): Promise<{ page: Page; problems: readonly string[] }> {
  const opened = await openPage(screen)
  await opened.page.goto(signInLink(`http://${address}`, readFileSync(join(data, 'token'), 'utf8').trim(), Date.now()))
  await opened.page.locator('.tile').first().waitFor()
  return opened
}
const go = (page: Page, path: string) => page.goto(`http://${address}/t/demo/s/home/${path}`)
const lit = (page: Page): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll('[data-state].on')].map(g => g.dataset.state).sort()`)
const positionOf = async (page: Page): Promise<number> =>
  Number(/\d+/.exec((await page.locator('.where').textContent()) ?? '')?.[0])

/** What the log says, folded here from its beginning. */
async function foldTo(position: number): Promise<SiteFold> {
  const { manifest } = JSON.parse(readFileSync(join(data, 'manifest.json'), 'utf8')) as SignedManifest
  const { definitions, hash } = await openEngine([])
  const { tenant, site, partition } = manifest
  const fold = new SiteFold({ tenant, site, definitions, engine: hash, verifier: ed25519Verifier() })
  const facts = await openEmbeddedLog({ dir: join(data, 'log', 'facts'), topic: 'facts', readOnly: true })
  for (const record of await facts.read(partition, 0, 100_000))
    if (record.position <= position) fold.take(record.position, record.body)
  await facts.close()
  return fold
}
const PAGES = [
  ...['fleet', 'site', 'actor/bat1', 'actor/site', 'actor/gateway%2Fvoter', 'cycle', 'send', 'send/bat1'],
  ...['sequence', 'supervision', 'alarms', 'replicas', 'command/first-bat1-start', 'actor/command%2Ffirst-bat1-start'],
]

test('a link signs in once; without a session there is the way in, and a wrong token says so', async () => {
  const { page } = await openPage()
  await go(page, 'fleet')
  await page.getByLabel('Operator token').fill('f'.repeat(64))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').getByText('this token is not known here').waitFor()
  await page.getByLabel('Operator token').fill(readFileSync(join(data, 'token'), 'utf8').trim())
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('.tile').first().waitFor()
  expect(await page.evaluate('document.cookie')).toBe('') // HttpOnly
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Operator token').waitFor()
  await page.close()
})

test.each([false, true])(
  'every page is whole, named, and without serious findings; dark: %s',
  async dark => {
    const { page, problems } = await signedIn({ dark })
    for (const path of PAGES) {
      await go(page, path)
      await page.locator('main h2').first().waitFor()
      await until(async () => (await page.locator('.waiting').count()) === 0)
      if (path.startsWith('actor/')) await page.locator('svg.chart').waitFor()
      expect(await page.locator('.problem').allTextContents(), path).toEqual([])
      expect(await axeFindings(page), path).toEqual([])
      const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
      expect([path, wide]).toEqual([path, false])
    }
    expect(problems).toEqual([])
    await page.close()
  },
  240_000,
) // a busy machine takes a second or two for each page

test('the fleet names every asset with its state; a filter finds; the same is there as a table', async () => {
  const { page } = await signedIn()
  expect(await page.locator('.tile b').allTextContents()).toEqual(['bat1', 'bat2', 'grid', 'load1', 'pv1'])
  await page.getByLabel('Filter').fill('pv')
  expect(await page.locator('.tile b').allTextContents()).toEqual(['pv1'])
  await page.getByRole('button', { name: 'As a table' }).click()
  expect(await page.getByRole('row').count()).toBe(2)
  await page.getByRole('link', { name: 'pv1' }).click()
  await page.getByRole('heading', { name: 'pv1' }).waitFor()
  expect(page.url()).toContain('/actor/pv1')
  await page.close()
})

describe('time travel', () => {
  test('at each position the lit states are those of the log; live again is as if never left', async () => {
    const { page, problems } = await signedIn()
    const { commands } = (await foldTo(Number.MAX_SAFE_INTEGER)).state!
    expect(commands['first-bat1-start']).toBeDefined()
    const end = await (async () => {
      await go(page, 'actor/bat1')
      return positionOf(page)
    })()
    const positions = [1, 2, 5, 9, 14, 18, 22, 30, Math.max(31, end - 5)]
    for (const position of positions) {
      await go(page, `actor/bat1?at=${position}`)
      const { state } = await foldTo(position)
      const expected = state ? [...activeIds(state.assets.bat1!)].sort() : []
      if (!state) continue
      await page.locator('svg.chart').waitFor()
      await until(async () => (await lit(page)).join() === expected.join())
    }
    await page.getByRole('button', { name: 'One fact earlier' }).click()
    await until(async () => new URL(page.url()).searchParams.get('at') !== String(positions.at(-1)))
    await page.getByRole('button', { name: 'Go live' }).click()
    expect(new URL(page.url()).search).toBe('')
    await until(async () => (await positionOf(page)) > end)
    expect(problems).toEqual([])
    await page.close()
  })
  test('nothing can be operated in the past', async () => {
    const { page } = await signedIn()
    await go(page, 'send/bat1?at=20')
    await page.getByText('Looking at the past').waitFor()
    expect(await page.getByRole('button', { name: 'Select' }).count()).toBe(0)
    await go(page, 'alarms?at=20')
    await page.locator('.section h2').waitFor()
    for (const button of await page.getByRole('button', { name: 'Acknowledge' }).all())
      expect(await button.isDisabled()).toBe(true)
    await page.close()
  })
})

describe('an address that leads nowhere', () => {
  test.each([
    ['actor/bat9', /no actor 'bat9'.*bat1/],
    ['fleet?at=99999999', /position 99999999 is not in the log yet/],
    ['command/never-sent-1', /no command 'never-sent-1'/],
    ['../../../other/s/home/fleet', /there is no site 'home' of 'other' here; your sites: home/],
    ['../elsewhere/fleet', /there is no site 'elsewhere' of 'demo' here; your sites: home/],
  ])('%s says what is the matter', async (path, words) => {
    const { page } = await signedIn()
    await go(page, path)
    await page.locator('.problem').first().waitFor()
    expect(await page.locator('.problem').first().textContent()).toMatch(words)
    await page.close()
  })
})

describe('control', () => {
  test('select, preview, reason, confirmation, operate, and the life of the command to its end', async () => {
    const { page, problems } = await signedIn()
    await go(page, 'send/site')
    await page.getByRole('button', { name: 'Enrol this browser’s key' }).click()
    await page.getByRole('button', { name: 'Enrol this browser’s key' }).waitFor({ state: 'detached' })
    await until(() => run.whole()) // the gateway takes over the manifest that names the key
    await run.decided(2)
    await page.getByRole('combobox', { name: 'Command' }).selectOption('manual')
    await page.getByRole('button', { name: 'Select' }).click()
    await page.getByText('site.state').waitFor()
    const operate = page.getByRole('button', { name: 'Operate' })
    expect(await operate.isDisabled()).toBe(true) // without a reason and a second act of the hand
    await page.getByLabel('Reason').fill('by a test')
    await page.getByRole('checkbox').check()
    await operate.click()
    await page.getByRole('status').getByText('confirmed').waitFor()
    await until(async () => (await run.status()).gateway?.voter === 'majority')

    // the private half of the key cannot be read out
    const exported = await page.evaluate(`new Promise(done => {
      const request = indexedDB.open('quorate', 1)
      request.onsuccess = () => {
        const all = request.result.transaction('keys').objectStore('keys').getAll()
        all.onsuccess = () => crypto.subtle.exportKey('pkcs8', all.result[0].privateKey).then(() => done('out'), error => done(error.name))
      }
    })`)
    expect(exported).toBe('InvalidAccessError')

    // what was selected is in another state by the time it is operated: somebody else was faster
    await page.getByRole('combobox', { name: 'Command' }).selectOption('observe')
    await page.getByRole('button', { name: 'Select' }).click()
    await page.getByLabel('Reason').fill('by a test')
    await page.getByRole('checkbox').check()
    expect((await quorate('command', 'home', 'site', 'automatic', '--data', data, '--wait')).code).toBe(0)
    await until(async () => (await page.locator('header').getByText('automatic').count()) === 1)
    await operate.click()
    await page.getByRole('alert').getByText('What was selected is in another state by now').waitFor()
    expect(problems.filter(text => !text.includes('409'))).toEqual([])
    await page.close()
  })
  test('a command that would be refused says which guard or state says no, before anything is sent', async () => {
    const { page } = await signedIn()
    await go(page, 'send/bat1')
    await page.getByRole('combobox', { name: 'Command' }).selectOption('start')
    await page.getByText("which takes no 'start'").waitFor()
    await page.getByRole('button', { name: 'Select' }).click()
    await page.getByText('It would be refused').waitFor()
    await page.close()
  })
})

test('a session that ends in the middle of a command says so, sends nothing, and leads back to where one was', async () => {
  const { page } = await signedIn()
  await go(page, 'send/bat2')
  await page.getByRole('button', { name: 'Select' }).click()
  await page.getByText('Operate within').waitFor()
  await page.context().clearCookies()
  wire.cut() // the next connection finds out
  wire.mend()
  await page.getByText('Your session has ended').waitFor()
  await page.getByLabel('Operator token').fill(readFileSync(join(data, 'token'), 'utf8').trim())
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Command: bat2' }).waitFor()
  expect(await page.getByText('Operate within').count()).toBe(0)
  await page.close()
})

test('a faulty replica is shown as dissent, on the chart and by path, while what is written is the majority’s', async () => {
  const { page } = await signedIn()
  await run.fault('node-c', 'corrupt')
  await go(page, 'replicas')
  const replica = page.getByRole('article', { name: 'node-c' })
  await replica.getByText('DIFFERS').waitFor()
  expect(await replica.textContent()).toContain('actions.mode')
  await go(page, 'actor/site')
  await page.locator('[data-state="site.safe"].dissent').waitFor()
  await page.getByText('node-c only').first().waitFor()
  await go(page, 'cycle')
  await page.locator('tr', { hasText: 'node-a' }).getByText('agrees').waitFor()
  const written = await page.locator('tr', { hasText: 'bat1.power' }).first().textContent()
  expect(written).not.toContain('safe mode')
  await go(page, 'alarms')
  const dissent = page.locator('.alarm', { hasText: 'dissent' }).first()
  await dissent.getByText('active, not acknowledged').waitFor()
  await dissent.getByRole('button', { name: 'Acknowledge' }).click()
  await dissent.getByText('active, acknowledged').waitFor()
  await dissent.getByText('Shelve', { exact: true }).first().click()
  await dissent.getByLabel('Reason').fill('known, node c is being replaced')
  await dissent.getByRole('button', { name: 'Shelve' }).click()
  const shelved = page.getByRole('region', { name: 'Shelved' })
  await shelved.getByText('known, node c is being replaced').waitFor()
  expect(await shelved.textContent()).toMatch(/for another 1[45] min, by browser-/)
  await page.close()
})

test('what is cut is hatched within two seconds, and goes on where everybody is once it is whole', async () => {
  const { page } = await signedIn()
  await go(page, 'sequence')
  await page.locator('.lanes li').first().waitFor()
  wire.cut()
  await page.locator('.frame.is-old').waitFor({ timeout: 2_000 })
  await page.getByText('what is shown is old').waitFor()
  const before = await positionOf(page)
  await run.decided(2)
  wire.mend()
  await page.locator('.frame.is-old').waitFor({ state: 'detached' })
  await until(async () => (await positionOf(page)) > before)
  // of each cycle one frame that was decided on: no gap, no duplicate
  const frames = (await page.locator('.lanes li').allTextContents()).flatMap(
    text => /frame (\d+\.\d+)$/.exec(text)?.[1] ?? [],
  )
  const cycles = frames.map(text => text.split('.').map(Number) as [number, number])
  expect(new Set(frames).size).toBe(frames.length)
  for (const [i, [epoch, cycle]] of cycles.entries())
    if (i > 0 && cycles[i - 1]![0] === epoch) expect(cycle).toBe(cycles[i - 1]![1] + 1)
  await page.close()
})

test('the keyboard goes everywhere, and no key alone operates anything', async () => {
  const { page } = await signedIn()
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await page.getByRole('searchbox', { name: 'Go to' }).fill('bat2')
  await page.getByRole('dialog').getByRole('link', { name: /bat2/ }).first().waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'bat2' }).waitFor()
  await page.keyboard.press('ArrowLeft')
  await until(async () => new URL(page.url()).searchParams.has('at'))
  await page.keyboard.press('Space')
  await until(async () => !new URL(page.url()).searchParams.has('at'))
  await page.keyboard.press('a')
  await page.waitForURL(/\/alarms$/)
  await page.close()
})
