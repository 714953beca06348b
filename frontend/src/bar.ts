import { clock, say } from './messages'
import { player, seek, setVolume, state, step, toggle } from './player'
import { playFirst } from './tracks'

const SEEK_STEP_S = 5

function byId<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id)
  if (!element) throw new Error(`layout.html has no #${id}`)
  return element as T
}

/** Bind the player bar at the foot of every page, and the keys that work wherever nothing else wants them. */
export function startBar(): void {
  const bar = byId('player')
  const playButton = byId<HTMLButtonElement>('player-play')
  const previous = byId<HTMLButtonElement>('player-previous')
  const next = byId<HTMLButtonElement>('player-next')
  const position = byId<HTMLInputElement>('player-position')
  const loudness = byId<HTMLInputElement>('player-volume')
  const title = byId<HTMLAnchorElement>('player-title')
  const trigger = byId('player-trigger')
  const times = byId('player-times')

  const showTime = (): void => {
    const [timeS, durationS] = [state.timeS, state.durationS]
    position.max = String(durationS || 1)
    position.value = String(timeS)
    position.setAttribute('aria-valuetext', say('player.position_of', { time: clock(timeS), duration: clock(durationS) }))
    position.style.setProperty('--filled', `${durationS > 0 ? (timeS / durationS) * 100 : 0}%`)
    times.textContent = `${clock(timeS)} / ${clock(durationS)}`
  }
  const show = (): void => {
    const track = state.track
    bar.classList.toggle('is-playing', state.isPlaying)
    playButton.setAttribute('aria-label', say(state.isPlaying ? 'player.pause' : 'player.play'))
    playButton.disabled = position.disabled = !track
    previous.disabled = !state.hasPrevious
    next.disabled = !state.hasNext
    if (track) {
      title.textContent = track.title
      title.href = track.href
      trigger.textContent = track.trigger
    }
    loudness.value = String(state.volume)
    loudness.style.setProperty('--filled', `${state.volume * 100}%`)
    loudness.setAttribute('aria-valuetext', `${Math.round(state.volume * 100)} %`)
    showTime()
  }

  playButton.addEventListener('click', () => void toggle())
  previous.addEventListener('click', () => step(-1))
  next.addEventListener('click', () => step(1))
  position.addEventListener('input', () => seek(Number(position.value)))
  loudness.addEventListener('input', () => setVolume(Number(loudness.value)))
  player.addEventListener('change', show)
  player.addEventListener('time', showTime)
  player.addEventListener('failed', () => {
    trigger.textContent = say('player.failed')
  })
  show()
  document.addEventListener('keydown', onKey)
}

/** Space plays and pauses, the arrows step through time, unless the focused element has its own use for the key. */
function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
  if (event.target instanceof Element && event.target.closest('a, button, input, select, textarea, summary, audio, [role=slider]')) return
  if (event.key === ' ') {
    if (state.track) void toggle()
    else if (!playFirst()) return
  } else if (event.key === 'ArrowLeft' && state.track) seek(state.timeS - SEEK_STEP_S)
  else if (event.key === 'ArrowRight' && state.track) seek(state.timeS + SEEK_STEP_S)
  else return
  event.preventDefault()
}
