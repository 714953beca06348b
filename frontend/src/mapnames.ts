/** The names of the map's regions. They move with the map as one; which of them have room is found anew when it rests. */
import { isStretched, LEAST_MS, placement, REST_MS, transformOf } from './following'
import type { MapView } from './mapview'
import type { View } from './pointcloud'
import type { Points } from './points'
import { findRegions } from './regions'

const GAP_PX = 4
/** So that the only point of a small region is not covered by its name. */
const ABOVE_PX = 10

interface Name {
  element: HTMLElement
  trigger: number
  /** 0 to 65535, as points. */
  x: number
  y: number
  /** Measured once: reading sizes at every frame would make the browser lay the page out at every frame. */
  width: number
  height: number
}

export interface Names {
  /** Find where each trigger is at home, and write its name there. */
  give: (points: Points, nameOf: (trigger: number) => string | undefined) => void
  draw: (isShown: (trigger: number) => boolean) => void
  /** Find anew which names have room, because others are shown. */
  change: () => void
  end: () => void
}

export function openNames(place: HTMLElement, view: Pick<MapView, 'view' | 'toScreen'>): Names {
  let names: Name[] = []
  let laidFor: View | null = null
  let laidAtMs = 0
  let timer: number | undefined

  const lay = (isShown: (trigger: number) => boolean): void => {
    clearTimeout(timer)
    place.style.transform = ''
    laidFor = view.view()
    laidAtMs = performance.now()
    arrange(names, view, isShown, place.clientWidth, place.clientHeight)
  }
  return {
    give(points, nameOf) {
      place.replaceChildren()
      names = findRegions(points).flatMap(({ trigger, x, y }) => {
        const text = nameOf(trigger)
        if (text === undefined) return []
        const element = document.createElement('span')
        element.textContent = text
        place.append(element)
        return [{ element, trigger, x: x * 65535, y: y * 65535, width: 0, height: 0 }]
      })
      for (const name of names) Object.assign(name, { width: name.element.offsetWidth, height: name.element.offsetHeight })
      laidFor = null
    },
    draw(isShown) {
      const moved = laidFor && placement(laidFor, view.view())
      if (!moved || (isStretched(moved) && performance.now() - laidAtMs > LEAST_MS)) {
        lay(isShown)
        return
      }
      place.style.transform = transformOf(moved)
      clearTimeout(timer)
      if (place.style.transform) timer = window.setTimeout(() => requestAnimationFrame(() => lay(isShown)), REST_MS)
    },
    change() {
      laidFor = null
    },
    end() {
      clearTimeout(timer)
    },
  }
}

/** Put names above the middle of their regions, the most crowded first; one that would cover another stays away. */
function arrange(
  names: readonly Name[],
  view: Pick<MapView, 'toScreen'>,
  isShown: (trigger: number) => boolean,
  width: number,
  height: number,
): void {
  const taken: [number, number, number, number][] = []
  for (const { element, trigger, x, y, width: w, height: h } of names) {
    const [middle, foot] = view.toScreen(x, y)
    const [left, top] = [middle - w / 2, foot - ABOVE_PX - h < 0 ? foot + ABOVE_PX : foot - ABOVE_PX - h]
    const fits =
      isShown(trigger) &&
      left >= 0 &&
      top >= 0 &&
      left + w <= width &&
      top + h <= height &&
      !taken.some(([l, t, r, b]) => left < r + GAP_PX && left + w + GAP_PX > l && top < b + GAP_PX && top + h + GAP_PX > t)
    element.classList.toggle('is-shown', fits)
    if (!fits) continue
    taken.push([left, top, left + w, top + h])
    element.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px)`
  }
}
