/** What is around every page: where one is, how the site is, the way to anywhere else, and the time bar. */
import { useEffect, useRef } from 'preact/hooks'
import type { Head } from '../views/head.ts'
import { type Address, address, go, PAGES, pageHref } from './address.ts'
import { connection, useView } from './connection.ts'
import { ActorPage } from './pages/actor.tsx'
import { AlarmsPage } from './pages/alarms.tsx'
import { CommandPage, CyclePage } from './pages/command.tsx'
import { FleetPage } from './pages/fleet.tsx'
import { ReplicasPage } from './pages/replicas.tsx'
import { SendPage } from './pages/send.tsx'
import { SequencePage } from './pages/sequence.tsx'
import { SitePage } from './pages/site.tsx'
import { SupervisionPage } from './pages/supervision.tsx'
import { Palette } from './palette.tsx'
import { Badge, ProblemNote } from './parts.tsx'
import { signedIn, who } from './session.ts'
import { SignIn } from './sign-in.tsx'
import { TimeBar } from './time-bar.tsx'
import { words } from './words.ts'

const SHOWN_IN_NAVIGATION = PAGES.filter(page => !['actor', 'command'].includes(page))

export function App() {
  const now = who.value
  if (now === undefined) return <p class="waiting">{words.loading}</p>
  if (now === null) return <SignIn />
  const at = address.value
  if (at) return <Framed at={at} />
  const [only, ...others] = now.sites
  if (only && others.length === 0) return <Redirect to={`/t/${now.tenant}/s/${only.site}/fleet`} />
  return (
    <main class="choose">
      <h1>{words.chooseSite}</h1>
      {now.sites.length === 0 && <p>{words.nothingHere}</p>}
      <ul>
        {now.sites.map(({ site, title }) => (
          <li key={site}>
            <a href={`/t/${now.tenant}/s/${site}/fleet`}>{title}</a>
          </li>
        ))}
      </ul>
    </main>
  )
}
function Redirect({ to }: { to: string }) {
  useEffect(() => go(to, true), [to])
  return null
}

function Framed({ at }: { at: Address }) {
  const head = useView('head')
  const value = head.kind === 'shown' ? head.value : null
  const state = connection.state.value
  useEffect(() => {
    document.title = `${words.pages[at.page]}${at.selected && ` ${at.selected}`} · ${value?.title ?? at.site} · ${words.product}`
  }, [at, value?.title])
  const current = useRef<HTMLAnchorElement>(null)
  const alarmed = value !== null && value.alarms.active > 0
  // also when the badge of alarms has moved it
  useEffect(() => current.current?.scrollIntoView({ block: 'nearest', inline: 'center' }), [at.page, alarmed])
  const old = state === 'cut' && at.at === null
  return (
    <div class={`frame ${at.at === null ? 'is-live' : 'is-past'} ${old ? 'is-old' : ''}`}>
      <Top at={at} head={value} />
      <nav aria-label={words.navigation}>
        {SHOWN_IN_NAVIGATION.map(page => (
          <a
            key={page}
            ref={page === at.page ? current : null}
            href={pageHref(page)}
            aria-current={page === at.page ? 'page' : undefined}
          >
            {words.pages[page]}
            {page === 'alarms' && alarmed && <Badge kind="alarm">{value.alarms.active}</Badge>}
          </a>
        ))}
      </nav>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a page without a link in it is scrolled by keys */}
      <main tabIndex={0} aria-busy={head.kind === 'loading'}>
        {old && (
          <p class="notice is-bad" role="alert">
            {words.cut}
          </p>
        )}
        {head.kind === 'problem' ? <ProblemNote problem={head.problem} /> : <PageOf at={at} />}
      </main>
      <TimeBar at={at} head={value} />
      <Palette />
    </div>
  )
}

function PageOf({ at: { page, selected } }: { at: Address }) {
  if (page === 'fleet') return <FleetPage />
  if (page === 'site') return <SitePage />
  if (page === 'actor') return <ActorPage actor={selected} key={selected} />
  if (page === 'command') return <CommandPage id={selected} key={selected} />
  if (page === 'cycle') return <CyclePage />
  if (page === 'send') return <SendPage target={selected} key={selected} />
  if (page === 'sequence') return <SequencePage selected={selected} key={selected} />
  if (page === 'supervision') return <SupervisionPage />
  if (page === 'alarms') return <AlarmsPage />
  return <ReplicasPage />
}

function Top({ at, head }: { at: Address; head: Head | null }) {
  const vote = head?.vote
  return (
    <header>
      <a class="brand" href="/">
        {words.product}
      </a>
      <h1>{head?.title ?? at.site}</h1>
      {head && (
        <dl class="facts-of-site">
          <div>
            <dt>{words.mode}</dt>
            <dd>
              <a href={pageHref('actor', 'site')}>{head.mode}</a>
            </dd>
          </div>
          <div>
            <dt>{words.vote}</dt>
            <dd>
              <a href={pageHref('cycle')}>
                {vote ? `${vote.signed.length}/${vote.replicas} ${vote.source}` : words.noVote}
              </a>
              {vote && vote.dissent.length > 0 && (
                <Badge kind="alarm">
                  ▲ {words.dissent}: {vote.dissent.join(', ')}
                </Badge>
              )}
            </dd>
          </div>
          <div>
            <dt>{words.slots}</dt>
            <dd>
              {head.slots ? words.onTime(head.slots.onTime) : '--'}
              {head.slots && head.slots.held > 0 && words.held(head.slots.held)}
              {head.slots && head.slots.uncovered > 0 && words.uncovered(head.slots.uncovered)}
              {head.uncoveredLately > 0 && <Badge kind="alarm">▲ {words.lately(head.uncoveredLately)}</Badge>}
            </dd>
          </div>
        </dl>
      )}
      <button type="button" class="quiet" onClick={() => void signedIn.end()}>
        {words.signIn.end}
      </button>
    </header>
  )
}
