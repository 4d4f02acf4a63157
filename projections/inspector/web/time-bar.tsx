/** Scrubbing the real log: by position, by time, by one fact; and back to now. */
import { useEffect, useState } from 'preact/hooks'
import type { Head } from '../views/head.ts'
import { type Address, address, go, goAt, hrefOf } from './address.ts'
import { span, utc } from './parts.tsx'
import { ask } from './session.ts'
import { words } from './words.ts'

interface Ends {
  readonly first: { readonly position: number; readonly stampMs: number } | null
  readonly newest: { readonly position: number; readonly stampMs: number } | null
}
/** The end of the log moves on under the slider. */
const ENDS_MS = 2_000

export function TimeBar({ at, head }: { at: Address; head: Head | null }) {
  const [ends, setEnds] = useState<Ends | null>(null)
  useEffect(() => {
    let going = true
    const look = async () => {
      const now = await ask<Ends>(`/inspector/sites/${at.site}/ends`).catch(() => null)
      if (!going) return
      if (now) setEnds(now)
      setTimeout(look, ENDS_MS)
    }
    void look()
    return () => {
      going = false
    }
  }, [at.site])
  const first = ends?.first?.position ?? 0
  const newest = Math.max(ends?.newest?.position ?? 0, head?.position ?? 0)
  const position = at.at ?? head?.position ?? newest
  return (
    <footer>
      <button type="button" title={words.earlier} aria-label={words.earlier} onClick={() => void step(-1, head)}>
        ◀
      </button>
      <button
        type="button"
        title={words.later}
        aria-label={words.later}
        onClick={() => void step(1, head)}
        disabled={at.at === null}
      >
        ▶
      </button>
      <input
        type="range"
        aria-label={words.position}
        min={first}
        max={newest}
        value={position}
        onInput={event => goAt(Number(event.currentTarget.value))}
      />
      <output class="where">
        <b>{at.at === null ? words.live : words.past}</b> {position}
        {head && (
          <time>
            {' '}
            {utc(head.stampMs)} {words.utc}
          </time>
        )}
        {at.at !== null && head && ends?.newest && (
          <span class="muted">{words.ago(span(Math.max(0, ends.newest.stampMs - head.stampMs)))}</span>
        )}
      </output>
      <label class="at-time">
        {words.time}
        <input type="datetime-local" step="1" onChange={event => void toTime(event.currentTarget.value)} />
      </label>
      {at.since === null ? (
        <button type="button" onClick={() => go(hrefOf({ since: position }), true)}>
          {words.markA}
        </button>
      ) : (
        <button type="button" aria-label={words.clearA} onClick={() => go(hrefOf({ since: null }), true)}>
          A {at.since} ✕
        </button>
      )}
      <button type="button" class="live" onClick={() => goAt(null)} disabled={at.at === null}>
        {words.goLive}
      </button>
    </footer>
  )
}

/** One fact of the site to and fro; the last one is now. */
export async function step(by: -1 | 1, head: Head | null): Promise<void> {
  const { site, at } = address.value!
  const from = at ?? head?.position
  if (from === undefined || (by === 1 && at === null)) return
  const { position } = await ask<{ position: number | null }>(`/inspector/sites/${site}/step?from=${from}&by=${by}`)
  if (position !== null) goAt(position)
  else if (by === 1) goAt(null)
}
async function toTime(text: string): Promise<void> {
  const time = Date.parse(`${text}Z`)
  if (Number.isNaN(time)) return
  const { site } = address.value!
  goAt((await ask<{ position: number }>(`/inspector/sites/${site}/position?time=${time}`)).position)
}
