/** `quorate inspect` as an engineer sees it. */
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterEach, expect, test } from 'vitest'
import { serveMachine } from '../../projections/inspector/machine/server.ts'
import { DOOR, MachineFile } from '../contract/inspector/machine-file.ts'
import { axeFindings } from './axe.ts'
import { pages, type Screen } from './browser.ts'

const openPage = pages()
const MACHINES = new URL('../unit/inspector/machines.ts', import.meta.url).href
const PLANT = `export const big = (await import('${MACHINES}')).plant(150)`
const LAMP = `export const { lamp } = await import('${MACHINES}')`

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})
async function inspect(body: string, screen: Screen = {}) {
  const file = new MachineFile(body)
  const lines: string[] = []
  const door = await serveMachine({ file: file.path, port: 0, say: line => lines.push(line) })
  const { page, problems } = await openPage(screen)
  ends.push(async () => {
    await page.close()
    await door.close()
    file.remove()
  })
  await page.goto(`http://${door.address}/`)
  return { file, page, problems, lines }
}
const lit = (page: Page) =>
  page.evaluate(`[...document.querySelectorAll('[data-state].on')].map(g => g.dataset.state).sort()`)
const event = (page: Page, name: string) => page.locator('.events').getByRole('button', { name, exact: true })
const state = (page: Page, id: string) => page.locator(`[data-state="${id}"]`)
const transform = (page: Page): Promise<string> =>
  page.evaluate(`document.querySelector('.chart-paper').style.transform`)
const scaleOf = (transformed: string): number => Number(/scale\(([\d.]+)\)/.exec(transformed)![1])
const zoomOf = (page: Page): Promise<string> => page.evaluate(`document.querySelector('svg.chart').dataset.zoom`)

test('live states are lit as the machine moves, the edge just taken is bold, the context follows', async () => {
  const { page, problems } = await inspect(DOOR)
  await state(page, 'door.shut').and(page.locator('.on')).waitFor()
  expect(await lit(page)).toEqual(['door', 'door.shut'])
  await event(page, 'open').click()
  await page.locator('.e.last[data-edges="door.shut|open|0"]').waitFor()
  expect(await lit(page)).toEqual(['door', 'door.ajar'])
  expect(await state(page, 'door.ajar').getAttribute('aria-current')).toBe('true')
  expect(await state(page, 'door.ajar').getAttribute('aria-label')).toBe('state ajar, live')
  expect(await page.locator('pre').textContent()).toContain('"opened": 1')
  await page.getByRole('button', { name: 'Reset' }).click()
  await state(page, 'door.shut').and(page.locator('.on')).waitFor()
  expect(problems).toEqual([])
})

test('an event that is refused says which guard said no; one is previewed under the pointer; any can be written', async () => {
  const { page } = await inspect(DOOR)
  await event(page, 'open').hover()
  await state(page, 'door.ajar').and(page.locator('.ghost')).waitFor()
  await event(page, 'open').click()
  await page.locator('.events').getByRole('button', { name: 'lock (guarded)' }).click()
  const refused = page.getByRole('region', { name: 'lock was refused' })
  expect(await refused.textContent()).toContain('closed said no in door.ajar')
  const box = page.getByLabel('Any event, as a name or JSON')
  await box.fill('{"type": ')
  await page.getByRole('button', { name: 'Send' }).click()
  expect(await page.locator('form [role=alert]').textContent()).toContain('This is no JSON')
  await box.fill('{"type": "shut"}')
  await page.getByRole('button', { name: 'Send' }).click()
  await state(page, 'door.shut').and(page.locator('.on')).waitFor()
})

test('an edit of the file redraws; a broken file says so, keeps the last that worked, and recovers', async () => {
  const { file, page, problems } = await inspect(DOOR)
  await state(page, 'door.ajar').waitFor()
  file.write(DOOR.replaceAll('ajar', 'agape'))
  await state(page, 'door.agape').waitFor()
  file.write(`throw new Error('no hinge')`)
  const alert = page.locator('.trouble[role=alert]')
  await alert.waitFor()
  expect(await alert.textContent()).toMatch(
    /MACHINE_FILE_THROWS no hinge \(line 2\)\s*Mend what the message names.*last version that worked/s,
  )
  expect(await state(page, 'door.agape').count()).toBe(1)
  file.write(DOOR)
  await state(page, 'door.ajar').waitFor()
  await alert.waitFor({ state: 'detached' })
  expect(problems).toEqual([])
})

test('a file that never worked is a page with what to do; names without anything behind them are listed', async () => {
  const { file, page } = await inspect('export const x = 1')
  const trouble = page.locator('.trouble')
  await trouble.waitFor()
  expect(await trouble.textContent()).toMatch(/MACHINE_NOT_FOUND it exports x.*Export a machine/)
  expect(await axeFindings(page)).toEqual([])
  file.write(LAMP)
  await state(page, 'lamp').waitFor()
  expect(await page.locator('.trouble[role=status]').textContent()).toContain('guard belowMost')
})

test('a search opens what is folded, centres it and can be read', async () => {
  const { page } = await inspect(PLANT)
  await state(page, 'plant').waitFor()
  const all = await page.evaluate(`fetch('/chart', { method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ direction: 'DOWN', opened: [], closed: [], find: null, budget: 36 }) }).then(r => r.json())
    .then(({ scene, states }) => states.filter(s => !scene.boxes.some(b => b.id === s.id)).map(s => s.id))`)
  const hidden = (all as string[]).toSorted((a, b) => b.length - a.length)[0]!
  expect(await state(page, hidden).count()).toBe(0)
  await page.locator('.chart-screen').focus()
  await page.keyboard.press('/')
  await page.keyboard.type(hidden)
  await page.keyboard.press('Enter')
  await page.locator(`[data-state="${hidden}"].found`).waitFor()
  const box = (await state(page, hidden).locator('> rect.box, > rect.hit').first().boundingBox())!
  const screen = (await page.locator('.chart-screen').boundingBox())!
  expect(Math.abs(box.x + box.width / 2 - (screen.x + screen.width / 2))).toBeLessThan(20)
  expect(Math.abs(box.y + box.height / 2 - (screen.y + screen.height / 2))).toBeLessThan(20)
  expect(await zoomOf(page)).toBe('near')
})

test('wheel, drag, keys, pinch and buttons move the same drawing, and never lose it', async () => {
  const { page, problems } = await inspect(PLANT)
  await state(page, 'plant').waitFor()
  await page.evaluate(`window.drawing = document.querySelector('svg.chart')`)
  const fitted = await transform(page)
  const screen = (await page.locator('.chart-screen').boundingBox())!
  const middle = [screen.x + screen.width / 2, screen.y + screen.height / 2] as const
  const changes = async (act: () => Promise<unknown>) => {
    const before = await transform(page)
    await act()
    await expect.poll(() => transform(page)).not.toBe(before)
  }
  await page.mouse.move(...middle)
  await changes(() => page.mouse.wheel(0, -400))
  await changes(async () => {
    await page.mouse.down()
    await page.mouse.move(middle[0] + 80, middle[1] + 40, { steps: 4 })
    await page.mouse.up()
  })
  await page.locator('.chart-screen').focus()
  for (const key of ['ArrowLeft', 'ArrowUp', '+', '-']) await changes(() => page.keyboard.press(key))
  await changes(() => page.getByRole('button', { name: 'Zoom in' }).click())
  await page.mouse.move(...middle)
  for (let i = 0; i < 12; i++) await page.mouse.wheel(0, 2_000)
  await expect.poll(() => zoomOf(page)).toBe('map')
  await page.locator('.chart-screen').focus()
  for (let i = 0; i < 30; i++) await page.keyboard.press('ArrowLeft')
  const svg = (await page.locator('svg.chart').boundingBox())!
  expect(svg.x).toBeLessThan(screen.x + screen.width)
  await page.getByRole('button', { name: 'Fit' }).click()
  await expect.poll(() => transform(page)).toBe(fitted)
  expect(await page.evaluate(`window.drawing === document.querySelector('svg.chart')`)).toBe(true)
  expect(problems).toEqual([])
})

test('two fingers zoom', async () => {
  const { page } = await inspect(DOOR)
  await state(page, 'door').waitFor()
  const before = await transform(page)
  await page.evaluate(`{
    const screen = document.querySelector('.chart-screen')
    screen.setPointerCapture = () => {}
    const at = (type, pointerId, clientX) => screen.dispatchEvent(new PointerEvent(type, { pointerId, clientX, clientY: 400, pointerType: 'touch', bubbles: true }))
    at('pointerdown', 11, 400); at('pointerdown', 12, 500)
    for (let x = 510; x < 700; x += 10) at('pointermove', 12, x)
    at('pointerup', 11, 400); at('pointerup', 12, 700)
  }`)
  await expect.poll(() => transform(page)).not.toBe(before)
  expect(scaleOf(await transform(page))).toBeGreaterThan(1.5)
})

test('a press folds and unfolds, by mouse and by key, and the state stays where it is', async () => {
  const { page } = await inspect(LAMP)
  const light = state(page, 'lamp.light')
  await state(page, 'lamp.light.off').waitFor()
  const left = async () => (await light.locator('> rect.box:not(.under), > rect.hit').boundingBox())!
  const before = await left()
  await page.getByRole('button', { name: 'Fold light' }).click()
  await state(page, 'lamp.light.off').waitFor({ state: 'detached' })
  expect(await light.getAttribute('aria-label')).toBe('region light, 2 states folded, live, in off')
  const after = await left()
  expect(Math.hypot(after.x - before.x, after.y - before.y)).toBeLessThan(4)
  await page.getByRole('button', { name: 'Unfold light' }).focus()
  await page.keyboard.press('Enter')
  await state(page, 'lamp.light.off').waitFor()
})

test.each([
  ['a large one on a wide screen', PLANT, 1_400],
  ['a small one on a narrow screen', LAMP, 375],
  ['a large one on a narrow screen', PLANT, 375],
])('a chart can be read at first sight: %s', async (_which, body, width) => {
  const { page } = await inspect(body, { width })
  const live = page.locator('[data-state].on.atom').last()
  await live.waitFor()
  expect(scaleOf(await transform(page))).toBeGreaterThanOrEqual(0.6)
  const [box, screen] = [(await live.boundingBox())!, (await page.locator('.chart-screen').boundingBox())!]
  expect(box.x).toBeGreaterThanOrEqual(screen.x - 1)
  expect(box.y).toBeGreaterThanOrEqual(screen.y - 1)
  expect(box.x + box.width).toBeLessThanOrEqual(screen.x + screen.width + 1)
  expect(box.y + box.height).toBeLessThanOrEqual(screen.y + screen.height + 1)
})
test('the minimap is there while something is out of sight, and in nobody’s way while nothing is', async () => {
  const { page } = await inspect(DOOR)
  await state(page, 'door.shut').waitFor()
  expect(await page.locator('.minimap').count()).toBe(0)
  for (let i = 0; i < 6; i++) await page.getByRole('button', { name: 'Zoom in' }).click()
  await page.locator('.minimap').waitFor()
  await page.getByRole('button', { name: 'Fit' }).click()
  await page.locator('.minimap').waitFor({ state: 'detached' })
})
test('who turns a chart finds it turned when coming back', async () => {
  const { page } = await inspect(LAMP)
  const turned = page.getByRole('button', { name: 'Left to right' })
  await state(page, 'lamp.light.off').waitFor()
  const first = await turned.getAttribute('aria-pressed')
  const other = first === 'true' ? 'false' : 'true'
  await turned.click()
  await expect.poll(() => turned.getAttribute('aria-pressed')).toBe(other)
  await page.reload()
  await state(page, 'lamp.light.off').waitFor()
  expect(await turned.getAttribute('aria-pressed')).toBe(other)
})

test('no text is wider than the box or the label that it stands in', async () => {
  const { page } = await inspect(PLANT)
  await state(page, 'plant').waitFor()
  for (const body of [LAMP, DOOR]) {
    const other = await inspect(body)
    await other.page.locator('[data-state]').first().waitFor()
    expect(await tooWide(other.page)).toEqual([])
  }
  expect(await tooWide(page)).toEqual([])
})
const tooWide = async (page: Page): Promise<unknown> => {
  await page.evaluate('document.fonts.ready')
  return page.evaluate(`[...document.querySelectorAll('.s text, .l text')].filter(text => text.getBoundingClientRect().width > 0)
    .filter(text => text.getBoundingClientRect().right > text.closest('.s, .l').querySelector('rect, circle').getBoundingClientRect().right - 1)
    .map(text => text.textContent)`)
}

test.each([
  ['light', false],
  ['dark', true],
])('axe finds nothing serious, %s; forced colours and a narrow screen neither', async (_scheme, dark) => {
  const { page } = await inspect(LAMP, { dark })
  await state(page, 'lamp.light.off').and(page.locator('.on')).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' })
  expect(await axeFindings(page)).toEqual([])
  const fills = `[...new Set([...document.querySelectorAll('.on.atom > .box:not(.under)')].map(b => getComputedStyle(b).fill))]`
  const plain = `[...new Set([...document.querySelectorAll('.atom:not(.on) > .box')].map(b => getComputedStyle(b).fill))]`
  expect(await page.evaluate(fills)).not.toEqual(await page.evaluate(plain))
  await page.setViewportSize({ width: 420, height: 800 })
  expect(await axeFindings(page)).toEqual([])
})

test('the frame of an asset is written in its units, and moves it', async () => {
  const { page } = await inspect(
    `export { battery } from '${new URL('../../actors/assets/battery.ts', import.meta.url)}'`,
  )
  const frame = page.getByRole('region', { name: 'Frame' })
  await frame.getByLabel('temperature').fill('60 kW')
  await page.keyboard.press('Tab')
  await frame.locator('[role=alert]').waitFor()
  expect(await frame.locator('[role=alert]').textContent()).toContain('°C')
  await frame.getByLabel('mode').fill('local')
  await page.keyboard.press('Tab')
  await state(page, 'battery.local').and(page.locator('.on')).waitFor()
  expect(await axeFindings(page)).toEqual([])
})

test('a chart is saved as a picture of its own', async () => {
  const { page, problems } = await inspect(DOOR)
  await state(page, 'door.shut').and(page.locator('.on')).waitFor()
  const saved = async (name: string) => {
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name, exact: true }).click()
    return readFileSync((await (await download).path())!)
  }
  const svg = (await saved('SVG')).toString()
  expect(svg).toMatch(/^<svg[^>]*><style>svg\{color-scheme:\s*light\}.*font\/woff2;base64,.*<\/style>/s)
  expect(svg).toMatch(/class="s atom atomic d1 on"/)
  const png = await saved('PNG')
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  const width = Number(/viewBox="0 0 ([\d.]+)/.exec(svg)![1])
  expect(png.readUInt32BE(16)).toBe(Math.ceil(width * 2))
  expect(problems).toEqual([])
})
