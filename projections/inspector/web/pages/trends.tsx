/** Trends of the site: the meter and each setpoint, set against confirmed against measured, over the last minutes. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type uPlot from 'uplot'
import type { Trend } from '../../trend.ts'
import type { SitePage } from '../../views/site.ts'
import { address } from '../address.ts'
import { clock } from '../parts.tsx'
import { ask } from '../session.ts'
import { words } from '../words.ts'

const REFRESH_MS = 2_000
const HEIGHT = 150
/** Shown at once; more would say nothing more. */
const TRENDS_MAX = 4

export function Trends({ site }: { site: SitePage }) {
  const { meter } = site.limits
  const setpoints = site.assets.flatMap(({ name, setpoints }) =>
    Object.keys(setpoints).map(point => [name, point] as const),
  )
  const shown = [[meter, 'power'] as const, ...setpoints].slice(0, TRENDS_MAX)
  return (
    <div class="trends">
      {shown.map(([asset, point]) => (
        <One key={`${asset}.${point}`} asset={asset} point={point} />
      ))}
    </div>
  )
}

function One({ asset, point }: { asset: string; point: string }) {
  const frame = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const [trend, setTrend] = useState<Trend | null>(null)
  const { site, at } = address.value!
  useEffect(() => {
    let going = true
    const look = async () => {
      const query = `asset=${asset}&point=${point}${at === null ? '' : `&at=${at}`}`
      const now = await ask<Trend>(`/inspector/sites/${site}/trend?${query}`).catch(() => null)
      if (!going) return
      if (now) setTrend(now)
      if (at === null) setTimeout(look, REFRESH_MS)
    }
    void look()
    return () => {
      going = false
    }
  }, [site, asset, point, at])
  useEffect(() => {
    if (trend) void drawn(frame.current!, plot, trend)
  }, [trend])
  useEffect(() => () => plot.current?.destroy(), [])
  const last = trend?.measured.findLast(value => value !== null)
  return (
    <figure aria-label={`${asset} ${point}, ${last ?? '--'} ${trend?.unit ?? ''}`}>
      <figcaption>
        <b>
          {asset}.{point}
        </b>{' '}
        <span class="muted">{trend?.unit}</span>
        {trend && trend.set.length > 0 && (
          <span class="legend">
            <span class="is-set">{words.decided}</span> <span class="is-applied">{words.applied}</span>{' '}
            <span class="is-measured">{words.measured}</span>
          </span>
        )}
      </figcaption>
      <div ref={frame} class="plot" />
    </figure>
  )
}

/** The plotting library comes when the first trend does. */
async function drawn(frame: HTMLElement, plot: { current: uPlot | null }, trend: Trend): Promise<void> {
  const { default: Plot } = await import('uplot')
  const data = [
    trend.t,
    trend.measured,
    ...(trend.set.length > 0 ? [trend.set, trend.applied] : []),
  ] as unknown as uPlot.AlignedData // it only reads
  if (!frame.isConnected) return
  if (plot.current) return plot.current.setData(data)
  const style = getComputedStyle(frame)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const [text, line, muted] = [style.color, style.borderTopColor, style.outlineColor]
  const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line }, font: '11px Inter' }
  plot.current = new Plot(
    {
      width: Math.max(200, frame.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false },
      axes: [
        { ...axis, values: (_plot, splits) => splits.map(at => clock(at * 1_000).slice(0, 8)) },
        { ...axis, size: 64 },
      ],
      series: [
        {},
        { stroke: text, width: 1.5 },
        { stroke: muted, width: 1.5, dash: [2, 3] },
        { stroke: colour('--link') || muted, width: 1.5, dash: [7, 4] },
      ].slice(0, data.length),
    },
    data,
    frame,
  )
}
