/** A box drawn over the map: with the button pressed, or with Shift held down. */
export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

const LEAST_PX = 6

/** Let boxes be drawn on an element while `isOn` says so; `frame` shows the one that is being drawn. */
export function startBox(element: HTMLElement, frame: HTMLElement, isOn: (event: PointerEvent) => boolean, onBox: (box: Box) => void): void {
  let from: [number, number] | null = null
  const here = (event: PointerEvent): [number, number] => {
    const { left, top } = element.getBoundingClientRect()
    return [event.clientX - left, event.clientY - top]
  }
  const boxTo = ([x, y]: [number, number]): Box => {
    const [fromX, fromY] = from!
    return { left: Math.min(fromX, x), top: Math.min(fromY, y), right: Math.max(fromX, x), bottom: Math.max(fromY, y) }
  }
  element.addEventListener('pointerdown', (event) => {
    if (event.button || !isOn(event)) return
    from = here(event)
    element.setPointerCapture(event.pointerId)
  })
  element.addEventListener('pointermove', (event) => {
    if (!from) return
    const { left, top, right, bottom } = boxTo(here(event))
    frame.hidden = false
    Object.assign(frame.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` })
  })
  const finish = (event: PointerEvent): void => {
    if (!from) return
    const box = boxTo(here(event))
    from = null
    frame.hidden = true
    if (event.type === 'pointerup' && box.right - box.left > LEAST_PX && box.bottom - box.top > LEAST_PX) onBox(box)
  }
  element.addEventListener('pointerup', finish)
  element.addEventListener('pointercancel', finish)
}
