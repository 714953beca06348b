import { say } from './messages'
import { notify } from './notice'
import { play, player, seek, state, toggle, wake, warm, type Track } from './player'
import { enqueue, playNext } from './queue'

/** A sound's audio in the smallest format that this browser plays; at its first hearing, what is there at once. */
export function urlOf(soundId: string): string {
  return `/api/v1/sounds/${soundId}/audio?format=${OPUS ? 'opus' : 'wav'}&wait=false`
}

const OPUS = document.createElement('audio').canPlayType('audio/ogg; codecs=opus') !== ''

/** Read the track that a card, a waveform or a tray carries in its data attributes. */
export function trackOf(element: HTMLElement): Track {
  const { soundId = '', title = '', trigger = '', gainDb = '0', durationS = '0', making, href } = element.dataset
  return {
    id: soundId,
    title,
    trigger,
    gainDb: Number(gainDb),
    durationS: Number(durationS),
    url: making ? `/api/v1/jobs/${soundId}/audio` : urlOf(soundId),
    href: href ?? `/sounds/${soundId}`,
    ...(making && { jobId: soundId }),
    ...(element.dataset.loop !== undefined && { isLoop: true }),
  }
}

/** Every sound on the page in reading order, each once: what previous and next go through. */
function tracksOnPage(): Track[] {
  const tracks = new Map<string, Track>()
  // What nobody has begun to make yet is waited for by those alone who press its button.
  document.querySelectorAll<HTMLElement>('#page [data-sound-id]:not([data-making=waiting])').forEach((element) => {
    const track = trackOf(element)
    if (!tracks.has(track.id)) tracks.set(track.id, track)
  })
  return [...tracks.values()]
}

/** Play the sound that an element stands for, from a moment (s) on, with the page's sounds as the queue. */
export function playElement(element: HTMLElement, fromS = 0): void {
  void play(trackOf(element), tracksOnPage(), fromS)
}

/** Whether the sound that an element stands for is the one in the player. */
export function isOn(element: HTMLElement): boolean {
  return state.track?.id === element.dataset.soundId
}

/** Go to a moment (s) of the sound that an element stands for; one that is not in the player is played from there. */
export function goTo(element: HTMLElement, momentS: number): void {
  if (isOn(element)) seek(momentS)
  else playElement(element, momentS)
}

/** The first sound of the page, for somebody who presses space before choosing one. */
export function playFirst(): boolean {
  const first = document.querySelector<HTMLElement>('#page [data-sound-id]')
  if (first) playElement(first)
  return first !== null
}

function show(element: HTMLElement): void {
  const isCurrent = state.track?.id === element.dataset.soundId
  const isPlaying = isCurrent && state.isPlaying
  element.classList.toggle('is-current', isCurrent)
  element.classList.toggle('is-playing', isPlaying)
  const button = element.querySelector<HTMLButtonElement>('[data-play]')
  button?.setAttribute('aria-label', say(isPlaying ? 'player.pause_title' : 'player.play_title', { title: element.dataset.title ?? '' }))
  showTime(element)
}

function showTime(element: HTMLElement): void {
  const played = state.track?.id === element.dataset.soundId && state.durationS > 0 ? state.timeS / state.durationS : 0
  element.style.setProperty('--played', `${(played * 100).toFixed(2)}%`)
}

function showAll(root: Element): void {
  if (root.matches('#page [data-sound-id]')) show(root as HTMLElement)
  root.querySelectorAll<HTMLElement>('#page [data-sound-id]').forEach(show)
}

function getReady(button: Element): void {
  const element = button.closest<HTMLElement>('[data-sound-id]')
  const { connection } = navigator as Navigator & { connection?: { saveData: boolean } }
  if (element && !element.dataset.making && !connection?.saveData) warm(trackOf(element))
}

/** Let every card play, pause, show what plays and take a click on its small waveform as a seek. */
export function startTracks(): void {
  document.addEventListener('click', (event) => {
    const target = event.target
    if (!(target instanceof Element)) return
    const element = target.closest<HTMLElement>('[data-sound-id]')
    if (!element) return
    const isCurrent = state.track?.id === element.dataset.soundId
    if (target.closest('[data-play]')) {
      // Stretches and points are links where there are no scripts.
      event.preventDefault()
      if (isCurrent) void toggle()
      else playElement(element)
      return
    }
    const isNext = target.closest('[data-play-next]') !== null
    if (isNext || target.closest('[data-enqueue]')) {
      const track = trackOf(element)
      if (isNext) playNext(track)
      else enqueue([track])
      notify(say('player.added', { title: track.title }))
      return
    }
    const wave = target.closest('[data-wave]')
    if (wave) {
      const box = wave.getBoundingClientRect()
      const momentS = ((event.clientX - box.left) / box.width) * Number(element.dataset.durationS)
      if (isCurrent && state.isPlaying) seek(momentS)
      else playElement(element, momentS)
    }
  })
  document.addEventListener('keydown', (event) => {
    if (event.key !== ' ' || !(event.target instanceof SVGAElement) || !event.target.matches('[data-play]')) return
    event.preventDefault()
    event.target.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))
  })
  // What a finger or pointer is about to press gets ready, unless the listener saves data.
  document.addEventListener('pointerover', (event) => {
    if (event.target instanceof Element && event.target.closest('[data-play]')) getReady(event.target)
  })
  document.addEventListener('pointerdown', ({ target, pointerType }) => {
    // A finger may still be about to scroll: browsers take only its lifting for a wish to hear.
    if (pointerType !== 'mouse' || !(target instanceof Element) || !target.closest('[data-play], #player-play')) return
    wake()
  })
  document.addEventListener('focusin', (event) => {
    if (event.target instanceof Element && event.target.matches('[data-play]:focus-visible')) getReady(event.target)
  })
  player.addEventListener('change', () => {
    const id = CSS.escape(state.track?.id ?? '')
    // Only what changes: a page may hold hundreds of sounds.
    document.querySelectorAll<HTMLElement>(`#page .is-current[data-sound-id], #page [data-sound-id="${id}"]`).forEach(show)
  })
  player.addEventListener('time', () => {
    const id = state.track?.id
    if (id) document.querySelectorAll<HTMLElement>(`#page [data-sound-id="${CSS.escape(id)}"]`).forEach(showTime)
  })
  document.addEventListener('htmx:load', (event) => showAll(event.target as Element))
}
