/**
 * Spares a cloud that draws slowly: while the map moves, its last picture moves with it, which costs a browser next to
 * nothing; once it rests, or too little of it is in the picture, it is drawn anew and sharp.
 */
import type { Cloud, View } from './pointcloud'

/** The picture reaches this far beyond the window (CSS pixels), so that a drag uncovers nothing at once. */
const MARGIN_PX = 128
export const REST_MS = 140
/** While it moves on and on, it is not drawn more often than this: an edge may stay empty for so long. */
export const LEAST_MS = 150
/** Points grow more slowly than the map: beyond this, an enlarged picture would look wrong. */
const MOST_STRETCHED = 1.35

/** Where a picture drawn for one view lies in another: enlarged by `scale` around the window's corner, then moved. */
export interface Placement {
  scale: number
  dx: number
  dy: number
}

/** Find where a picture lies after the map has moved from one view to another. */
export function placement(from: View, to: View): Placement {
  const scale = to.width / from.width
  return { scale, dx: to.left - scale * from.left, dy: to.bottom - scale * from.bottom }
}

/** Whether points and names would look wrong if only the picture of them were enlarged or made smaller. */
export function isStretched({ scale }: Placement): boolean {
  return scale > MOST_STRETCHED || scale < 1 / MOST_STRETCHED
}

/** The style that moves an element, whose origin is at its corner, to where it lies; empty where nothing has moved. */
export function transformOf({ scale, dx, dy }: Placement): string {
  if (scale !== 1) return `translate(${dx}px, ${dy}px) scale(${scale})`
  // Between two pixels a picture would be blurred.
  const [x, y] = [Math.round(dx), Math.round(dy)]
  return x || y ? `translate(${x}px, ${y}px)` : ''
}

/** Whether a moved picture shows every point that belongs in a window of `width` by `height`, and none distorted. */
export function isEnough(place: Placement, view: View, width: number, height: number): boolean {
  if (isStretched(place)) return false
  const { scale, dx, dy } = place
  // Beyond the map's own edges there is nothing to show.
  const [left, right] = [Math.max(0, view.left - view.size), Math.min(width, view.left + view.width + view.size)]
  const [top, bottom] = [Math.max(0, view.bottom - view.height - view.size), Math.min(height, view.bottom + view.size)]
  return (
    dx - scale * MARGIN_PX <= left &&
    dx + scale * (width + MARGIN_PX) >= right &&
    dy - scale * MARGIN_PX <= top &&
    dy + scale * (height + MARGIN_PX) >= bottom
  )
}

/** Let a canvas and what draws on it follow the map, drawing seldom. */
export function openFollowing(canvas: HTMLCanvasElement, cloud: Cloud): Cloud {
  let drawn: (View & { wide: number; high: number }) | null = null
  let wanted: View | null = null
  let isExact = false
  let drawnAtMs = 0
  let timer: number | undefined
  canvas.classList.add('is-following')
  canvas.style.setProperty('--margin', `${MARGIN_PX}px`)

  const paint = (view: View): void => {
    clearTimeout(timer)
    canvas.style.transform = ''
    cloud.draw({ ...view, left: view.left + MARGIN_PX, bottom: view.bottom + MARGIN_PX })
    drawn = { ...view, wide: canvas.clientWidth, high: canvas.clientHeight }
    isExact = true
    drawnAtMs = performance.now()
  }
  const rest = (): void => {
    if (wanted && !isExact) requestAnimationFrame(() => wanted && paint(wanted))
  }
  return {
    load(points) {
      cloud.load(points)
      drawn = null
    },
    colour(colours, ground) {
      cloud.colour(colours, ground)
      drawn = null
    },
    draw(view) {
      wanted = view
      const { clientWidth: wide, clientHeight: high } = canvas
      const place = drawn?.wide === wide && drawn.high === high && placement(drawn, view)
      const isDue = performance.now() - drawnAtMs > LEAST_MS
      if (!place || (isDue && !isEnough(place, view, wide - 2 * MARGIN_PX, high - 2 * MARGIN_PX))) {
        paint(view)
        return
      }
      // The picture's corner lies beyond the window's.
      const beyond = MARGIN_PX * (1 - place.scale)
      canvas.style.transform = transformOf({ ...place, dx: place.dx + beyond, dy: place.dy + beyond })
      isExact = canvas.style.transform === ''
      clearTimeout(timer)
      timer = window.setTimeout(rest, REST_MS)
    },
    end() {
      clearTimeout(timer)
      wanted = null
      cloud.end()
    },
  }
}
