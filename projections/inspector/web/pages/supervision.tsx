/** The trees of every process, and their actors: each can be opened. */
import type { TreeRow } from '../../../../protocol/words/observed.ts'
import type { ProcessRow } from '../../views/supervision.ts'
import { address, pageHref } from '../address.ts'
import { useView } from '../connection.ts'
import { Badge, clock, Section, Showing, Table, utc } from '../parts.tsx'
import { words } from '../words.ts'

export function SupervisionPage() {
  const shown = useView('supervision')
  return (
    <Showing shown={shown}>
      {({ processes }) =>
        processes.length === 0 ? (
          <p>{words.nothingHere}</p>
        ) : (
          processes.map(each => <Process key={each.process} row={each} />)
        )
      }
    </Showing>
  )
}

const Process = ({ row }: { row: ProcessRow }) => (
  <Section title={row.process}>
    <p class="muted">
      {words.heard(row.life, clock(row.heardMs))}{' '}
      {row.silent && address.value?.at === null && <Badge kind="alarm">▲ {words.silentProcess}</Badge>}
    </p>
    {row.tree.length > 0 && (
      <ul class="tree" aria-label={`${words.pages.supervision} ${row.process}`}>
        {row.tree.map(each => (
          <Row key={each.path} row={each} />
        ))}
      </ul>
    )}
    {row.charts.length > 0 && (
      <Table heads={[words.pages.actor, words.state, words.since, words.chart]}>
        {row.charts.map(({ path, chart, state, sinceMs }) => (
          <tr key={path}>
            <th scope="row">
              <a href={pageHref('actor', path)}>{path}</a>
            </th>
            <td>{state}</td>
            <td>{utc(sinceMs)}</td>
            <td>{chart}</td>
          </tr>
        ))}
      </Table>
    )}
  </Section>
)
const Row = ({ row }: { row: TreeRow }) => {
  const depth = row.path.split('/').length - 1
  const name = row.path.split('/').at(-1)
  return (
    <li style={{ '--depth': String(depth) }}>
      {row.kind === 'supervisor' ? (
        <>
          <b>{name}</b> <span class={row.state === 'running' ? 'muted' : ''}>{row.state}</span>{' '}
          <span class="muted">
            {words.spent(row.strategy, row.intensity.spent, row.intensity.max, row.intensity.withinMs / 1_000)}
          </span>
        </>
      ) : (
        <>
          {name}{' '}
          {row.state === 'up' ? <span class="muted">{words.up}</span> : <Badge kind="alarm">▲ {row.state}</Badge>}{' '}
          <span class="muted">{row.restart}</span> {row.restarts > 0 && <span>{words.restarts(row.restarts)}</span>}{' '}
          {row.lastExit && <span class="muted">{words.lastExit(utc(row.lastExit.atMs), row.lastExit.reason)}</span>}
        </>
      )}
    </li>
  )
}
