/** One actor: its chart with the live states, what it holds, why its setpoints are what they are, and why not otherwise. */
import type { ActorPage as Page } from '../../views/actor.ts'
import { address, hrefOf, pageHref } from '../address.ts'
import { useView } from '../connection.ts'
import { Badge, Changes, ConditionMark, Facts, Section, Showing, shownValue, statesInWords, Table } from '../parts.tsx'
import { words } from '../words.ts'
import { ActorChart } from './actor-chart.tsx'

export function ActorPage({ actor }: { actor: string }) {
  const since = address.value?.since ?? null
  const shown = useView('actor', { actor, ...(since !== null && { since: String(since) }) })
  return <Showing shown={shown}>{page => <Whole page={page} />}</Showing>
}

function Whole({ page }: { page: Page }) {
  return (
    <>
      <div class="toolbar">
        <h2>
          {page.path} <span class="muted">{page.title}</span> <ConditionMark condition={page.condition} />
        </h2>
        <p class="states">
          <b>{statesInWords(page.states)}</b>
          {page.tags.map(tag => (
            <span key={tag} class="tag">
              {tag}
            </span>
          ))}
        </p>
        {Object.entries(page.dissent).map(([state, who]) => (
          <Badge kind="alarm" key={state}>
            ▲ {who}: {state.slice(state.indexOf('.') + 1)}
          </Badge>
        ))}
        {page.because !== '' && <p class="because">{page.because}</p>}
      </div>
      <div class="actor">
        <ActorChart page={page} />
        <div class="side">
          {page.asset && Object.keys(page.asset.setpoints).length > 0 && (
            <Section title={words.setpoints}>
              <Setpoints asset={page.asset} />
            </Section>
          )}
          {page.asset && (
            <Section title={words.points}>
              <Points asset={page.asset} />
            </Section>
          )}
          {page.asks.length > 0 && (
            <Section title={words.asks}>
              <Asks page={page} />
            </Section>
          )}
          <Section title={address.value?.since === null ? words.changedHere : words.compared}>
            <Changes changes={page.changed} none={words.unchanged} />
          </Section>
          <Section title={words.holds}>
            <dl class="holds">
              {Object.entries(page.holds).map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>
                    <code>{shownValue(value)}</code>
                  </dd>
                </div>
              ))}
            </dl>
          </Section>
        </div>
      </div>
      <Section title={words.facts}>
        {page.last && (
          <p>
            <a href={hrefOf({ at: page.last.position })}>{page.last.position}</a> {page.last.text.join('; ')}
          </p>
        )}
        <Facts lines={page.facts} />
      </Section>
    </>
  )
}

type Asset = NonNullable<Page['asset']>
const Setpoints = ({ asset }: { asset: Asset }) => (
  <dl class="setpoints">
    {Object.entries(asset.setpoints).map(([name, setpoint]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>
          <p>
            {words.decided}{' '}
            <b>
              {setpoint.decided ?? '--'} {setpoint.unit}
            </b>
            , {words.applied.toLowerCase()} <b>{setpoint.appliedText || '--'}</b>
          </p>
          <p>
            {setpoint.why}
            {setpoint.boundBy && `, ${words.because} ${setpoint.boundBy}`}
          </p>
          <p class="muted">
            {words.bounds}: {words.from(`${setpoint.min} (${setpoint.minBy})`, `${setpoint.max} (${setpoint.maxBy})`)}
          </p>
        </dd>
      </div>
    ))}
  </dl>
)
const Points = ({ asset }: { asset: Asset }) => (
  <Table heads={[words.point, words.value, words.quality, words.age]}>
    {Object.entries(asset.points).map(([name, point]) => (
      <tr key={name} class={point.quality === 'good' ? '' : 'is-not-good'}>
        <th scope="row">{name}</th>
        <td class="number">{point.text || '--'}</td>
        <td>{point.quality}</td>
        <td class="number">{point.ageMs} ms</td>
      </tr>
    ))}
  </Table>
)
const Asks = ({ page }: { page: Page }) => (
  <ul class="asks">
    {page.asks.map(({ name, params, refused }) => (
      <li key={name} class={refused ? 'is-refused' : ''}>
        <b>{name}</b>{' '}
        {Object.entries(params)
          .map(([param, unit]) => `${param} (${typeof unit === 'string' ? unit : unit.join(' | ')})`)
          .join(', ')}{' '}
        {refused === null ? <span class="muted">{words.takes}</span> : <span>{refused}</span>}
      </li>
    ))}
    {address.value?.at === null && (
      <li>
        <a href={pageHref('send', page.path)}>{words.pages.send}</a>
      </li>
    )}
  </ul>
)
