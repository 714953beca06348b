import htmx from 'htmx.org'
import KDBush from 'kdbush'
import { startBox, type Box } from './mapbox'
import { MAX_ASKED, mapTrack, rowOf, soundsAt, type MapSound } from './mapsounds'
import { openNames } from './mapnames'
import { openView } from './mapview'
import { say } from './messages'
import { notify } from './notice'
import { visit } from './pages'
import { part } from './parts'
import { play, state as playing } from './player'
import { MAX_TRIGGERS, openCloud, type Colour } from './pointcloud'
import { addPoints, noPoints, type Points } from './points'
import { preview, stopPreview } from './preview'
import { enqueue } from './queue'

const REACH_PX = 14
/** A pointer that only passes by asks for nothing. */
const DWELL_MS = 90
const STEP_PX = 60
const NEARER = 1.6
const N_LISTED = 24
const HEAR_KEY = 'deepasmr.map.hear'

/** Any CSS colour as numbers, by letting the browser paint it. */
function painted(colour: string): [number, number, number] {
  const canvas = new OffscreenCanvas(1, 1)
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  context.fillStyle = colour
  context.fillRect(0, 0, 1, 1)
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data
  return [red! / 255, green! / 255, blue! / 255]
}

/** Bring the map to life: points, names, legend, pointing, boxes, keys. */
export function startMap(root: HTMLElement): () => void {
  const element = part<HTMLElement>(root, '[data-map-view]')
  const template = part<HTMLTemplateElement>(root, '[data-map-sound]')
  const status = part<HTMLElement>(root, '[data-map-state]')
  const mark = part<HTMLElement>(root, '[data-map-mark]')
  const pointPlace = part<HTMLElement>(root, '[data-map-point]')
  const hearButton = part<HTMLButtonElement>(root, '[data-map-hear]')
  const boxButton = part<HTMLButtonElement>(root, '[data-map-box]')
  const chips = [...root.querySelectorAll<HTMLButtonElement>('[data-map-trigger]')]
  const { map = '', mapMine = '', mapSounds = '' } = root.dataset
  const cloud = openCloud(part<HTMLCanvasElement>(root, 'canvas'))
  const leaving = new AbortController()
  const dark = matchMedia('(prefers-color-scheme: dark)')
  let points: Points = noPoints()
  let index: KDBush | null = null
  let isVisible = new Uint8Array(MAX_TRIGGERS).fill(1)
  let current = -1
  let isWaiting = false
  let timer: number | undefined
  let isHearing = sessionStorage.getItem(HEAR_KEY) === 'yes'
  let isBoxing = false

  const view = openView(element, () => points.count, () => redraw())
  const names = openNames(part(root, '[data-map-names]'), view)
  const isShown = (trigger: number): boolean => isVisible[trigger] === 1

  function redraw(): void {
    if (isWaiting) return
    isWaiting = true
    requestAnimationFrame(() => {
      isWaiting = false
      cloud.draw(view.view())
      names.draw(isShown)
      showMark()
      element.dataset.frames = String(Number(element.dataset.frames ?? 0) + 1)
    })
  }

  function showMark(): void {
    mark.hidden = current < 0
    if (current < 0) return
    const [left, top] = view.toScreen(points.xs[current]!, points.ys[current]!)
    mark.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px)`
  }

  function recolour(): void {
    const colours: Colour[] = Array.from({ length: MAX_TRIGGERS }, () => [0.5, 0.5, 0.5, 0.85])
    for (const chip of chips) {
      const trigger = Number(chip.dataset.mapTrigger)
      const dot = part<HTMLElement>(chip, '.dot')
      colours[trigger] = [...painted(getComputedStyle(dot).backgroundColor), isVisible[trigger] ? 0.85 : 0]
    }
    cloud.colour(colours, [...painted(getComputedStyle(element).backgroundColor), 1])
    names.change()
    redraw()
  }

  function nameOf(trigger: number): string | undefined {
    return chips.find((chip) => Number(chip.dataset.mapTrigger) === trigger)?.dataset.name
  }

  function indexPoints(): void {
    index = new KDBush(Math.max(points.count, 1), 64, Uint16Array)
    if (!points.count) index.add(0, 0)
    for (let at = 0; at < points.count; at += 1) index.add(points.xs[at]!, points.ys[at]!)
    index.finish()
  }

  function within(box: Box): number[] {
    if (!index || !points.count) return []
    const [west, north] = view.toMap(box.left, box.top)
    const [east, south] = view.toMap(box.right, box.bottom)
    return index.range(west, south, east, north).filter((at) => isVisible[points.triggers[at]!])
  }

  function distance(at: number, left: number, top: number): number {
    const [x, y] = view.toScreen(points.xs[at]!, points.ys[at]!)
    return Math.hypot(x - left, y - top)
  }

  function nearest(left: number, top: number, reach = REACH_PX): number {
    let [best, least] = [-1, reach]
    for (const at of within({ left: left - reach, top: top - reach, right: left + reach, bottom: top + reach })) {
      const away = distance(at, left, top)
      if (away < least) [best, least] = [at, away]
    }
    return best
  }

  async function soundOf(at: number): Promise<MapSound | null> {
    try {
      return (await soundsAt(mapSounds, [points.numbers[at]!], leaving.signal))[0] ?? null
    } catch {
      return null
    }
  }

  /** Make a point the present one: its name below the map, and its sound if that is wished for. */
  async function choose(at: number): Promise<void> {
    if (at === current) return
    current = at
    showMark()
    if (at < 0) {
      stopPreview()
      return
    }
    const sound = await soundOf(at)
    if (current !== at || leaving.signal.aborted) return
    if (!sound) return
    const row = rowOf(template, sound)
    pointPlace.replaceChildren(row)
    htmx.process(row)
    if (isHearing) {
      const { url, gainDb } = mapTrack(template, sound)
      void preview(url, gainDb)
    }
  }

  async function openChosen(): Promise<void> {
    const sound = current < 0 ? null : await soundOf(current)
    if (sound) visit(`/sounds/${sound.id}`, 'push')
  }

  async function playChosen(): Promise<void> {
    const sound = current < 0 ? null : await soundOf(current)
    if (!sound) return
    stopPreview()
    await play(mapTrack(template, sound))
  }

  async function queueBox(box: Box): Promise<void> {
    const middle: [number, number] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2]
    const all = within(box)
    const chosen = all.sort((one, other) => distance(one, ...middle) - distance(other, ...middle)).slice(0, MAX_ASKED)
    let sounds: MapSound[] = []
    try {
      sounds = chosen.length ? await soundsAt(mapSounds, chosen.map((at) => points.numbers[at]!), leaving.signal) : []
    } catch {
      notify(say('map.failed'))
      return
    }
    list(sounds, all.length)
    const tracks = sounds.map((sound) => mapTrack(template, sound))
    const [first, ...rest] = tracks
    if (!first) return
    if (playing.isPlaying) {
      enqueue(tracks)
    } else {
      await play(first)
      enqueue(rest)
    }
    notify(say('map.queued', { n: tracks.length }))
  }

  function list(sounds: MapSound[], total: number): void {
    const section = part<HTMLElement>(root, '[data-map-found]')
    const key = sounds.length === 0 ? 'map.found_none' : sounds.length < total ? 'map.found_some' : 'map.found'
    part<HTMLElement>(root, '[data-map-found-title]').textContent = say(key, { n: sounds.length, total })
    const rows = sounds.slice(0, N_LISTED).map((sound) => {
      const item = document.createElement('li')
      item.append(rowOf(template, sound))
      return item
    })
    const place = part<HTMLElement>(root, '[data-map-list]')
    place.replaceChildren(...rows)
    section.hidden = false
    htmx.process(place)
  }

  /** The nearest point in a direction, from the present one or from the middle. */
  function stepTo(dx: number, dy: number): void {
    const [fromX, fromY] =
      current < 0
        ? [element.clientWidth / 2, element.clientHeight / 2]
        : view.toScreen(points.xs[current]!, points.ys[current]!)
    let [best, least] = [-1, Infinity]
    for (let at = 0; at < points.count; at += 1) {
      if (at === current || !isVisible[points.triggers[at]!]) continue
      const [x, y] = view.toScreen(points.xs[at]!, points.ys[at]!)
      const along = (x - fromX) * dx + (y - fromY) * dy
      const aside = Math.abs((x - fromX) * dy) + Math.abs((y - fromY) * dx)
      const cost = along + 2 * aside
      if (along > 0.5 && cost < least) [best, least] = [at, cost]
    }
    if (best < 0) return
    view.reveal(points.xs[best]!, points.ys[best]!)
    void choose(best)
  }

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const directions: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
    const direction = directions[event.key]
    if (direction && event.shiftKey) view.moveBy(-direction[0] * STEP_PX, -direction[1] * STEP_PX)
    else if (direction) stepTo(...direction)
    else if (event.key === '+' || event.key === '=') view.zoomBy(NEARER)
    else if (event.key === '-') view.zoomBy(1 / NEARER)
    else if (event.key === '0') view.showWhole()
    else if (event.key === 'Enter') void openChosen()
    else if (event.key === ' ') void playChosen()
    else if (event.key === 'Escape' && isBoxing) setBoxing(false)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  function setBoxing(to: boolean): void {
    isBoxing = to
    view.setMoving(!to)
    boxButton.setAttribute('aria-pressed', String(to))
    element.classList.toggle('is-boxing', to)
    if (to) notify(say('map.box_hint'))
  }

  function setHearing(to: boolean): void {
    isHearing = to
    sessionStorage.setItem(HEAR_KEY, to ? 'yes' : 'no')
    hearButton.setAttribute('aria-pressed', String(to))
    if (!to) stopPreview()
  }

  function show(wanted: (trigger: number) => boolean): void {
    isVisible = isVisible.map((_, trigger) => (wanted(trigger) ? 1 : 0))
    for (const chip of chips) chip.setAttribute('aria-pressed', String(isVisible[Number(chip.dataset.mapTrigger)] === 1))
    if (current >= 0 && !isVisible[points.triggers[current]!]) void choose(-1)
    recolour()
  }

  function take(more: Points): void {
    points = more
    cloud.load(points)
    redraw()
  }

  async function fetchAll(): Promise<void> {
    try {
      take(await addPoints(map, noPoints(), leaving.signal, take))
      take(await addPoints(mapMine, points, leaving.signal, take))
      indexPoints()
      names.give(points, nameOf)
      redraw()
      status.textContent = ''
      element.dataset.points = String(points.count)
    } catch {
      if (!leaving.signal.aborted) status.textContent = say('map.failed')
    }
  }

  const here = (event: MouseEvent): [number, number] => {
    const { left, top } = element.getBoundingClientRect()
    return [event.clientX - left, event.clientY - top]
  }
  element.addEventListener('pointermove', (event) => {
    if (event.pointerType === 'touch' || event.buttons) return
    clearTimeout(timer)
    const at = nearest(...here(event))
    element.classList.toggle('is-over', at >= 0)
    timer = window.setTimeout(() => void choose(at), at < 0 ? 0 : DWELL_MS)
  })
  element.addEventListener('pointerleave', () => {
    clearTimeout(timer)
    stopPreview()
  })
  element.addEventListener('click', (event) => {
    if (isBoxing || event.shiftKey) return
    const at = nearest(...here(event), event instanceof PointerEvent && event.pointerType === 'touch' ? 2 * REACH_PX : REACH_PX)
    // A finger cannot point first: its first touch says what is there, and its second opens it.
    const isKnown = at === current
    void choose(at).then(() => {
      const isTouch = event instanceof PointerEvent && event.pointerType === 'touch'
      if (at >= 0 && (isKnown || !isTouch)) void openChosen()
    })
  })
  element.addEventListener('keydown', onKey)
  startBox(element, part(root, '[data-map-frame]'), (event) => isBoxing || event.shiftKey, (box) => {
    setBoxing(false)
    void queueBox(box)
  })
  hearButton.addEventListener('click', () => setHearing(!isHearing))
  boxButton.addEventListener('click', () => setBoxing(!isBoxing))
  root.querySelectorAll<HTMLButtonElement>('[data-map-zoom]').forEach((button) => {
    const how = button.dataset.mapZoom
    button.addEventListener('click', () => (how === 'whole' ? view.showWhole() : view.zoomBy(how === 'in' ? NEARER : 1 / NEARER)))
  })
  for (const chip of chips) {
    const trigger = Number(chip.dataset.mapTrigger)
    chip.addEventListener('click', () => {
      const isAlone = isVisible.every((shown, other) => shown === (other === trigger ? 1 : 0))
      const isAll = isVisible.every((shown) => shown === 1)
      // From everything, a press leaves this one; pressed again, everything comes back.
      if (isAll) show((other) => other === trigger)
      else if (isAlone) show(() => true)
      else show((other) => (other === trigger ? !isVisible[other] : isVisible[other] === 1))
    })
  }
  part<HTMLButtonElement>(root, '[data-map-all]').addEventListener('click', () => show(() => true))
  dark.addEventListener('change', recolour)
  setHearing(isHearing)
  recolour()
  void fetchAll()
  return () => {
    leaving.abort()
    clearTimeout(timer)
    stopPreview()
    dark.removeEventListener('change', recolour)
    view.end()
    names.end()
    cloud.end()
  }
}
