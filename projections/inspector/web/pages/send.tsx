/**
 * Select before operate. Select: the pure step says what would be. Operate: within its countdown, with a reason and a
 * second act of the hand, signed by this browser's key; refused where the state is another by then. Then its life, live.
 */
import { useEffect, useState } from 'preact/hooks'
import { byName } from '../../abnormality.ts'
import type { Preview } from '../../preview.ts'
import type { ActorPage } from '../../views/actor.ts'
import { address, go, pageHref } from '../address.ts'
import { type Problem, useView } from '../connection.ts'
import { commandOf, enrol, myKey, operate, type Wish } from '../operating.ts'
import { Changes, ProblemNote, Section, Showing } from '../parts.tsx'
import { type Key, Refused, tell } from '../session.ts'
import { words } from '../words.ts'
import { Life } from './life.tsx'

const MAY_OPERATE = ['operator', 'engineer', 'administrator']

export function SendPage({ target }: { target: string }) {
  const fleet = useView('fleet')
  if (address.value?.at !== null)
    return (
      <Section title={words.pages.send}>
        <p class="notice">{words.pastControls}</p>
      </Section>
    )
  return (
    <>
      <Section title={words.send.target}>
        <Showing shown={fleet}>
          {({ tiles }) => (
            <p class="choices">
              {['site', ...Object.keys(tiles).sort(byName)].map(name => (
                <a key={name} href={pageHref('send', name)} aria-current={name === target ? 'true' : undefined}>
                  {name}
                </a>
              ))}
            </p>
          )}
        </Showing>
      </Section>
      {target !== '' && <Of target={target} />}
    </>
  )
}
function Of({ target }: { target: string }) {
  const shown = useView('actor', { actor: target })
  return <Showing shown={shown}>{page => <Form page={page} />}</Showing>
}

interface Selected {
  readonly preview: Preview
  readonly wish: Wish
  readonly endsAt: number
}
function Form({ page }: { page: ActorPage }) {
  const [key, setKey] = useState<Key | null>(null)
  const [selected, setSelected] = useState<Selected | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [sent, setSent] = useState<string | null>(null)
  const trying = async (act: () => Promise<void>) => {
    setProblem(null)
    try {
      await act()
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      setProblem(error.problem)
    }
  }
  useEffect(() => void trying(async () => setKey(await myKey())), [])
  const select = (wish: Wish) =>
    trying(async () => {
      setSent(null)
      const { site } = address.value!
      const body = JSON.stringify(commandOf(wish, key?.id ?? 'nobody', 0))
      const preview = await tell<Preview>(`/inspector/sites/${site}/preview`, body)
      setSelected({ preview, wish, endsAt: performance.now() + preview.operateWithinMs })
    })
  const carryOut = () =>
    trying(async () => {
      const { wish, preview } = selected!
      setSelected(null)
      const { id } = await operate(commandOf(wish, key!.id!, preview.nowMs), key!, preview.basis)
      setSent(id)
    })
  return (
    <>
      <Section title={`${words.send.command}: ${page.path}`}>
        <Choice page={page} select={select} />
      </Section>
      {problem && <ProblemNote problem={problem} />}
      {key && key.id === null && (
        <Section title={words.send.enrol}>
          <p>{words.send.enrolText}</p>
          <p>
            <code>{key.publicKey}</code>
          </p>
          <button type="button" onClick={() => void trying(async () => setKey(await enrol(key)))}>
            {words.send.enrol}
          </button>
        </Section>
      )}
      {selected && <Armed selected={selected} keyOf={key} cancel={() => setSelected(null)} operate={carryOut} />}
      {sent && <Life id={sent} open={() => go(pageHref('command', sent))} />}
    </>
  )
}

function Choice({ page, select }: { page: ActorPage; select: (wish: Wish) => void }) {
  const setpoints = page.asset ? Object.keys(page.asset.setpoints) : []
  const names = [...page.asks.map(({ name }) => name), ...(setpoints.length > 0 ? ['setpoint'] : [])]
  const [name, setName] = useState(names[0] ?? '')
  const [params, setParams] = useState<Readonly<Record<string, string>>>({})
  const ask = page.asks.find(each => each.name === name)
  const wanted: Readonly<Record<string, string | readonly string[]>> =
    name === 'setpoint' ? { name: setpoints, value: words.quantity } : (ask?.params ?? {})
  const set = (param: string, value: string) => setParams({ ...params, [param]: value })
  return (
    <form
      class="choice"
      onSubmit={event => {
        event.preventDefault()
        const given = Object.keys(wanted).map(param => [param, params[param] ?? firstOf(wanted[param]!)])
        select({ target: page.path, name, params: Object.fromEntries(given) })
      }}
    >
      <label>
        {words.send.command}
        <select value={name} onChange={event => setName(event.currentTarget.value)}>
          {names.map(each => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      {Object.entries(wanted).map(([param, unit]) => (
        // biome-ignore lint/a11y/noLabelWithoutControl: one of the two is inside
        <label key={param}>
          {param}
          {typeof unit === 'string' ? (
            <input
              required
              placeholder={unit}
              value={params[param] ?? ''}
              onInput={e => set(param, e.currentTarget.value)}
            />
          ) : (
            <select value={params[param] ?? unit[0]} onChange={e => set(param, e.currentTarget.value)}>
              {unit.map(each => (
                <option key={each}>{each}</option>
              ))}
            </select>
          )}
        </label>
      ))}
      <button type="submit">{words.send.select}</button>
      {ask?.refused && <p class="why-not">{ask.refused}</p>}
    </form>
  )
}
const firstOf = (unit: string | readonly string[]): string => (typeof unit === 'string' ? '' : (unit[0] ?? ''))

interface ArmedProps {
  readonly selected: Selected
  readonly keyOf: Key | null
  readonly cancel: () => void
  readonly operate: () => Promise<void>
}
function Armed({ selected: { preview, wish, endsAt }, keyOf, cancel, operate }: ArmedProps) {
  const [reason, setReason] = useState('')
  const [sure, setSure] = useState(false)
  const left = useCountdown(endsAt, cancel)
  const may = keyOf?.roles.some(role => MAY_OPERATE.includes(role)) ?? false
  return (
    <Section title={words.send.preview}>
      <p>
        <b>
          {wish.target} {wish.name}
        </b>{' '}
        {Object.entries(wish.params)
          .map(([name, value]) => `${name}=${value}`)
          .join(' ')}
      </p>
      {preview.accepted ? (
        <Changes changes={preview.changes} none={words.unchanged} />
      ) : (
        <p class="notice is-bad">
          {words.send.wouldBe}: {preview.reason}
        </p>
      )}
      <form
        onSubmit={event => {
          event.preventDefault()
          void operate()
        }}
      >
        <label>
          {words.send.reason}
          <input required minLength={3} value={reason} onInput={event => setReason(event.currentTarget.value)} />
        </label>
        <label class="check">
          <input type="checkbox" required checked={sure} onChange={event => setSure(event.currentTarget.checked)} />
          {words.send.confirm}
        </label>
        {!may && <p class="why-not">{words.send.noRole}</p>}
        <p>
          {words.send.within} <b role="timer">{left} s</b>
        </p>
        <button type="submit" class="operate" disabled={!may || !sure || reason.length < 3 || !preview.accepted}>
          {words.send.operate}
        </button>{' '}
        <button type="button" onClick={cancel}>
          {words.close}
        </button>
      </form>
    </Section>
  )
}
function useCountdown(endsAt: number, over: () => void): number {
  const [now, setNow] = useState(performance.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 250)
    return () => clearInterval(timer)
  }, [])
  useEffect(() => {
    if (now >= endsAt) over()
  }, [now >= endsAt])
  return Math.max(0, Math.ceil((endsAt - now) / 1_000))
}
