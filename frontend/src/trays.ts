/**
 * The two trays of a mix, fed from anywhere: by A and B on every card, or by dragging a card where there is a mouse.
 *
 * They last for the visit (sessionStorage). The mix page's address says what is in them too: there the address wins,
 * and a tray that it leaves empty is filled from here.
 */
import { say } from './messages'
import { visit } from './pages'
import { trackOf } from './tracks'

type Letter = 'a' | 'b'

interface Held {
  id: string
  title: string
}

const STORED_AS = 'deepasmr.trays'
const DRAGGED_AS = 'application/x-deepasmr-sound'
const LETTERS = ['a', 'b'] as const

let trays: Record<Letter, Held | null> = { a: null, b: null }
let isDragging = false

function restore(): void {
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORED_AS) ?? '{}') as Partial<typeof trays>
    for (const letter of LETTERS) {
      const held = stored[letter]
      if (typeof held?.id === 'string' && typeof held.title === 'string') trays[letter] = held
    }
  } catch {
    // Written by another version: the trays start empty.
  }
}

function address(): string {
  const wanted = new URLSearchParams()
  if (trays.a) wanted.set('first', trays.a.id)
  if (trays.b) wanted.set('second', trays.b.id)
  const query = wanted.toString()
  return query ? `/mix?${query}` : '/mix'
}

function isMixPage(): boolean {
  return location.pathname === '/mix'
}

function show(): void {
  const strip = document.getElementById('strip')
  if (!strip) return
  for (const letter of LETTERS) {
    const held = trays[letter]
    const place = strip.querySelector<HTMLElement>(`[data-strip-tray="${letter}"]`)
    const title = place?.querySelector<HTMLAnchorElement>('[data-strip-title]')
    place?.classList.toggle('is-empty', !held)
    if (title) {
      title.textContent = held?.title ?? ''
      title.href = held ? `/sounds/${held.id}` : '/mix'
    }
  }
  const isFilled = trays.a !== null || trays.b !== null
  strip.hidden = !isDragging && (isMixPage() || !isFilled)
  strip.classList.toggle('is-whole', trays.a !== null && trays.b !== null)
  for (const link of document.querySelectorAll<HTMLAnchorElement>('[data-strip-mix], #menu a[href^="/mix"]')) link.href = address()
  document.querySelectorAll<HTMLElement>('[data-tray]').forEach(showButton)
}

function showButton(button: HTMLElement): void {
  const soundId = button.closest<HTMLElement>('[data-sound-id]')?.dataset.soundId
  button.setAttribute('aria-pressed', String(soundId !== undefined && trays[button.dataset.tray as Letter]?.id === soundId))
}

function change(next: typeof trays, sentence: string): void {
  trays = next
  sessionStorage.setItem(STORED_AS, JSON.stringify(trays))
  show()
  const says = document.getElementById('strip-says')
  if (says) says.textContent = sentence
  if (isMixPage()) visit(address(), 'replace')
}

function put(letter: Letter, held: Held): void {
  change({ ...trays, [letter]: held }, say('mix.put', { title: held.title, letter: letter.toUpperCase() }))
}

function take(letter: Letter): void {
  change({ ...trays, [letter]: null }, say('mix.taken', { letter: letter.toUpperCase() }))
}

function heldOf(element: HTMLElement): Held {
  const { id, title } = trackOf(element)
  return { id, title }
}

/** Make a card's A or B, a link where there are no scripts, a button that is pressed while the sound lies in that tray. */
export function startTrayButton(button: HTMLElement): void {
  button.setAttribute('role', 'button')
  showButton(button)
  button.addEventListener('keydown', (event) => {
    if (event.key !== ' ') return
    event.preventDefault()
    button.click()
  })
}

function press(button: HTMLElement): void {
  const sound = button.closest<HTMLElement>('[data-sound-id]')
  if (!sound) return
  const letter = button.dataset.tray as Letter
  const held = heldOf(sound)
  if (trays[letter]?.id === held.id) take(letter)
  else put(letter, held)
}

/** Bring the mix page and the trays together. */
export function startTrayPage(page: HTMLElement): void {
  const asked = new URLSearchParams(location.search)
  let isFilledFromHere = false
  for (const letter of LETTERS) {
    const sound = page.querySelector<HTMLElement>(`[data-tray-place="${letter}"] [data-sound-id]`)
    const held = trays[letter]
    if (sound) trays[letter] = heldOf(sound)
    // It was asked for and is not shown: it has been deleted.
    else if (held && asked.get(letter === 'a' ? 'first' : 'second') === held.id) trays[letter] = null
    else if (held) isFilledFromHere = true
  }
  sessionStorage.setItem(STORED_AS, JSON.stringify(trays))
  show()
  if (isFilledFromHere) visit(address(), 'replace')
}

/** Let the strip above the player show the trays, and let cards be dragged into them. */
export function startTrays(): void {
  restore()
  show()
  document.addEventListener(
    'click',
    (event) => {
      const target = event.target instanceof Element ? event.target : null
      const remove = target?.closest<HTMLElement>('[data-tray-remove]')
      const swap = target?.closest<HTMLElement>('[data-tray-swap]')
      const button = target?.closest<HTMLElement>('[data-tray]')
      if (!remove && !swap && !button) return
      // Some of them are links, for those without scripts: htmx would follow them.
      event.preventDefault()
      event.stopPropagation()
      if (button) press(button)
      else if (remove) take(remove.dataset.trayRemove as Letter)
      else change({ a: trays.b, b: trays.a }, say('mix.swapped'))
    },
    { capture: true },
  )
  document.addEventListener('htmx:pushedIntoHistory', show)
  document.addEventListener('htmx:replacedInHistory', show)
  document.addEventListener('htmx:historyRestore', show)

  document.addEventListener('dragstart', (event) => {
    const sound = event.target instanceof Element ? event.target.closest<HTMLElement>('#page [data-sound-id]') : null
    if (!sound || !event.dataTransfer) return
    event.dataTransfer.setData(DRAGGED_AS, JSON.stringify(heldOf(sound)))
    event.dataTransfer.effectAllowed = 'copy'
    isDragging = true
    // Chromium ends a drag at once when its start changes the page.
    setTimeout(show)
  })
  const placeOf = (event: DragEvent): HTMLElement | null => {
    if (!event.dataTransfer?.types.includes(DRAGGED_AS)) return null
    return event.target instanceof Element ? event.target.closest<HTMLElement>('[data-tray-place]') : null
  }
  const light = (place: HTMLElement | null): void => {
    document.querySelectorAll('[data-tray-place].is-over').forEach((other) => other.classList.toggle('is-over', other === place))
    place?.classList.add('is-over')
  }
  document.addEventListener('dragover', (event) => {
    const place = placeOf(event)
    light(place)
    if (!place || !event.dataTransfer) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'copy'
  })
  document.addEventListener('drop', (event) => {
    const place = placeOf(event)
    if (!place) return
    event.preventDefault()
    try {
      put(place.dataset.trayPlace as Letter, JSON.parse(event.dataTransfer?.getData(DRAGGED_AS) ?? '') as Held)
    } catch {
      // Dragged here from elsewhere under our name: not a sound.
    }
  })
  document.addEventListener('dragend', () => {
    isDragging = false
    light(null)
    show()
  })
}
