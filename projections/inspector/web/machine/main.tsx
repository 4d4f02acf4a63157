/** The page of `quorate inspect`: the chart of a file, its machine live, and what the machine can be sent. */
import { useComputed, useSignal } from '@preact/signals'
import { render } from 'preact'
import type { MachineView, Moment } from '../../machine/words.ts'
import { ChartView } from '../chart/chart-view.tsx'
import { Events, RefusedEvent } from './events.tsx'
import { FrameForm } from './frame.tsx'
import { connect, type Live } from './live.ts'
import './page.css'

function Page({ live }: { readonly live: Live }) {
  const view = live.view.value
  const revision = useComputed(() => live.view.value?.revision ?? 0)
  const ghost = useSignal<readonly string[]>([])
  const failed = useSignal('')
  const marks = useComputed(() => {
    const moment = live.view.value?.moment
    return { live: moment?.live ?? [], last: moment?.last ?? [], dissent: {}, ghost: ghost.value }
  })
  const attempt = (done: Promise<void>): void => {
    failed.value = ''
    done.catch(error => (failed.value = String((error as Error).message)))
  }
  if (!view) return <p class="none">Waiting for the machine …</p>
  return (
    <main class={live.stale.value ? 'stale' : ''}>
      <header>
        <h1>{view.name ?? view.file}</h1>
        <span class="file">{view.file}</span>
        <button type="button" onClick={() => attempt(live.reset())}>
          Reset
        </button>
        {live.stale.value && <p role="alert">The line to quorate inspect is cut: what you see is old.</p>}
      </header>
      <Notices view={view} failed={failed.value} />
      {view.revision > 0 && (
        <ChartView name={view.name ?? view.file} load={live.load} marks={marks} revision={revision} />
      )}
      {view.moment && (
        <aside aria-label="Machine">
          <Now moment={view.moment} />
          {view.moment.refused && <RefusedEvent refused={view.moment.refused} />}
          <Events events={view.moment.events} send={event => attempt(live.send(event))} ghost={ghost} />
          {view.frame && <FrameForm frame={view.frame} write={input => attempt(live.write(input))} />}
        </aside>
      )}
    </main>
  )
}

/** What is the matter, and what to do about it. */
function Notices({ view, failed }: { readonly view: MachineView; readonly failed: string }) {
  const { trouble, unresolved, revision, moment } = view
  return (
    <div class="notices">
      {trouble && (
        <div class="trouble" role="alert">
          <b>{trouble.code}</b> {trouble.text}
          <p>
            {trouble.fix}.{revision > 0 && ' What you see is the last version that worked.'}
          </p>
        </div>
      )}
      {unresolved.length > 0 && (
        <div class="trouble" role="status">
          <b>Nothing stands behind {unresolved.length === 1 ? 'a name' : `${unresolved.length} names`}:</b>{' '}
          {unresolved.map(({ kind, name }) => `${kind} ${name}`).join(', ')}
          <p>
            Give them in setup() or machine.provide(). Until then guards say no, actions do nothing, delays do not end,
            actors do not answer.
          </p>
        </div>
      )}
      {moment?.error && (
        <div class="trouble" role="alert">
          <b>The machine threw:</b> {moment.error}
        </div>
      )}
      {failed && (
        <div class="trouble" role="alert">
          {failed}
        </div>
      )}
    </div>
  )
}

function Now({ moment }: { readonly moment: Moment }) {
  const leaves = moment.live.filter(id => !moment.live.some(other => other.startsWith(`${id}.`)))
  return (
    <section aria-labelledby="now">
      <h2 id="now">Now</h2>
      <p aria-live="polite">
        {leaves.map(id => (
          <span class="leaf-name" key={id}>
            {id.slice(id.indexOf('.') + 1)}
          </span>
        ))}
        {moment.status !== 'active' && <b> {moment.status}</b>}
      </p>
      <p class="after">{moment.event === null ? 'at the start' : `after ${moment.event}`}</p>
      <h2>Context</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long context is scrolled by keys */}
      <pre tabIndex={0}>{moment.context}</pre>
    </section>
  )
}

render(<Page live={connect()} />, document.getElementById('app')!)
