/** The whole chart, small, with what is in sight; a press or a drag goes there. Where all is in sight it would only hide. */
import type { ReadonlySignal } from '@preact/signals'
import type { Marks } from '../../chart/marks.ts'
import type { Scene } from '../../chart/scene.ts'
import type { Viewport } from './viewport.ts'

const WIDTH = 168
const HEIGHT = 132
const DEPTH_MAX = 3

export interface MinimapProps {
  readonly scene: Scene
  readonly viewport: Viewport
  readonly marks: ReadonlySignal<Marks>
}
export function Minimap({ scene, viewport, marks }: MinimapProps) {
  if (viewport.whole) return null
  const scale = Math.min(WIDTH / scene.w, HEIGHT / scene.h)
  const { x, y, scale: zoom } = viewport.view.value
  const { w, h } = viewport.screen
  const live = new Set(marks.value.live)
  const go = (event: PointerEvent): void => {
    if (event.buttons !== 1) return
    const { left, top } = (event.currentTarget as Element).getBoundingClientRect()
    const point = { x: (event.clientX - left) / scale, y: (event.clientY - top) / scale }
    viewport.hold(point, { x: w / 2, y: h / 2 })
  }
  return (
    <svg
      class="minimap"
      width={scene.w * scale}
      height={scene.h * scale}
      viewBox={`0 0 ${scene.w} ${scene.h}`}
      aria-hidden="true"
      onPointerDown={go}
      onPointerMove={go}
    >
      {scene.boxes
        .filter(box => box.node.depth <= DEPTH_MAX)
        .map(box => (
          <rect
            key={box.id}
            class={live.has(box.id) ? (box.open ? 'mm mm-in' : 'mm mm-on') : 'mm'}
            x={box.x}
            y={box.y}
            width={box.w}
            height={box.h}
          />
        ))}
      <rect class="mm-sight" x={-x / zoom} y={-y / zoom} width={w / zoom} height={h / zoom} />
    </svg>
  )
}
