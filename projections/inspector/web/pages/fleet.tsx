/** One tile per asset, the most abnormal first; the same as a table for those who read tables. */
import { useState } from 'preact/hooks'
import type { Fleet, Tile } from '../../views/fleet.ts'
import { pageHref } from '../address.ts'
import { useView } from '../connection.ts'
import { Badge, ConditionMark, Showing, statesInWords } from '../parts.tsx'
import { words } from '../words.ts'

export function FleetPage() {
  const shown = useView('fleet')
  return <Showing shown={shown}>{fleet => <Tiles fleet={fleet} />}</Showing>
}

function Tiles({ fleet }: { fleet: Fleet }) {
  const [text, setText] = useState('')
  const [table, setTable] = useState(false)
  const wanted = text.toLowerCase()
  const tiles = fleet.tiles.filter(tile => inWords(tile).includes(wanted))
  return (
    <>
      <div class="toolbar">
        <h2>
          {words.pages.fleet} <span class="muted">{tiles.length}</span>
        </h2>
        <label>
          {words.filter}
          <input type="search" value={text} onInput={event => setText(event.currentTarget.value)} />
        </label>
        <button type="button" aria-pressed={table} onClick={() => setTable(!table)}>
          {table ? words.asTiles : words.asTable}
        </button>
      </div>
      {table ? (
        <FleetTable tiles={tiles} />
      ) : (
        <div class="tiles">
          {tiles.map(tile => (
            <TileOf key={tile.name} tile={tile} />
          ))}
        </div>
      )}
    </>
  )
}
const inWords = ({ name, title, type, condition, states, channel }: Tile): string =>
  [name, title, type, condition, channel ?? '', ...states].join(' ').toLowerCase()

const TileOf = ({ tile }: { tile: Tile }) => (
  <a class={`tile is-${tile.condition}`} href={pageHref('actor', tile.name)}>
    <span class="tile-head">
      <b>{tile.name}</b>
      <span class="muted">{tile.type}</span>
      <ConditionMark condition={tile.condition} />
    </span>
    <span class="tile-state">{statesInWords(tile.states)}</span>
    <span class="figures">
      {tile.figures.map(({ name, text, good }) => (
        <span key={name} class={good ? '' : 'is-not-good'}>
          <span class="muted">{name}</span> {text}
        </span>
      ))}
    </span>
    {tile.because !== '' && <span class="because">{tile.because}</span>}
  </a>
)

const FleetTable = ({ tiles }: { tiles: readonly Tile[] }) => (
  <div class="scroll">
    <table>
      <thead>
        <tr>
          {[words.asset, words.type, words.condition, words.state, words.channel, words.points].map(title => (
            <th scope="col" key={title}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {tiles.map(tile => (
          <tr key={tile.name}>
            <th scope="row">
              <a href={pageHref('actor', tile.name)}>{tile.name}</a>
            </th>
            <td>{tile.type}</td>
            <td>
              {tile.condition === 'normal' ? words.conditions.normal : <ConditionMark condition={tile.condition} />}{' '}
              {tile.alarms > 0 && <Badge kind="alarm">{tile.alarms}</Badge>} {tile.because}
            </td>
            <td>{statesInWords(tile.states)}</td>
            <td>{tile.channel ?? words.none}</td>
            <td>{tile.figures.map(({ name, text }) => `${name} ${text}`).join(', ')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)
