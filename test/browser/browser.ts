/** A real Chromium, once for a suite: the one of the machine (`QUORATE_CHROMIUM=/path`), else the one that npm brought. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import npmChromium, { inflate } from '@sparticuz/chromium'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'

export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env.QUORATE_CHROMIUM ?? (await npmChromium.executablePath())
  // without it a text may come out a pixel wider than its font says
  const args = ['--font-render-hinting=none']
  try {
    return await chromium.launch({ executablePath, args })
  } catch (error) {
    if (!/shared librar/.test(String(error))) throw error
    return chromium.launch({ executablePath, args, env: { ...process.env, LD_LIBRARY_PATH: await itsLibraries() } })
  }
}
/** A slim system lacks what a browser needs (libnss3 and friends); the package has them for another one. */
async function itsLibraries(): Promise<string> {
  const bin = new URL('../bin/al2023.tar.br', import.meta.resolve('@sparticuz/chromium'))
  await inflate(fileURLToPath(bin))
  return join(tmpdir(), 'al2023', 'lib')
}

export interface Screen {
  readonly width?: number
  readonly height?: number
  readonly dark?: boolean
}
/** For a suite: pages that fail the test by what they write on the console. */
export function pages(): (screen?: Screen) => Promise<{ page: Page; problems: readonly string[] }> {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())
  return async ({ width = 1_400, height = 900, dark = false } = {}) => {
    const page = await browser.newPage({
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
      locale: 'en-US',
    })
    const problems: string[] = []
    page.on('pageerror', error => problems.push(String(error)))
    page.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
    })
    return { page, problems }
  }
}
