/** Mouse, touch and keys become pans and zooms. One finger or the mouse pans, two fingers and the wheel zoom. */
import type { Viewport } from './viewport.ts'

/** A notch of a wheel is about 100. */
const WHEEL_RATE = 0.0015
/** A trackpad's pinch comes as a wheel with ctrl, in small steps. */
const PINCH_RATE = 0.01
const LINE_PX = 16
/** A hand that presses trembles: less than this is a click. */
const DRAG_PX = 4
const KEY_PAN_PX = 60
export const ZOOM_STEP = 1.25

/** Returns what undoes it. */
export function gestures(element: HTMLElement, viewport: Viewport): () => void {
  const pointers = new Map<number, { x: number; y: number }>()
  let dragged = 0
  const local = (event: { clientX: number; clientY: number }) => {
    const { left, top } = element.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }
  const wheel = (event: WheelEvent): void => {
    event.preventDefault()
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1
    const { x, y } = local(event)
    if (event.shiftKey && !event.ctrlKey) viewport.pan(-(event.deltaX || event.deltaY) * unit, 0)
    else viewport.zoom(Math.exp(-event.deltaY * unit * (event.ctrlKey ? PINCH_RATE : WHEEL_RATE)), x, y)
  }
  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return
    pointers.set(event.pointerId, local(event))
    if (pointers.size === 1) dragged = 0
  }
  const move = (event: PointerEvent): void => {
    const before = pointers.get(event.pointerId)
    if (!before) return
    const now = local(event)
    pointers.set(event.pointerId, now)
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1]
    dragged += Math.hypot(now.x - before.x, now.y - before.y)
    if (dragged < DRAG_PX) return
    element.setPointerCapture(event.pointerId)
    if (other) {
      const grown = distance(now, other) / Math.max(1, distance(before, other))
      viewport.zoom(grown, (now.x + other.x) / 2, (now.y + other.y) / 2)
    }
    const share = other ? 0.5 : 1
    viewport.pan((now.x - before.x) * share, (now.y - before.y) * share)
  }
  const up = (event: PointerEvent): void => void pointers.delete(event.pointerId)
  const click = (event: MouseEvent): void => {
    if (dragged >= DRAG_PX) event.stopPropagation() // the end of a drag folds nothing
    dragged = 0
  }
  const key = (event: KeyboardEvent): void => {
    const act = KEYS[event.key]
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.target !== element) return
    event.preventDefault()
    act(viewport)
  }
  element.addEventListener('wheel', wheel, { passive: false })
  element.addEventListener('pointerdown', down)
  element.addEventListener('pointermove', move)
  for (const end of ['pointerup', 'pointercancel'] as const) element.addEventListener(end, up)
  element.addEventListener('click', click, { capture: true })
  element.addEventListener('keydown', key)
  return () => {
    element.removeEventListener('wheel', wheel)
    element.removeEventListener('pointerdown', down)
    element.removeEventListener('pointermove', move)
    for (const end of ['pointerup', 'pointercancel'] as const) element.removeEventListener(end, up)
    element.removeEventListener('click', click, { capture: true })
    element.removeEventListener('keydown', key)
  }
}

const KEYS: Readonly<Record<string, (viewport: Viewport) => void>> = {
  '+': v => v.zoom(ZOOM_STEP),
  '=': v => v.zoom(ZOOM_STEP),
  '-': v => v.zoom(1 / ZOOM_STEP),
  '0': v => v.fit(),
  f: v => v.fit(),
  ArrowLeft: v => v.pan(KEY_PAN_PX, 0),
  ArrowRight: v => v.pan(-KEY_PAN_PX, 0),
  ArrowUp: v => v.pan(0, KEY_PAN_PX),
  ArrowDown: v => v.pan(0, -KEY_PAN_PX),
}
const distance = (a: { x: number; y: number }, b: { x: number; y: number }): number => Math.hypot(a.x - b.x, a.y - b.y)
