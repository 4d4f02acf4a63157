/**
 * The pictures that the README shows, made anew of a real run: `node test/bench/inspector-shots.ts`. One replica lies in
 * it, so that there is a dissent to see.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32, deflateSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { signInLink } from '../../supervisors/run/inspector.ts'
import { openBrowser } from '../browser/browser.ts'
import { folder, remove, SiteRun, steady } from '../integration/site-run.ts'

const SHOTS = fileURLToPath(new URL('../../projections/inspector/shots/', import.meta.url))
const VIEWPORT = { width: 1_400, height: 900 }
/** A README is read over slow lines, too. */
const BYTES_MAX = 120_000
/** Grey and a few signals: the edges of letters need no more. */
const COLOURS = 64

const dir = folder()
const data = join(dir, 'data')
const run = new SiteRun(data, ['--faults', ...steady(dir, 2_000)], false, true)
const browser = await openBrowser()
try {
  const { address } = await run.line(line => line.kind === 'inspector')
  await run.decided(30)
  const signedIn = async (colorScheme: 'light' | 'dark'): Promise<Page> => {
    const page = await browser.newPage({ viewport: VIEWPORT, colorScheme, locale: 'en-GB' })
    await page.goto(signInLink(address, join(data, 'token'), Date.now()))
    await page.locator('.tile').first().waitFor()
    return page
  }
  const at = (page: Page, path: string) => page.goto(`http://${address}/t/demo/s/home/${path}`)

  const light = await signedIn('light')
  await at(light, 'actor/bat1')
  await light.locator('[data-state].on').first().waitFor()
  await light.locator('.facts tbody tr').first().waitFor()
  await shoot(light, 'actor')

  await run.fault('node-c', 'corrupt')
  const dark = await signedIn('dark')
  await at(dark, 'replicas')
  await dark.getByRole('article', { name: 'node-c' }).getByText('DIFFERS').waitFor()
  await run.decided(8)
  await shoot(dark, 'replicas')
} finally {
  await browser.close()
  await remove(dir)
}

async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true })
  await page.evaluate('document.fonts.ready')
  const png = await fewerColours(await page.screenshot({ animations: 'disabled' }))
  const path = join(SHOTS, `${name}.png`)
  writeFileSync(path, png)
  process.stdout.write(`${path}: ${png.length} bytes\n`)
  if (png.length > BYTES_MAX) throw new Error(`${name} is larger than ${BYTES_MAX} bytes`)
}

/** Each pixel by the number of the nearest of the most frequent colours: a third of the bytes, and nobody sees it. */
async function fewerColours(png: Buffer): Promise<Buffer> {
  const page = await browser.newPage()
  const { colours, numbers } = (await page.evaluate(`(async () => {
    const image = new Image()
    image.src = 'data:image/png;base64,${png.toString('base64')}'
    await image.decode()
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height })
    const context = canvas.getContext('2d')
    context.drawImage(image, 0, 0)
    const pixels = new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer)
    const counts = new Map()
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1)
    const channels = pixel => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255]
    const colours = [...counts].sort((a, b) => b[1] - a[1]).slice(0, ${COLOURS}).map(([pixel]) => channels(pixel))
    const apart = (a, b) => a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0)
    const nearest = own => colours.reduce((best, each, i) => (apart(each, own) < apart(colours[best], own) ? i : best), 0)
    const numbers = new Map([...counts.keys()].map(pixel => [pixel, nearest(channels(pixel))]))
    return { colours, numbers: [...pixels].map(pixel => String.fromCharCode(numbers.get(pixel))).join('') }
  })()`)) as { colours: readonly number[][]; numbers: string }
  await page.close()
  return pngOf(colours, Buffer.from(numbers, 'latin1'))
}

/** PNG with a palette (PNG 1.2, 11.2): one byte for each pixel, each row after a byte that says that nothing filters it. */
function pngOf(colours: readonly number[][], numbers: Buffer): Buffer {
  const { width, height } = VIEWPORT
  const rows = Array.from({ length: height }, (_, y) => [Buffer.of(0), numbers.subarray(y * width, (y + 1) * width)])
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 3], 8)
  return Buffer.concat([
    Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', head),
    chunk('PLTE', Buffer.from(colours.flat())),
    chunk('IDAT', deflateSync(Buffer.concat(rows.flat()), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), body])
  const around = Buffer.alloc(8)
  around.writeUInt32BE(body.length, 0)
  around.writeUInt32BE(crc32(named), 4)
  return Buffer.concat([around.subarray(0, 4), named, around.subarray(4)])
}
