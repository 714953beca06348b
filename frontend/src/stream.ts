import htmx from 'htmx.org'
import { recallHearts } from './favourites'
import { say } from './messages'
import { notify } from './notice'
import { pause, wake } from './player'
import { clear, isEndless, queue, replaceQueue, setRefill, type Track } from './queue'
import { trackOf } from './tracks'

/** What the catalogue is told, so that nothing comes twice; it takes no more. */
const MAX_HEARD = 200
/** Cards that its page shows: what comes, and what was before it. */
const MAX_SHOWN = 12

let isOn = false
let isStarting = false
let heard: string[] = []
let cards: string[] = []
let nGiven = 0

const stream = new EventTarget()

function changed(): void {
  stream.dispatchEvent(new Event('change'))
}

/** Fetch the next sounds as cards: the page shows them, the queue plays what they carry. */
async function fetchMore(): Promise<Track[]> {
  const body = new URLSearchParams(heard.slice(-MAX_HEARD).map((id) => ['heard', id]))
  const answer = await fetch('/for-you/next', { method: 'POST', body })
  if (!answer.ok) {
    notify(say('stream.failed'))
    throw new Error(`the stream was answered ${answer.status}`)
  }
  const picked = [...new DOMParser().parseFromString(await answer.text(), 'text/html').querySelectorAll<HTMLElement>('.pick')]
  const tracks = picked.flatMap((pick) => {
    const sound = pick.querySelector<HTMLElement>('[data-sound-id]')
    return sound ? [trackOf(sound)] : []
  })
  heard.push(...tracks.map((track) => track.id))
  cards = [...cards, ...picked.map((pick) => pick.outerHTML)].slice(-MAX_SHOWN)
  nGiven += picked.length
  changed()
  return tracks
}

async function start(): Promise<void> {
  if (isOn || isStarting) return
  // Browsers let sound begin only while a press is fresh; what is to be heard has yet to come.
  wake()
  isStarting = true
  changed()
  ;[heard, cards, nGiven] = [[], [], 0]
  try {
    const tracks = await fetchMore()
    if (tracks.length === 0) return notify(say('stream.empty'))
    replaceQueue(tracks)
    setRefill(fetchMore)
    isOn = true
  } catch {
    notify(say('stream.failed'))
  } finally {
    isStarting = false
    changed()
  }
}

/** End the stream; what was still to be made for it is called off. */
function end(): void {
  isOn = false
  fetch('/api/v1/stream', { method: 'DELETE', keepalive: true }).catch(() => undefined)
  changed()
}

function stop(): void {
  clear()
  void pause()
}

/** The button in the page's head by which a stream stops wherever its listener is. */
export function startStream(): void {
  const button = document.getElementById('stream-stop')
  button?.addEventListener('click', stop)
  stream.addEventListener('change', () => {
    if (button) button.hidden = !isOn
  })
  queue.addEventListener('change', () => {
    // Ended here, or by whoever played something else.
    if (isOn && !isEndless()) end()
  })
}

/** The stream's own place: the button that starts and stops it, and what it has given out. */
export function startStreamPanel(panel: HTMLElement): () => void {
  const button = panel.querySelector<HTMLButtonElement>('[data-stream-press]')
  const words = panel.querySelector<HTMLElement>('[data-stream-words]')
  const list = panel.querySelector<HTMLElement>('[data-stream-cards]')
  let nShown = 0
  const showCards = (list: HTMLElement): void => {
    if (!isOn) list.replaceChildren()
    else if (nGiven > nShown) {
      // Added to what is there, so that nobody's focus is lost.
      const fresh = cards.slice(-(nGiven - nShown)).join('')
      htmx.swap(list, fresh, { swapStyle: 'beforeend', swapDelay: 0, settleDelay: 0 })
      recallHearts(list)
      while (list.childElementCount > MAX_SHOWN) list.firstElementChild?.remove()
    }
    nShown = isOn ? nGiven : 0
  }
  const show = (): void => {
    if (button) {
      button.textContent = say(isOn ? 'stream.stop' : 'stream.start')
      button.classList.toggle('primary', !isOn)
      button.disabled = isStarting
    }
    if (words) words.textContent = say(isOn ? 'stream.on' : 'stream.lead')
    if (list) showCards(list)
  }
  button?.addEventListener('click', () => (isOn ? stop() : void start()))
  stream.addEventListener('change', show)
  show()
  return () => stream.removeEventListener('change', show)
}
