import { clock, say } from './messages'
import { player, state } from './player'
import { goTo, isOn } from './tracks'

const STEP_S = 1
const PAGE_S = 10

/**
 * Make the place of a sound's waveform a slider: its keys move through the sound, its value is where the sound is.
 *
 * It works before the waveform is drawn. What is played goes on with the next sound when it ends, so the last place
 * that keys lead to is a step before the end.
 */
export function startPosition(slider: HTMLElement): () => void {
  const sound = slider.closest<HTMLElement>('[data-sound-id]')
  if (!sound) throw new Error('a position belongs inside the element of its sound')
  const durationS = Number(sound.dataset.durationS)
  const lastS = Math.max(0, durationS - STEP_S)

  const timeS = (): number => (isOn(sound) ? state.timeS : 0)
  const show = (): void => {
    slider.setAttribute('aria-valuenow', timeS().toFixed(1))
    slider.setAttribute('aria-valuetext', say('player.position_of', { time: clock(timeS()), duration: clock(durationS) }))
  }
  const onKey = (event: KeyboardEvent): void => {
    const nowS = timeS()
    const moves: Record<string, number> = {
      ArrowLeft: nowS - STEP_S,
      ArrowDown: nowS - STEP_S,
      ArrowRight: nowS + STEP_S,
      ArrowUp: nowS + STEP_S,
      PageDown: nowS - PAGE_S,
      PageUp: nowS + PAGE_S,
      Home: 0,
      End: lastS,
    }
    const toS = moves[event.key]
    if (toS === undefined) return
    event.preventDefault()
    goTo(sound, Math.min(Math.max(0, toS), Math.max(lastS, nowS)))
  }

  slider.addEventListener('keydown', onKey)
  player.addEventListener('time', show)
  player.addEventListener('change', show)
  show()
  return () => {
    player.removeEventListener('time', show)
    player.removeEventListener('change', show)
  }
}
