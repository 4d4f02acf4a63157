/**
 * The one-line diagram: the grid connection on top, a bus bar, each asset on its own feeder; where they are many, as many
 * rows as it takes. Muted, as equipment that is as it should be; an arrow says which way power flows, its width how much.
 */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { SitePage as Page } from '../../views/site.ts'
import { pageHref } from '../address.ts'
import { words } from '../words.ts'

const FEEDER = 150
const BUS_Y = 100
const ROW = 120
const MARGIN = 10
const ARROW_W_MAX = 10
/** Above it an arrow grows no wider. */
const POWER_W_MAX = 20_000

type Asset = Page['assets'][number]

export function OneLine({ site }: { site: Page }) {
  const meter = site.assets.find(asset => asset.name === site.limits.meter)
  const feeders = site.assets.filter(asset => asset !== meter)
  const frame = useRef<HTMLDivElement>(null)
  const columns = Math.max(1, Math.min(feeders.length, Math.floor((useWidth(frame) - 2 * MARGIN) / FEEDER)))
  const rows = Math.max(1, Math.ceil(feeders.length / columns))
  const [width, height] = [columns * FEEDER + 2 * MARGIN, BUS_Y - 10 + rows * ROW]
  const busY = (row: number) => BUS_Y + row * ROW
  return (
    <div class="one-line scroll" ref={frame}>
      {/* biome-ignore lint/a11y/useSemanticElements: a drawing of links is no fieldset, and no picture without any */}
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="group" aria-label={inWords(site)}>
        {meter && <Equipment asset={meter} x={width / 2} y={8} grid />}
        {rows > 1 && <line class="bus" x1={MARGIN} x2={MARGIN} y1={busY(0)} y2={busY(rows - 1)} />}
        {Array.from({ length: rows }, (_, row) => (
          <line key={row} class="bus" x1={MARGIN} x2={width - MARGIN} y1={busY(row)} y2={busY(row)} />
        ))}
        {meter && (
          <Flow x={width / 2} from={54} to={BUS_Y - 2} powerW={powerOf(meter)} down={(powerOf(meter) ?? 0) > 0} />
        )}
        {feeders.map((asset, i) => {
          const x = MARGIN + FEEDER * ((i % columns) + 0.5)
          const y = busY(Math.floor(i / columns))
          const powerW = powerOf(asset)
          return (
            <g key={asset.name}>
              <Flow x={x} from={y + 2} to={y + 52} powerW={powerW} down={(powerW ?? 0) < 0} />
              <Equipment asset={asset} x={x} y={y + 56} />
            </g>
          )
        })}
      </svg>
    </div>
  )
}
/** Before it is known: two feeders. */
function useWidth(frame: { readonly current: HTMLElement | null }): number {
  const [widthPx, setWidthPx] = useState(2 * FEEDER + 2 * MARGIN)
  useLayoutEffect(() => {
    const look = () => setWidthPx(frame.current!.clientWidth)
    look()
    const resized = new ResizeObserver(look)
    resized.observe(frame.current!)
    return () => resized.disconnect()
  }, [])
  return widthPx
}

function Equipment({ asset, x, y, grid = false }: { asset: Asset; x: number; y: number; grid?: boolean }) {
  const power = asset.points.power ?? asset.points.activePower
  const condition = asset.condition === 'normal' ? '' : ` ${words.conditions[asset.condition]}`
  return (
    <a href={pageHref('actor', asset.name)}>
      <title>{asset.name}</title>
      <rect class={`equipment is-${asset.condition}`} x={x - 64} y={y} width={128} height={46} rx={4} />
      <text x={x} y={y + 19} class="equipment-name">
        {cut(asset.name, NAME_CHARS_MAX - condition.length)}
        {condition}
      </text>
      <text x={x} y={y + 36} class={power?.quality === 'good' ? 'equipment-power' : 'equipment-power is-not-good'}>
        {power?.text || '--'}
        {grid &&
          power?.value !== undefined &&
          Number(power.value) !== 0 &&
          (Number(power.value) > 0 ? ` ${words.import}` : ` ${words.export}`)}
      </text>
    </a>
  )
}
/** What fits a box of equipment. */
const NAME_CHARS_MAX = 18
const cut = (name: string, chars: number): string =>
  name.length <= chars ? name : `${name.slice(0, Math.ceil(chars / 2))}…${name.slice(1 - Math.floor(chars / 2))}`

function Flow({
  x,
  from,
  to,
  powerW,
  down,
}: {
  x: number
  from: number
  to: number
  powerW: number | null
  down: boolean
}) {
  const width = 1 + (Math.min(Math.abs(powerW ?? 0), POWER_W_MAX) / POWER_W_MAX) * ARROW_W_MAX
  const [tail, tip] = down ? [from, to] : [to, from]
  const back = down ? -9 : 9
  return (
    <g class={powerW === null ? 'flow is-unknown' : 'flow'}>
      <line x1={x} x2={x} y1={tail} y2={tip} stroke-width={width} />
      {powerW !== null && Math.abs(powerW) > 0 && (
        <path d={`M${x} ${tip} l${-5 - width / 2} ${back} h${10 + width} z`} />
      )}
    </g>
  )
}
/** Positive power discharges or exports from an asset; positive grid power is import. */
function powerOf({ points }: Asset): number | null {
  const power = points.power ?? points.activePower
  return typeof power?.value === 'number' && power.quality === 'good' ? power.value : null
}
const inWords = (site: Page): string =>
  site.assets
    .map(({ name, points }) => `${name} ${(points.power ?? points.activePower)?.text ?? words.unknown}`)
    .join(', ')
