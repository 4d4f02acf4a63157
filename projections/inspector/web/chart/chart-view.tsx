/**
 * A live statechart on a page: draw, mark, pan, zoom, fold, find. It knows no network: `load` brings the drawing.
 *
 * V1  A live update changes marks only. The chart is loaded anew when it is another one, or folded otherwise, never because
 *     of what happens in it: what one looks at must not jump.
 * V2  A loading that was overtaken by a later one is dropped.
 * V3  What was folded or unfolded stays where it was on the screen.
 */
import { batch, type ReadonlySignal, useComputed, useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { Marks } from '../../chart/marks.ts'
import type { Scene } from '../../chart/scene.ts'
import { savePng, saveSvg } from './export.ts'
import type { StateName } from './find.ts'
import { firstSight, READABLE, rememberTurn, type Sight, turnedBefore } from './first-sight.ts'
import { gestures, ZOOM_STEP } from './gestures.ts'
import { type Marked, mark, marked } from './mark.ts'
import { Minimap } from './minimap.tsx'
import { Search } from './search.tsx'
import { fitting, Viewport, zoomOf } from './viewport.ts'

/** What somebody chose of a chart; what is left open follows what is live. */
export interface Fold {
  readonly opened: readonly string[]
  readonly closed: readonly string[]
  /** To be seen, whatever is folded. */
  readonly find: string | null
}
export interface Drawn {
  readonly svg: string
  readonly scene: Scene
  /** All of the chart, folded ones too. */
  readonly states: readonly StateName[]
}
export interface ChartViewProps {
  readonly name: string
  /** Rejects with a message for people. */
  readonly load: (fold: Fold, sight: Sight) => Promise<Drawn>
  readonly marks: ReadonlySignal<Marks>
  /** Another value: another chart. */
  readonly revision: ReadonlySignal<number>
}

const UNFOLDED: Fold = { opened: [], closed: [], find: null }

export function ChartView({ name, load, marks, revision }: ChartViewProps) {
  const screen = useRef<HTMLElement>(null)
  const paper = useRef<HTMLDivElement>(null)
  const viewport = useMemo(() => new Viewport(), [])
  const fold = useSignal<Fold>(UNFOLDED)
  const drawn = useSignal<Drawn | null>(null)
  const problem = useSignal('')
  const drawing = useSignal<Marked | null>(null)
  const zoom = useComputed(() => zoomOf(viewport.view.value.scale))
  /** The box that must stay where it is (V3), and whether the whole is to be shown. */
  const held = useRef<{ id: string; at: { x: number; y: number } } | null>(null)
  const whole = useRef(true)
  /** As it was first seen, or turned since; null: it is to be found. */
  const sight = useRef<Sight | null>(null)
  const newest = useRef(0)

  const look = async (asked: Fold): Promise<{ drawn: Drawn; sight: Sight }> => {
    const known = sight.current
    if (known) return { drawn: await load(asked, known), sight: known }
    const { clientWidth, clientHeight } = screen.current!
    return firstSight(load, asked, { w: clientWidth, h: clientHeight }, turnedBefore(name))
  }
  useSignalEffect(() => {
    void revision.value
    const ask = ++newest.current
    look(fold.value).then(
      answer => {
        if (ask !== newest.current) return // V2
        sight.current = answer.sight
        batch(() => {
          drawn.value = answer.drawn
          problem.value = ''
        })
      },
      error => {
        if (ask === newest.current) problem.value = String((error as Error)?.message ?? error)
      },
    )
  })

  const show = drawn.value
  useLayoutEffect(() => {
    if (!show) return
    const { scene } = show
    paper.current!.innerHTML = show.svg
    drawing.value = marked(paper.current!.querySelector('svg')!, scene)
    const { clientWidth, clientHeight } = screen.current!
    viewport.measure({ w: clientWidth, h: clientHeight }, scene)
    const { find } = fold.peek()
    const box = scene.boxes.find(each => each.id === (find ?? held.current?.id))
    if (find !== null && box) {
      viewport.centre(box)
      drawing.value.boxes.get(box.id)!.classList.add('found')
    } else if (whole.current || !box) fitReadably(scene)
    else if (held.current) viewport.hold(box, held.current.at)
    held.current = null
    whole.current = false
  }, [show])

  useSignalEffect(() => {
    if (drawing.value) mark(drawing.value, marks.value) // V1
  })
  useSignalEffect(() => {
    const { x, y, scale } = viewport.view.value
    paper.current!.style.transform = `translate(${x}px, ${y}px) scale(${scale})`
  })
  useSignalEffect(() => {
    const svg = drawing.value && paper.current!.querySelector('svg')
    if (svg) svg.dataset.zoom = zoom.value
  })
  useEffect(() => {
    const element = screen.current!
    const undo = gestures(element, viewport)
    const press = (event: KeyboardEvent): void => {
      if (event.key === 'Enter' || event.key === ' ') foldAt(event)
      if (event.key !== '/') return
      event.preventDefault()
      element.parentElement!.querySelector<HTMLInputElement>('.search input')?.focus()
    }
    element.addEventListener('click', foldAt)
    element.addEventListener('keydown', press)
    const resized = new ResizeObserver(() => {
      const scene = drawn.peek()?.scene
      if (scene) viewport.measure({ w: element.clientWidth, h: element.clientHeight }, scene)
    })
    resized.observe(element)
    return () => {
      undo()
      element.removeEventListener('click', foldAt)
      element.removeEventListener('keydown', press)
      resized.disconnect()
    }
  }, [])

  /** The whole; where that could not be read, the outermost live state that can. */
  const fitReadably = ({ boxes }: Scene): void => {
    viewport.fit()
    if (viewport.view.peek().scale >= READABLE) return
    const live = new Set(marks.peek().live)
    const lit = boxes.filter(box => live.has(box.id)).sort((a, b) => a.node.depth - b.node.depth)
    const area = lit.find(box => fitting(viewport.screen, box) >= READABLE) ?? lit.at(-1)
    if (area) viewport.show(area)
  }
  const toggle = (id: string): void => {
    const box = drawn.value?.scene.boxes.find(each => each.id === id)
    if (!box) return
    held.current = { id, at: viewport.toScreen(box) } // V3
    const { opened, closed } = fold.value
    fold.value = box.open
      ? { opened: opened.filter(each => each !== id), closed: [...closed, id], find: null }
      : { opened: [...opened, id], closed: closed.filter(each => each !== id), find: null }
  }
  const foldAt = (event: Event): void => {
    const handle = (event.target as Element).closest?.('[data-fold]')
    if (!handle) return
    event.preventDefault()
    toggle(handle.getAttribute('data-fold')!)
  }
  const find = (id: string): void => {
    const states = new Map(drawn.value!.states.map(state => [state.id, state]))
    const above = new Set<string>()
    for (let at = states.get(id)?.parent ?? null; at !== null; at = states.get(at)?.parent ?? null) above.add(at)
    const { opened, closed } = fold.value
    fold.value = {
      opened: [...new Set([...opened, ...above])],
      closed: closed.filter(each => !above.has(each)),
      find: id,
    }
  }
  const turn = (): void => {
    whole.current = true
    const known = sight.current
    if (!known) return
    const direction = known.direction === 'DOWN' ? 'RIGHT' : 'DOWN'
    rememberTurn(name, direction)
    sight.current = { ...known, direction }
    fold.value = { ...fold.value, find: null }
  }
  const foldAll = (): void => {
    whole.current = true
    sight.current = null
    fold.value = { ...UNFOLDED }
  }
  const asFile = (write: (svg: SVGSVGElement, name: string) => Promise<void>) => async (): Promise<void> => {
    const svg = paper.current!.querySelector('svg')
    try {
      if (svg) await write(svg, name)
    } catch (error) {
      problem.value = String((error as Error).message)
    }
  }

  return (
    <section class="chart-view" aria-label={`Statechart of ${name}`}>
      <div class="chart-tools" role="toolbar" aria-label="Chart">
        {show && <Search states={show.states} pick={find} />}
        <span class="zooms">
          <button type="button" onClick={() => viewport.zoom(1 / ZOOM_STEP)} aria-label="Zoom out" title="Zoom out  -">
            −
          </button>
          <span class="percent">{Math.round(viewport.view.value.scale * 100)} %</span>
          <button type="button" onClick={() => viewport.zoom(ZOOM_STEP)} aria-label="Zoom in" title="Zoom in  +">
            +
          </button>
        </span>
        <button type="button" onClick={() => viewport.fit()} title="The whole chart  0">
          Fit
        </button>
        <button
          type="button"
          onClick={turn}
          aria-pressed={show?.scene.direction === 'RIGHT'}
          title="From above, or from the left"
        >
          Left to right
        </button>
        <button type="button" onClick={foldAll} title="Opens what is live, as much as fits">
          Fold
        </button>
        <span class="saves">
          <button type="button" onClick={asFile(saveSvg)}>
            SVG
          </button>
          <button type="button" onClick={asFile(savePng)}>
            PNG
          </button>
        </span>
      </div>
      <section
        class="chart-screen"
        ref={screen}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys pan and zoom it
        tabIndex={0}
        aria-label="Chart: arrows pan, plus and minus zoom, 0 fits"
      >
        <div class="chart-paper" ref={paper} />
        {!show && !problem.value && <p class="chart-wait">The chart is drawn …</p>}
      </section>
      {problem.value && (
        <p class="chart-problem" role="alert">
          {problem.value}
        </p>
      )}
      {show && <Minimap scene={show.scene} viewport={viewport} marks={marks} />}
    </section>
  )
}
