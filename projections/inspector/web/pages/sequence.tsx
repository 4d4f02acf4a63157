/** Messages between actors: columns that stay, one line for each message, oldest on top; one cycle or command alone on demand. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Message, SequencePage as Page } from '../../views/sequence.ts'
import { hrefOf, pageHref } from '../address.ts'
import { useView } from '../connection.ts'
import { clock, Section, Showing } from '../parts.tsx'
import { words } from '../words.ts'

const LINE_PX = 30

export function SequencePage({ selected }: { selected: string }) {
  const shown = useView('sequence', selected === '' ? {} : { correlation: selected })
  return (
    <Section title={selected === '' ? words.pages.sequence : `${words.pages.sequence}: ${selected}`}>
      {selected !== '' && (
        <p>
          <a href={pageHref('sequence')}>{words.allMessages}</a>
        </p>
      )}
      <Showing shown={shown}>{page => <Lines page={page} />}</Showing>
    </Section>
  )
}

function Lines({ page: { actors, messages } }: { page: Page }) {
  const [hidden, setHidden] = useState<readonly string[]>([])
  const columns = actors.filter(actor => !hidden.includes(actor))
  const all = columns.map((_, i) => i)
  const replicas = all.filter(i => columns[i]!.startsWith('node-'))
  const placed = messages.flatMap(message => {
    const from = columns.indexOf(message.from)
    const to = message.to === '*' ? replicas : [columns.indexOf(message.to)]
    const ends = to.filter(i => i >= 0 && i !== from)
    return from < 0 || ends.length === 0 ? [] : [{ message, from, ends }]
  })
  const scrolled = useRef<HTMLDivElement>(null)
  /** The newest stays in sight, until somebody scrolls up. */
  const following = useRef(true)
  const follow = () => {
    const { scrollTop, clientHeight, scrollHeight } = scrolled.current!
    following.current = scrollTop + clientHeight > scrollHeight - LINE_PX
  }
  useLayoutEffect(() => {
    if (following.current && scrolled.current) scrolled.current.scrollTop = scrolled.current.scrollHeight
  }, [messages])
  if (messages.length === 0) return <p class="muted">{words.nothingHere}</p>
  return (
    <>
      <p class="choices">
        {actors.map(actor => (
          <label class="check" key={actor}>
            <input
              type="checkbox"
              checked={!hidden.includes(actor)}
              onChange={() =>
                setHidden(hidden.includes(actor) ? hidden.filter(each => each !== actor) : [...hidden, actor])
              }
            />
            {actor}
          </label>
        ))}
      </p>
      <div class="sequence" ref={scrolled} onScroll={follow}>
        <div class="lanes" style={{ '--lanes': String(columns.length) }}>
          <div class="lane-heads">
            <span>{words.time}</span>
            {columns.map(actor => (
              <b key={actor}>{actor}</b>
            ))}
          </div>
          <ol>
            {placed.map(({ message, from, ends }, i) => (
              <Line key={`${message.position}.${i}`} message={message} from={from} ends={ends} />
            ))}
          </ol>
        </div>
      </div>
    </>
  )
}

function Line({ message, from, ends }: { message: Message; from: number; ends: readonly number[] }) {
  const left = Math.min(from, ...ends)
  const right = Math.max(from, ...ends)
  const leftwards = Math.min(...ends) < from
  const { position, stampMs, text, correlation, abnormal, to } = message
  return (
    <li class={abnormal ? 'is-abnormal' : ''}>
      <a href={hrefOf({ at: position })} class="lane-time">
        {stampMs === null ? <span class="unseen">{position}</span> : clock(stampMs)}
      </a>
      <span
        class={`message ${leftwards ? 'is-left' : 'is-right'}`}
        style={{ gridColumn: `${left + 2} / ${right + 3}`, '--span': String(right - left + 1) }}
      >
        <a href={pageHref('sequence', correlation)}>
          <span class="unseen">{words.fromTo(message.from, to === '*' ? words.allReplicas : to)}</span>
          {abnormal && '▲ '}
          {text}
        </a>
      </span>
    </li>
  )
}
