/** Keys, and the way to anywhere by typing. No key alone operates equipment. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { address, go, goAt, PAGES, pageHref } from './address.ts'
import { useView } from './connection.ts'
import { step } from './time-bar.tsx'
import { words } from './words.ts'

export function Palette() {
  const [open, setOpen] = useState<'palette' | 'help' | null>(null)
  const head = useView('head')
  const now = head.kind === 'shown' ? head.value : null
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = (event.target as Element).closest('input, textarea, select, [contenteditable]') !== null
      if ((event.ctrlKey || event.metaKey) && event.key === 'k') setOpen('palette')
      else if (event.key === 'Escape') return setOpen(null)
      else if (typing || event.ctrlKey || event.metaKey || event.altKey) return
      else if (event.key === '/') setOpen('palette')
      else if (event.key === '?') setOpen('help')
      else if (event.key === 'a') go(pageHref('alarms'))
      else if (event.key === 'j' || event.key === 'k') return row(event.key === 'j' ? 1 : -1)
      else if (
        (event.target as Element).closest('button, a, summary, [role="application"]') !== null &&
        event.key === ' '
      )
        return
      else if (event.key === ' ') goAt(null)
      else if (event.key === 'ArrowLeft') void step(-1, now)
      else if (event.key === 'ArrowRight') void step(1, now)
      else return
      event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [now])
  if (open === 'help') return <Help close={() => setOpen(null)} />
  return open === 'palette' ? <Goto close={() => setOpen(null)} /> : null
}
function row(by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('main table tbody a, main .tile')]
  const at = links.indexOf(document.activeElement as HTMLElement)
  links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus()
}

function Help({ close }: { close: () => void }) {
  return (
    <Dialog label={words.help} close={close}>
      <dl class="keys">
        {words.keys.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}

function Goto({ close }: { close: () => void }) {
  const [text, setText] = useState('')
  const fleet = useView('fleet')
  const site = useView('site')
  const places = [
    ...PAGES.filter(page => !['actor', 'command'].includes(page)).map(page => ({
      label: words.pages[page],
      href: pageHref(page),
    })),
    { label: `${words.pages.actor} site`, href: pageHref('actor', 'site') },
    ...(fleet.kind === 'shown' ? Object.values(fleet.value.tiles) : []).map(({ name, title }) => ({
      label: `${words.pages.actor} ${name} (${title})`,
      href: pageHref('actor', name),
    })),
    ...(site.kind === 'shown' ? site.value.commands : []).map(({ id, target, name, state }) => ({
      label: `${words.pages.command} ${id} ${target} ${name} ${state}`,
      href: pageHref('command', id),
    })),
  ]
  const found = places.filter(({ label }) => label.toLowerCase().includes(text.toLowerCase())).slice(0, 12)
  const choose = (href: string | undefined) => {
    if (href === undefined) return
    close()
    go(href)
  }
  return (
    <Dialog label={words.palette} close={close}>
      <form
        onSubmit={event => {
          event.preventDefault()
          choose(found[0]?.href)
        }}
      >
        <input
          type="search"
          aria-label={words.palette}
          value={text}
          onInput={event => setText(event.currentTarget.value)}
        />
      </form>
      <ul class="places">
        {found.map(({ label, href }) => (
          <li key={href}>
            <a href={href} onClick={close}>
              {label}
            </a>
          </li>
        ))}
      </ul>
      {address.value?.at !== null && <p class="muted">{words.pastControls}</p>}
    </Dialog>
  )
}

function Dialog({ label, close, children }: { label: string; close: () => void; children: preact.ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    dialog.current?.showModal()
    dialog.current?.querySelector('input')?.focus()
  }, [])
  return (
    <dialog ref={dialog} aria-label={label} onClose={close}>
      <h2>{label}</h2>
      {children}
      <button type="button" onClick={close}>
        {words.close}
      </button>
    </dialog>
  )
}
