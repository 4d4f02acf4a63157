/**
 * What people wait for in the inspector, in a real Chromium without a graphics card, at the real door of a site whose log
 * is in memory. Feeding and serving share one process here: what they cost beside one another is in the figures.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { readSiteFile } from '../../supervisors/site/file.ts'
import { openBrowser } from '../browser/browser.ts'
import { Wire } from '../browser/wire.ts'
import { inspectedSite, Meters } from './inspected-site.ts'
import { HOME, Recorder } from './recording.ts'
import { median, quantile, type Row, spreadOf } from './row.ts'

const RUNS = 5
/** A frame of the screen that comes later than this is seen to be late. */
const LATE_MS = 50
/** An hour of a site at cycles of 1 s, at the rate of the feed's batches: what comes faster reaches a page as one update. */
const HOUR = { updates: 3_600, everyMs: 50 }
const VIEWPORT = { width: 1_400, height: 900 }

type Site = Awaited<ReturnType<typeof inspectedSite>>

export async function pageRows(quick: boolean): Promise<readonly Row[]> {
  const runs = quick ? 1 : RUNS
  const browser = await openBrowser()
  try {
    return [
      ...(await openingRows(browser, runs)),
      ...(await latencyRows(browser, runs)),
      ...(await fleetRows(browser, runs)),
      ...(await cutRows(browser, runs)),
      ...(await hourRows(browser, quick ? 0.05 : 1)),
    ]
  } finally {
    await browser.close()
  }
}

/** Nothing in its cache, no session. */
async function signedIn(browser: Browser, site: Site, address = site.address): Promise<Page> {
  const context = await browser.newContext({ viewport: VIEWPORT })
  const page = await context.newPage()
  await page.goto(site.signIn(address))
  await page.locator('.tile').first().waitFor()
  return page
}
const household = (): Recorder => new Recorder(readSiteFile(HOME).file)
const row = (name: string, values: readonly number[], unit: string, atMost: number, detail?: string): Row => ({
  ...{ name, value: median(values), unit, atMost, spread: spreadOf(values) },
  ...(detail !== undefined && { detail }),
})

async function openingRows(browser: Browser, runs: number): Promise<readonly Row[]> {
  const recorder = household()
  const site = await inspectedSite(recorder)
  for (let i = 0; i < 30; i++) await site.append(recorder.next())
  const [paints, tiles, scripts]: number[][] = [[], [], []]
  for (let i = 0; i < runs; i++) {
    const startMs = performance.now()
    const page = await signedIn(browser, site)
    tiles!.push(performance.now() - startMs)
    paints!.push(await page.evaluate(`performance.getEntriesByName('first-contentful-paint')[0].startTime`))
    scripts!.push(
      await page.evaluate(`performance.getEntriesByType('resource')
        .filter(({ name }) => name.endsWith('.js')).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) / 1_000`),
    )
    await page.context().close()
  }
  await site.close()
  return [
    row('first contentful paint, cold', paints!, 'ms', 800),
    { name: 'signed in and the first tile shown', value: median(tiles!), unit: 'ms', spread: spreadOf(tiles!) },
    row('script of the first route', scripts!, 'kB brotli', 80),
  ]
}

/** When each position was first seen, ms of the wall clock, which browser and benchmark share. */
const SEEING = `(() => {
  const where = document.querySelector('.where')
  window.seen = []
  new MutationObserver(() => {
    const position = Number(/\\d+/.exec(where.textContent)[0])
    if (window.seen.at(-1)?.position !== position)
      window.seen.push({ position, atMs: performance.timeOrigin + performance.now() })
  }).observe(where, { subtree: true, characterData: true, childList: true })
})()`
interface Seen {
  readonly position: number
  readonly atMs: number
}
const nowMs = () => performance.timeOrigin + performance.now()

const LATENCY = { meters: 100, framesPerSecond: 10, seconds: 6 }
/** From the append of a frame, which is before it is stepped, gathered and sent: more than the budget speaks of. */
async function latencyRows(browser: Browser, runs: number): Promise<readonly Row[]> {
  const meters = new Meters(LATENCY.meters)
  const site = await inspectedSite(meters.recorder)
  await site.append(meters.begin())
  const p95s: number[] = []
  for (let i = 0; i < runs; i++) {
    const page = await signedIn(browser, site)
    await page.evaluate(SEEING)
    const appended: Seen[] = []
    for (let sent = 0; sent < LATENCY.seconds * LATENCY.framesPerSecond; sent++) {
      const body = meters.frame(LATENCY.meters)
      const atMs = nowMs()
      const [position] = await site.append([body])
      appended.push({ position: position!, atMs })
      await sleep(1_000 / LATENCY.framesPerSecond)
    }
    const seen = (await page.evaluate('window.seen')) as Seen[]
    const waits = appended.flatMap(({ position, atMs }) => {
      const first = seen.find(each => each.position >= position)
      return first ? [first.atMs - atMs] : []
    })
    p95s.push(quantile(waits, 0.95))
    await page.context().close()
  }
  await site.close()
  return [row('fact appended to DOM at 1,000 updates/s, p95', p95s, 'ms', 100, 'send to DOM is a part of it')]
}

const FLEET = { meters: 10_000, framesPerSecond: 5, changed: 200, seconds: 10 }
const FRAME_GAPS = `new Promise(done => {
  const gaps = []
  let last = performance.now()
  const end = last + ${FLEET.seconds * 1_000}
  const tick = now => {
    gaps.push(now - last)
    last = now
    if (now < end) requestAnimationFrame(tick)
    else done(gaps)
  }
  requestAnimationFrame(tick)
})`
async function fleetRows(browser: Browser, runs: number): Promise<readonly Row[]> {
  const meters = new Meters(FLEET.meters)
  const site = await inspectedSite(meters.recorder)
  await site.append(meters.begin())
  const page = await signedIn(browser, site)
  const stop = every(1_000 / FLEET.framesPerSecond, () => site.append([meters.frame(FLEET.changed)]))
  await sleep(1_000)
  const lates: number[] = []
  const longest: number[] = []
  for (let i = 0; i < runs; i++) {
    const gaps = (await page.evaluate(FRAME_GAPS)) as number[]
    lates.push((gaps.filter(gap => gap > LATE_MS).length / gaps.length) * 100)
    longest.push(Math.max(...gaps))
  }
  await stop()
  await page.context().close()
  await site.close()
  return [
    row('late frames, 10,000 tiles at 1,000 updates/s', lates, 'percent', 1, `${LATE_MS} ms or more after the last`),
    { name: 'the longest of these frames', value: median(longest), unit: 'ms', spread: spreadOf(longest) },
  ]
}

/** Again and again until it is stopped; never twice at once. */
function every(periodMs: number, act: () => Promise<unknown>): () => Promise<void> {
  let going = true
  const loop = (async () => {
    for (let dueMs = performance.now(); going; dueMs = Math.max(dueMs + periodMs, performance.now())) {
      await sleep(Math.max(0, dueMs - performance.now()))
      await act()
    }
  })()
  return async () => {
    going = false
    await loop
  }
}

async function cutRows(browser: Browser, runs: number): Promise<readonly Row[]> {
  const recorder = household()
  const site = await inspectedSite(recorder)
  await site.append(recorder.next())
  const stop = every(50, () => site.append(recorder.next()))
  const wire = new Wire(site.address)
  const page = await signedIn(browser, site, await wire.open())
  const rows: Row[] = []
  for (const cutMs of [0, 3_000]) {
    const backs: number[] = []
    for (let i = 0; i < runs; i++) {
      wire.cut()
      await page.locator('.frame.is-old').waitFor()
      await sleep(cutMs)
      await page.evaluate(SEEING)
      wire.mend()
      const mendedMs = nowMs()
      await page.locator('.frame:not(.is-old)').waitFor()
      backs.push((await firstSeen(page)).atMs - mendedMs)
    }
    rows.push(row(`back to live after a cut of ${cutMs / 1_000} s`, backs, 'ms', 1_000))
  }
  await stop()
  wire.close()
  await page.context().close()
  await site.close()
  return rows
}

async function firstSeen(page: Page): Promise<Seen> {
  for (;;) {
    const [first] = (await page.evaluate('window.seen')) as Seen[]
    if (first) return first
    await sleep(5)
  }
}

/** Pages that are open at once, each for the whole hour. */
const OPEN = ['fleet', 'site', 'actor/bat1', 'sequence']
async function hourRows(browser: Browser, share: number): Promise<readonly Row[]> {
  const recorder = household()
  const site = await inspectedSite(recorder)
  for (let i = 0; i < 30; i++) await site.append(recorder.next())
  const first = await signedIn(browser, site)
  const pages = await Promise.all(OPEN.map(() => first.context().newPage()))
  await Promise.all(pages.map((page, i) => page.goto(site.page(OPEN[i]!))))
  await Promise.all(pages.map(page => page.locator('.frame output').waitFor()))
  await sleep(2_000)
  const before = await Promise.all(pages.map(heapMb))
  const updates = HOUR.updates * share
  for (let i = 0; i < updates; i++) {
    await site.append(recorder.next())
    await sleep(HOUR.everyMs)
  }
  const after = await Promise.all(pages.map(heapMb))
  await first.context().close()
  await site.close()
  return OPEN.map((name, i) => ({
    ...{ name: `heap of the page ${name} after an hour`, value: after[i]!, unit: 'MB', atMost: 150 },
    detail: `${updates} updates, one run; ${before[i]!.toFixed(1)} MB before`,
  }))
}
/** Of what is still used. */
async function heapMb(page: Page): Promise<number> {
  const inspected = await page.context().newCDPSession(page)
  await inspected.send('HeapProfiler.collectGarbage')
  const { usedSize } = await inspected.send('Runtime.getHeapUsage')
  await inspected.detach()
  return usedSize / 1e6
}
