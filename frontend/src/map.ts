const DIRECTIONS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** Arrow keys go from point to point, one tab stop for the whole map; the name of a point shows below it. */
export function startMap(map: HTMLElement | SVGElement): void {
  const points = [...map.querySelectorAll<SVGAElement>('.point')]
  const name = document.getElementById('map-name')
  const middle = (point: SVGAElement): [number, number] => {
    const box = point.getBoundingClientRect()
    return [box.x + box.width / 2, box.y + box.height / 2]
  }
  const show = (event: Event): void => {
    const point = (event.target as Element).closest<SVGAElement>('.point')
    if (point && name) name.textContent = `${point.dataset.title} · ${point.dataset.trigger}`
  }
  map.addEventListener('pointerover', show)
  map.addEventListener('focusin', show)
  map.addEventListener('keydown', (event) => {
    const { key, target } = event as KeyboardEvent
    const direction = DIRECTIONS[key]
    const here = (target as Element).closest<SVGAElement>('.point')
    if (!direction || !here) return
    event.preventDefault()
    const [x, y] = middle(here)
    let nearest: SVGAElement | null = null
    let least = Infinity
    for (const point of points) {
      const [dx, dy] = [middle(point)[0] - x, middle(point)[1] - y]
      const along = dx * direction[0] + dy * direction[1]
      const aside = Math.abs(dx * direction[1]) + Math.abs(dy * direction[0])
      if (point !== here && along > 0.5 && along + 2 * aside < least) [nearest, least] = [point, along + 2 * aside]
    }
    if (!nearest) return
    here.setAttribute('tabindex', '-1')
    nearest.setAttribute('tabindex', '0')
    nearest.focus()
  })
}
