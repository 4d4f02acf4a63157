/**
 * The one-line diagram: the grid connection on top, a bus bar, each asset on its own feeder. Muted, as equipment that is
 * as it should be; an arrow says which way power flows, its width how much.
 */
import type { SitePage as Page } from '../../views/site.ts'
import { pageHref } from '../address.ts'
import { words } from '../words.ts'

const FEEDER = 150
const TOP = 78
const HEIGHT = 210
const ARROW_W_MAX = 10
/** Above it an arrow grows no wider. */
const POWER_W_MAX = 20_000

type Asset = Page['assets'][number]

export function OneLine({ site }: { site: Page }) {
  const meter = site.assets.find(asset => asset.name === site.limits.meter)
  const feeders = site.assets.filter(asset => asset !== meter)
  const width = Math.max(1, feeders.length) * FEEDER + 20
  return (
    <div class="one-line scroll">
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} width={width} height={HEIGHT}>
        <title>{inWords(site)}</title>
        {meter && <Equipment asset={meter} x={width / 2} y={8} grid />}
        <line class="bus" x1={10} x2={width - 10} y1={TOP + 22} y2={TOP + 22} />
        {meter && (
          <Flow x={width / 2} from={54} to={TOP + 20} powerW={powerOf(meter)} down={(powerOf(meter) ?? 0) > 0} />
        )}
        {feeders.map((asset, i) => {
          const x = 10 + FEEDER * (i + 0.5)
          const powerW = powerOf(asset)
          return (
            <g key={asset.name}>
              <Flow x={x} from={TOP + 24} to={TOP + 74} powerW={powerW} down={(powerW ?? 0) < 0} />
              <Equipment asset={asset} x={x} y={TOP + 78} />
            </g>
          )
        })}
      </svg>
    </div>
  )
}

function Equipment({ asset, x, y, grid = false }: { asset: Asset; x: number; y: number; grid?: boolean }) {
  const power = asset.points.power ?? asset.points.activePower
  return (
    <a href={pageHref('actor', asset.name)}>
      <rect class={`equipment is-${asset.condition}`} x={x - 64} y={y} width={128} height={46} rx={4} />
      <text x={x} y={y + 19} class="equipment-name">
        {asset.name}
        {asset.condition !== 'normal' && ` ${words.conditions[asset.condition]}`}
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
