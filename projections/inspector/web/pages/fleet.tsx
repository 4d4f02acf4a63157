/** One tile per asset, the most abnormal first; the same as a table for those who read tables. */
import { useState } from 'preact/hooks'
import { byAbnormality } from '../../abnormality.ts'
import type { Fleet } from '../../views/fleet.ts'
import type { Tile } from '../../views/tiles.ts'
import { pageHref } from '../address.ts'
import { useView } from '../connection.ts'
import { Badge, ConditionMark, Showing, statesInWords, Table } from '../parts.tsx'
import { type Cell, Windowed } from '../windowed.tsx'
import { words } from '../words.ts'

/** Above it only the tiles in sight are made: a browser that paints ten thousand shows none of them in time. */
const WHOLE_MAX = 200
const CELL: Cell = { widthPx: 230, heightPx: 104, gapPx: 10 }
/** Rows of the table; the most abnormal are the first, a filter finds the others. */
const ROWS_MAX = 500

export function FleetPage() {
  const shown = useView('fleet')
  return <Showing shown={shown}>{fleet => <Tiles fleet={fleet} />}</Showing>
}

function Tiles({ fleet }: { fleet: Fleet }) {
  const [text, setText] = useState('')
  const [table, setTable] = useState(false)
  const wanted = text.toLowerCase()
  const tiles = Object.values(fleet.tiles)
    .filter(tile => wanted === '' || inWords(tile).includes(wanted))
    .sort(byAbnormality)
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
      ) : tiles.length > WHOLE_MAX ? (
        <Windowed class="tiles is-many" items={tiles} cell={CELL}>
          {tile => <TileOf key={tile.name} tile={tile} />}
        </Windowed>
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
    {tile.because !== '' && (
      <span class="because" title={tile.because}>
        {tile.because}
      </span>
    )}
  </a>
)

const FleetTable = ({ tiles }: { tiles: readonly Tile[] }) => (
  <>
    <Table heads={[words.asset, words.type, words.condition, words.state, words.channel, words.points]}>
      {tiles.slice(0, ROWS_MAX).map(tile => (
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
    </Table>
    {tiles.length > ROWS_MAX && (
      <p class="muted">
        {ROWS_MAX} / {tiles.length} {words.filterForMore}
      </p>
    )}
  </>
)
