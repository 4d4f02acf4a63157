/**
 * Where one is: the address carries the tenant, the site, the page, what is selected, and the position, so that any
 * screen can be sent to somebody else. Going to the past is going to another address.
 */
import { signal } from '@preact/signals'

export const PAGES = [
  'fleet',
  'site',
  'actor',
  'command',
  'cycle',
  'send',
  'sequence',
  'supervision',
  'alarms',
  'replicas',
] as const
export type Page = (typeof PAGES)[number]

export interface Address {
  readonly tenant: string
  readonly site: string
  readonly page: Page
  /** An actor, a command: what the page is about. */
  readonly selected: string
  /** Null: live. */
  readonly at: number | null
  /** What the page is compared with; null: with the fact before. */
  readonly since: number | null
}

export const address = signal<Address | null>(read(location))

function read({ pathname, search }: Location): Address | null {
  const [, tenant, site, page, selected = ''] = /^\/t\/([^/]+)\/s\/([^/]+)\/([^/]+)(?:\/([^/]*))?$/.exec(pathname) ?? []
  if (!tenant || !site || !PAGES.includes(page as Page)) return null
  const query = new URLSearchParams(search)
  const position = (name: string): number | null => {
    const text = query.get(name)
    return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null
  }
  return {
    tenant,
    site,
    page: page as Page,
    selected: decodeURIComponent(selected),
    at: position('at'),
    since: position('since'),
  }
}

export function hrefOf(to: Partial<Address>): string {
  const { tenant, site, page, selected, at, since } = { ...address.value!, ...to }
  const tail = selected === '' ? '' : `/${encodeURIComponent(selected)}`
  const query = Object.entries({ at, since }).flatMap(([name, value]) => (value === null ? [] : `${name}=${value}`))
  return `/t/${tenant}/s/${site}/${page}${tail}${query.length === 0 ? '' : `?${query.join('&')}`}`
}
/** To another page without what was selected on this one. */
export const pageHref = (page: Page, selected = ''): string => hrefOf({ page, selected })

export function go(href: string, replace = false): void {
  if (replace) history.replaceState(null, '', href)
  else history.pushState(null, '', href)
  address.value = read(location)
  if (!replace) document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true })
}
/** Scrubbing makes no trail of a hundred steps. */
export const goAt = (at: number | null): void => go(hrefOf({ at }), true)

/** Links of ours stay in the page. */
export function followLinks(): void {
  addEventListener('popstate', () => {
    address.value = read(location)
  })
  document.addEventListener('click', event => {
    const link = (event.target as Element).closest?.('a[href^="/t/"]')
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
      return
    event.preventDefault()
    go(link.getAttribute('href')!)
  })
}
