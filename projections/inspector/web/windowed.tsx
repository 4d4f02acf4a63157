/** A grid of very many cells of one size of which only those in sight are made, and a few rows around them. */
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

/** Rows beside those in sight: the next tab stop, and what a quick scroll uncovers first. */
const SPARE_ROWS = 4

export interface Cell {
  readonly widthPx: number
  readonly heightPx: number
  readonly gapPx: number
}
interface InSight {
  readonly columns: number
  readonly firstRow: number
  readonly rows: number
}
export interface WindowedProps<T> {
  readonly items: readonly T[]
  readonly cell: Cell
  readonly class: string
  readonly children: (item: T) => ComponentChildren
}
export function Windowed<T>({ items, cell, class: name, children }: WindowedProps<T>) {
  const whole = useRef<HTMLDivElement>(null)
  const [{ columns, firstRow, rows }, see] = useState<InSight>({ columns: 1, firstRow: 0, rows: SPARE_ROWS })
  useLayoutEffect(() => {
    const scroller = whole.current!.closest('main')!
    const look = () => see(before => same(before, inSight(whole.current!, scroller, cell)))
    look()
    scroller.addEventListener('scroll', look, { passive: true })
    const resized = new ResizeObserver(look)
    resized.observe(scroller)
    return () => {
      scroller.removeEventListener('scroll', look)
      resized.disconnect()
    }
  }, [])
  const pitchPx = cell.heightPx + cell.gapPx
  const style = {
    '--columns': String(columns),
    '--cell-height': `${cell.heightPx}px`,
    gap: `${cell.gapPx}px`,
    transform: `translateY(${firstRow * pitchPx}px)`,
  }
  return (
    <div ref={whole} class="windowed" style={{ height: `${Math.ceil(items.length / columns) * pitchPx}px` }}>
      <div class={name} style={style}>
        {items.slice(firstRow * columns, (firstRow + rows) * columns).map(children)}
      </div>
    </div>
  )
}

function inSight(whole: HTMLElement, scroller: HTMLElement, { widthPx, heightPx, gapPx }: Cell): InSight {
  const pitchPx = heightPx + gapPx
  const abovePx = scroller.getBoundingClientRect().top - whole.getBoundingClientRect().top
  const firstRow = Math.max(0, Math.floor(abovePx / pitchPx) - SPARE_ROWS)
  return {
    columns: Math.max(1, Math.floor((whole.clientWidth + gapPx) / (widthPx + gapPx))),
    firstRow,
    rows: Math.ceil(scroller.clientHeight / pitchPx) + 2 * SPARE_ROWS,
  }
}
/** The same object where nothing is another: nothing is drawn anew. */
const same = (before: InSight, now: InSight): InSight =>
  before.columns === now.columns && before.firstRow === now.firstRow && before.rows === now.rows ? before : now
