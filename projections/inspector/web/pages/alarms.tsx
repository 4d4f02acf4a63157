/** Alarms: what is wrong, since when, what to do; acknowledged and shelved by a person, with a reason and an end. */
import { useState } from 'preact/hooks'
import type { AlarmsPage as Page } from '../../views/alarms.ts'
import { address, pageHref } from '../address.ts'
import { type Problem, useView } from '../connection.ts'
import { acknowledgement, enrol, myKey, operate } from '../operating.ts'
import { Badge, ProblemNote, Section, Showing, span } from '../parts.tsx'
import { Refused } from '../session.ts'
import { words } from '../words.ts'

const SHELVE_MINUTES = [15, 60, 240, 480]

export function AlarmsPage() {
  const shown = useView('alarms')
  const head = useView('head')
  const nowMs = head.kind === 'shown' ? head.value.nowMs : 0
  return <Showing shown={shown}>{page => <Whole page={page} nowMs={nowMs} />}</Showing>
}

function Whole({ page, nowMs }: { page: Page; nowMs: number }) {
  const [problem, setProblem] = useState<Problem | null>(null)
  const act = async (alarm: string, shelve?: { untilMs: number; reason: string }) => {
    setProblem(null)
    try {
      const mine = await myKey()
      const key = mine.id === null ? await enrol(mine) : mine
      await operate(acknowledgement(alarm, key.id!, nowMs, shelve), key)
    } catch (error) {
      if (error instanceof Refused) setProblem(error.problem)
      else throw error
    }
  }
  const standing = page.alarms.filter(alarm => !alarm.shelved)
  const shelved = page.alarms.filter(alarm => alarm.shelved)
  return (
    <>
      {page.flood && (
        <p class="notice is-bad" role="alert">
          <b>{words.flood}</b>: {page.raisedInTenMinutes} {words.rate}
        </p>
      )}
      {problem && <ProblemNote problem={problem} />}
      <Section title={words.pages.alarms}>
        <p class="muted">
          {page.raisedInTenMinutes} {words.rate}
          {Object.entries(page.byPriority).map(([priority, count]) => `, ${count} ${priority}`)}
        </p>
        {standing.length === 0 ? (
          <p>{words.nothingHere}</p>
        ) : (
          <ul class="alarms">
            {standing.map(alarm => (
              <One key={alarm.key} alarm={alarm} act={act} nowMs={nowMs} />
            ))}
          </ul>
        )}
      </Section>
      {shelved.length > 0 && (
        <Section title={words.shelved}>
          <ul class="alarms">
            {shelved.map(alarm => (
              <li key={alarm.key}>
                <b>{alarm.key}</b> {alarm.text}{' '}
                <span class="muted">
                  {words.shelvedFor(
                    span(Math.max(0, alarm.shelvedUntilMs - nowMs)),
                    alarm.shelvedBy?.by ?? '',
                    alarm.shelvedBy?.reason ?? '',
                  )}
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  )
}

type Alarm = Page['alarms'][number]
type Act = (alarm: string, shelve?: { untilMs: number; reason: string }) => Promise<void>
function One({ alarm, act, nowMs }: { alarm: Alarm; act: Act; nowMs: number }) {
  const [reason, setReason] = useState('')
  const [minutes, setMinutes] = useState(SHELVE_MINUTES[0]!)
  const past = address.value?.at !== null
  return (
    <li class={`alarm is-${alarm.condition}`}>
      <p>
        <Badge kind={alarm.condition.startsWith('active') ? 'alarm' : 'plain'}>▲ {alarm.priority}</Badge>{' '}
        <a href={alarm.asset === 'gateway' ? pageHref('supervision') : pageHref('actor', alarm.asset)}>{alarm.asset}</a>{' '}
        <b>{alarm.alarm}</b> {alarm.text}{' '}
        <span class="muted">
          <a href={pageHref('actor', `alarm/${alarm.key}`)}>{words.alarmConditions[alarm.condition]}</a>,{' '}
          {span(alarm.ageMs)} old
          {alarm.about && `, about ${alarm.about}`}
        </span>
      </p>
      {alarm.response && (
        <p>
          {words.response}: {alarm.response}
        </p>
      )}
      <div class="toolbar">
        {alarm.condition.endsWith('Unacknowledged') && (
          <button type="button" disabled={past} onClick={() => void act(alarm.key)}>
            {words.acknowledge}
          </button>
        )}
        <details>
          <summary>{words.shelve}</summary>
          <form
            onSubmit={event => {
              event.preventDefault()
              void act(alarm.key, { untilMs: nowMs + minutes * 60_000, reason })
            }}
          >
            <label>
              {words.send.reason}
              <input required minLength={3} value={reason} onInput={event => setReason(event.currentTarget.value)} />
            </label>
            <label>
              {words.shelve}
              <select value={minutes} onChange={event => setMinutes(Number(event.currentTarget.value))}>
                {SHELVE_MINUTES.map(each => (
                  <option key={each} value={each}>
                    {span(each * 60_000)}
                  </option>
                ))}
              </select>
            </label>
            <button type="submit" disabled={past}>
              {words.shelve}
            </button>
          </form>
        </details>
      </div>
    </li>
  )
}
