/** Where the map lies under its window: dragged, scrolled, pinched, or moved by keys. */
import { select } from 'd3-selection'
import { zoom, zoomIdentity, type ZoomTransform } from 'd3-zoom'
import type { View } from './pointcloud'

const NEAREST = 60
const PAD_PX = 18
/** The axes have no unit, so the map may be this much wider than high, to use a wide window. */
const WIDEST = 1.8
const MARGIN = 0.25

export interface MapView {
  view: () => View
  /** How much nearer than at first. */
  nearness: () => number
  /** From places on the map (0 to 65535) to CSS pixels, and back. */
  toScreen: (x: number, y: number) => [number, number]
  toMap: (left: number, top: number) => [number, number]
  zoomBy: (factor: number) => void
  moveBy: (dx: number, dy: number) => void
  showWhole: () => void
  /** Bring a place into sight, with the least movement. */
  reveal: (x: number, y: number) => void
  /** While boxes are drawn, dragging does not move. */
  setMoving: (isMoving: boolean) => void
  end: () => void
}

/** A point's diameter (px): many points are small, and all grow as one comes nearer. */
function pointSize(count: number, nearness: number): number {
  const first = Math.min(9, Math.max(2.2, 330 / Math.sqrt(Math.max(count, 1))))
  return Math.min(14, first * nearness ** 0.4)
}

export function openView(element: HTMLElement, countPoints: () => number, onChange: () => void): MapView {
  let transform: ZoomTransform = zoomIdentity
  let isMoving = true
  const box = { left: 0, top: 0, width: 1, height: 1 }
  const target = select(element)

  const fit = (): void => {
    const [width, height] = [element.clientWidth, element.clientHeight]
    const high = Math.max(1, Math.min(height - 2 * PAD_PX, width - 2 * PAD_PX))
    const wide = Math.max(1, Math.min(width - 2 * PAD_PX, high * WIDEST))
    Object.assign(box, { left: (width - wide) / 2, top: (height - high) / 2, width: wide, height: high })
    behaviour
      .extent([[0, 0], [width, height]])
      .translateExtent([[-width * MARGIN, -height * MARGIN], [width * (1 + MARGIN), height * (1 + MARGIN)]])
    onChange()
  }
  const behaviour = zoom<HTMLElement, unknown>()
    .scaleExtent([1, NEAREST])
    .clickDistance(6)
    .filter((event: Event) => {
      if (!isMoving || (event as MouseEvent).button || (event as MouseEvent).shiftKey) return false
      // Scrolled back to the whole map, the wheel moves the page again.
      return !(event instanceof WheelEvent && event.deltaY > 0 && transform.k <= 1)
    })
    .on('zoom', (event: { transform: ZoomTransform }) => {
      transform = event.transform
      // At first, a finger that moves up or down scrolls the page past the map.
      element.classList.toggle('is-near', transform.k > 1)
      onChange()
    })
  target.call(behaviour).on('dblclick.zoom', null)
  const watch = new ResizeObserver(fit)
  watch.observe(element)
  fit()

  const toScreen = (x: number, y: number): [number, number] => [
    transform.applyX(box.left + (x / 65535) * box.width),
    transform.applyY(box.top + (1 - y / 65535) * box.height),
  ]
  const self: MapView = {
    view: () => ({
      left: transform.applyX(box.left),
      bottom: transform.applyY(box.top + box.height),
      width: box.width * transform.k,
      height: box.height * transform.k,
      size: pointSize(countPoints(), transform.k),
    }),
    nearness: () => transform.k,
    toScreen,
    toMap: (left, top) => [
      ((transform.invertX(left) - box.left) / box.width) * 65535,
      (1 - (transform.invertY(top) - box.top) / box.height) * 65535,
    ],
    zoomBy: (factor) => behaviour.scaleBy(target, factor),
    moveBy: (dx, dy) => behaviour.translateBy(target, dx / transform.k, dy / transform.k),
    showWhole: () => behaviour.transform(target, zoomIdentity),
    reveal: (x, y) => {
      const [left, top] = toScreen(x, y)
      const [width, height] = [element.clientWidth, element.clientHeight]
      const dx = Math.max(PAD_PX - left, 0) || Math.min(width - PAD_PX - left, 0)
      const dy = Math.max(PAD_PX - top, 0) || Math.min(height - PAD_PX - top, 0)
      if (dx || dy) self.moveBy(dx, dy)
    },
    setMoving: (to) => {
      isMoving = to
    },
    end: () => {
      watch.disconnect()
      target.on('.zoom', null)
    },
  }
  return self
}
