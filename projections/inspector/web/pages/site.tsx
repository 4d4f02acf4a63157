/** The whole site: set, confirmed and actual side by side, who decided it, and what was asked of it. */
import type { SitePage as Page } from '../../views/site.ts'
import { pageHref } from '../address.ts'
import { useView } from '../connection.ts'
import { ConditionMark, Section, Showing, span, statesInWords, Table } from '../parts.tsx'
import { words } from '../words.ts'
import { OneLine } from './one-line.tsx'
import { Trends } from './trends.tsx'

export function SitePage() {
  const shown = useView('site')
  return (
    <Showing shown={shown}>
      {site => (
        <>
          <OneLine site={site} />
          <Section title={words.trends}>
            <Trends site={site} />
          </Section>
          <Section title={words.setpoints}>
            <SetpointsOf site={site} />
          </Section>
          <div class="columns">
            <Section title={words.strategies}>
              <Strategies site={site} />
            </Section>
            <Section title={words.commands}>
              <Commands site={site} />
            </Section>
          </div>
        </>
      )}
    </Showing>
  )
}

const SetpointsOf = ({ site }: { site: Page }) => (
  <Table heads={[words.asset, words.state, words.setpoint, words.decided, words.applied, words.bounds, words.why]}>
    {site.assets.flatMap(asset =>
      Object.entries(asset.setpoints).map(([name, setpoint]) => (
        <tr key={`${asset.name}.${name}`}>
          <th scope="row">
            <a href={pageHref('actor', asset.name)}>{asset.name}</a> <ConditionMark condition={asset.condition} />
          </th>
          <td>{statesInWords(asset.states)}</td>
          <td>{name}</td>
          <td class="number">
            {setpoint.decided ?? '--'} {setpoint.unit}
          </td>
          <td class="number">{setpoint.appliedText || '--'}</td>
          <td class="number">
            {words.from(setpoint.min, setpoint.max)}
            <span class="muted">
              {' '}
              {setpoint.minBy === setpoint.maxBy ? setpoint.minBy : `${setpoint.minBy}, ${setpoint.maxBy}`}
            </span>
          </td>
          <td>
            {setpoint.why}
            {setpoint.boundBy && `, ${words.because} ${setpoint.boundBy}`}
          </td>
        </tr>
      )),
    )}
  </Table>
)

const Strategies = ({ site }: { site: Page }) => (
  <ol class="plain">
    {site.strategies.map(({ name, type, priority, roles }) => (
      <li key={name}>
        <b>{name}</b> <span class="muted">{words.priorityIs(type, priority)}</span>{' '}
        {Object.entries(roles)
          .map(([role, assets]) => `${role}: ${assets.join(', ')}`)
          .join('; ')}
      </li>
    ))}
    <li>
      <b>{words.limits}</b> {words.limitsAre(site.limits.importMax, site.limits.exportMax, site.limits.meter)}
    </li>
  </ol>
)
const Commands = ({ site }: { site: Page }) =>
  site.commands.length === 0 ? (
    <p class="muted">{words.nothingHere}</p>
  ) : (
    <ul class="plain">
      {site.commands.map(({ id, target, name, state, by, issuedAtMs, endedAtMs }) => (
        <li key={id}>
          <a href={pageHref('command', id)}>
            {target} {name}
          </a>{' '}
          <b>{state}</b> <span class="muted">{words.byWhom(by)}</span>{' '}
          {endedAtMs !== null && <span class="muted">{words.after(span(Math.max(0, endedAtMs - issuedAtMs)))}</span>}
        </li>
      ))}
    </ul>
  )
