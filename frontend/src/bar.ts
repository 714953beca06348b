import { connection } from './connection'
import { clock, say } from './messages'
import { notify } from './notice'
import { player, seek, setLoop, state, step, toggle, type Failed } from './player'
import { openedGraph } from './graph'
import { bedtime, leftS, setBedtime, sleep } from './sleep'
import { setVolume } from './volume'

/** A sound that takes longer than this to begin is said to be on its way. */
const PATIENCE_MS = 400
/** A choice is seen before its menu closes. */
const CHOSEN_MS = 160

function byId<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id)
  if (!element) throw new Error(`layout.html has no #${id}`)
  return element as T
}

function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Bind the player bar at the foot of every page. */
export function startBar(): void {
  const bar = byId('player')
  const playButton = byId<HTMLButtonElement>('player-play')
  const previous = byId<HTMLButtonElement>('player-previous')
  const next = byId<HTMLButtonElement>('player-next')
  const loop = byId<HTMLButtonElement>('player-loop')
  const more = byId<HTMLButtonElement>('player-more')
  const position = byId<HTMLInputElement>('player-position')
  const loudness = byId<HTMLInputElement>('player-volume')
  const title = byId<HTMLAnchorElement>('player-title')
  const trigger = byId('player-trigger')
  const times = byId('player-times')
  let waitingSince: number | undefined

  const showTime = (): void => {
    const [timeS, durationS] = [state.timeS, state.durationS]
    const [time, duration] = [clock(timeS), clock(durationS)]
    position.max = String(durationS || 1)
    position.value = String(timeS)
    position.style.setProperty('--ready', `${durationS > 0 ? (state.reachableS / durationS) * 100 : 100}%`)
    position.style.setProperty('--filled', `${durationS > 0 ? (timeS / durationS) * 100 : 0}%`)
    write(times, `${time} / ${duration}`)
    const spoken = say('player.position_of', { time, duration })
    if (position.getAttribute('aria-valuetext') !== spoken) position.setAttribute('aria-valuetext', spoken)
  }
  const showWaiting = (): void => {
    bar.classList.add('is-waiting')
    write(trigger, say('player.waiting'))
  }
  const show = (): void => {
    const { track, isWaiting } = state
    bar.classList.toggle('is-playing', state.isPlaying)
    bar.classList.toggle('has-track', track !== null)
    playButton.setAttribute('aria-label', say(state.isPlaying ? 'player.pause' : 'player.play'))
    playButton.disabled = !track && !state.hasNext
    position.disabled = !track
    previous.disabled = !state.hasPrevious
    next.disabled = !state.hasNext
    loop.setAttribute('aria-pressed', String(state.isLooping))
    if (track) {
      write(title, track.title)
      title.href = track.href
    }
    if (!isWaiting) {
      clearTimeout(waitingSince)
      waitingSince = undefined
      bar.classList.remove('is-waiting')
      if (track) write(trigger, track.trigger)
    } else {
      waitingSince ??= window.setTimeout(showWaiting, PATIENCE_MS)
    }
    showTime()
  }

  const showVolume = (): void => {
    const percent = Math.round(state.volume * 100)
    loudness.value = String(state.volume)
    loudness.style.setProperty('--filled', `${percent}%`)
    loudness.setAttribute('aria-valuetext', `${percent} %`)
  }

  playButton.addEventListener('click', () => void toggle())
  previous.addEventListener('click', () => step(-1))
  next.addEventListener('click', () => step(1))
  loop.addEventListener('click', () => setLoop(!state.isLooping))
  more.addEventListener('click', () => more.setAttribute('aria-expanded', String(bar.classList.toggle('is-open'))))
  position.addEventListener('input', () => seek(Number(position.value)))
  loudness.addEventListener('input', () => {
    setVolume(Number(loudness.value), openedGraph()?.volume)
    showVolume()
  })
  player.addEventListener('change', show)
  player.addEventListener('time', showTime)
  player.addEventListener('failed', (event) => {
    const { track, why } = (event as CustomEvent<Failed>).detail
    if (why === 'lost') return
    const told = track.jobId ? 'player.not_made' : why === 'gone' ? 'player.gone' : 'player.failed'
    notify(say(told, { title: track.title }))
  })
  connection.addEventListener('back', show)
  startBedtimes()
  // What opens above the bar must know how tall it is: on a narrow screen it unfolds.
  new ResizeObserver(() => document.documentElement.style.setProperty('--bar-now', `${bar.offsetHeight}px`)).observe(bar)
  showVolume()
  show()
}

/** The choice of when to fall silent, and the countdown: in its button, and beside the title where that is folded away. */
function startBedtimes(): void {
  const menu = byId('sleep')
  const button = byId('player-sleep')
  const left = byId('player-sleep-left')
  const beside = byId('player-bedtime')
  const show = (): void => {
    const choice = bedtime()
    menu.querySelectorAll('input').forEach((input) => (input.checked = input.value === String(choice ?? '')))
    const seconds = leftS()
    const countdown = seconds === null ? '' : clock(Math.ceil(seconds))
    write(left, countdown)
    write(beside, countdown)
    button.classList.toggle('is-on', choice !== null)
  }
  menu.addEventListener('change', (event) => {
    if (!(event.target instanceof HTMLInputElement)) return
    const { value } = event.target
    setBedtime(value === 'end' ? 'end' : value === '' ? null : Number(value))
  })
  // Somebody who chose with a pointer is done; with keys they may still go through the choices.
  menu.addEventListener('pointerup', (event) => {
    if (event.target instanceof Element && event.target.closest('label')) setTimeout(() => menu.hidePopover(), CHOSEN_MS)
  })
  sleep.addEventListener('change', show)
  player.addEventListener('time', () => bedtime() === 'end' && show())
  show()
}
