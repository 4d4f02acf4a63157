/** Very many assets, on a screen of any width: what is in sight is there, and nothing else is in the way. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inspectedSite, Meters } from '../bench/inspected-site.ts'
import { axeFindings } from './axe.ts'
import { pages, type Screen } from './browser.ts'

const COUNT = 1_000
const openPage = pages()
const meters = new Meters(COUNT)
let site: Awaited<ReturnType<typeof inspectedSite>>
beforeAll(async () => {
  site = await inspectedSite(meters.recorder)
  await site.append(meters.begin())
})
afterAll(() => site.close())

async function fleet(screen: Screen = {}): Promise<{ page: Page; problems: readonly string[] }> {
  const opened = await openPage(screen)
  await opened.page.goto(site.signIn())
  await opened.page.locator('.tile').first().waitFor()
  return opened
}
const names = (page: Page) => page.locator('.tile b').allTextContents()

test('of a thousand tiles those in sight are made; scrolling brings the others, in their order', async () => {
  const { page, problems } = await fleet()
  await page
    .locator('.toolbar h2')
    .getByText(String(COUNT + 1))
    .waitFor()
  expect((await names(page)).slice(0, 3)).toEqual(['grid', 'load1', 'load2'])
  expect((await names(page)).length).toBeLessThan(150)
  await page.evaluate(`document.querySelector('main').scrollTo(0, 1e9)`)
  await page.getByRole('link', { name: `load${COUNT}` }).waitFor()
  const last = (await page.locator('.tile').last().boundingBox())!
  const footer = (await page.locator('footer').boundingBox())!
  expect(last.y + last.height).toBeLessThanOrEqual(footer.y)
  expect(await names(page)).not.toContain('load1')
  expect(problems).toEqual([])
  await page.close()
})
test('a tile in sight shows the newest value, whatever else changes', async () => {
  const { page } = await fleet()
  const tile = page.getByRole('link', { name: 'load1 ', exact: false }).first()
  const before = await tile.locator('.figures').textContent()
  await site.append([meters.frame(COUNT)])
  await expect.poll(() => tile.locator('.figures').textContent()).not.toBe(before)
  await page.close()
})
test('a filter finds what is out of sight; the table says how much it shows', async () => {
  const { page } = await fleet()
  await page.getByLabel('Filter').fill('load777')
  expect(await names(page)).toEqual(['load777'])
  await page.getByLabel('Filter').fill('')
  await page.getByRole('button', { name: 'As a table' }).click()
  await page.getByText(`500 / ${COUNT + 1} shown`).waitFor()
  await page.close()
})
test('on a narrow screen most of it is the page, and nothing is wider than it', async () => {
  const { page } = await fleet({ width: 375, height: 720 })
  for (const path of ['fleet', 'actor/load1', 'actor/site', 'alarms', 'sequence', 'supervision', 'replicas', 'cycle']) {
    await page.goto(site.page(path))
    await page.locator('main h2, main p').first().waitFor()
    expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 375])
    expect((await page.locator('main').boundingBox())!.height).toBeGreaterThan(500)
    for (const link of await page.locator('nav [aria-current]').all()) {
      const inSight = async () => {
        const { x, width } = (await link.boundingBox())!
        return x > -1 && x + width < 376
      }
      await expect.poll(inSight, { message: path }).toBe(true)
    }
    expect(await axeFindings(page)).toEqual([])
  }
  await page.close()
})
