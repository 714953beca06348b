import WaveSurfer from 'wavesurfer.js'
import { clock, say } from './messages'
import { player, seek, state } from './player'
import { playElement } from './tracks'
import shadowRules from './waveform.css?inline'

const STEP_S = 1
const PAGE_S = 10

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

/**
 * Draw a sound's waveform from the server's peaks and make it a slider.
 *
 * wavesurfer.js only draws here: the shared player owns the audio. It has neither role nor keys of its own, so the
 * element that holds it gets both.
 */
export function startWaveform(element: HTMLElement): () => void {
  const sound = element.closest<HTMLElement>('[data-sound-id]')
  if (!sound) throw new Error('a waveform belongs inside the element of its sound')
  const durationS = Number(sound.dataset.durationS)
  const peaks = JSON.parse(element.dataset.peaks ?? '[]') as number[]
  const wave = WaveSurfer.create({
    container: element,
    height: 'auto',
    peaks: [peaks],
    duration: durationS,
    normalize: true,
    barWidth: 2,
    barGap: 1,
    barRadius: 1,
    cursorWidth: 2,
    dragToSeek: true,
    hideScrollbar: true,
    waveColor: colour('--wave'),
    progressColor: colour('--accent'),
    cursorColor: colour('--text'),
  })
  const root = wave.getWrapper().getRootNode()
  if (root instanceof ShadowRoot) {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(shadowRules)
    root.adoptedStyleSheets = [sheet]
  }

  const isMine = (): boolean => state.track?.id === sound.dataset.soundId
  const goTo = (momentS: number): void => {
    const toS = Math.min(Math.max(0, momentS), durationS)
    if (isMine()) seek(toS)
    else playElement(sound, toS)
  }
  const show = (): void => {
    const timeS = isMine() ? state.timeS : 0
    wave.setTime(timeS)
    element.setAttribute('aria-valuenow', timeS.toFixed(1))
    element.setAttribute('aria-valuetext', say('player.position_of', { time: clock(timeS), duration: clock(durationS) }))
  }
  const onKey = (event: KeyboardEvent): void => {
    const nowS = isMine() ? state.timeS : 0
    const moves: Record<string, number> = {
      ArrowLeft: nowS - STEP_S,
      ArrowDown: nowS - STEP_S,
      ArrowRight: nowS + STEP_S,
      ArrowUp: nowS + STEP_S,
      PageDown: nowS - PAGE_S,
      PageUp: nowS + PAGE_S,
      Home: 0,
      End: durationS,
    }
    const toS = moves[event.key]
    if (toS === undefined) return
    event.preventDefault()
    goTo(toS)
  }
  const recolour = (): void => {
    wave.setOptions({ waveColor: colour('--wave'), progressColor: colour('--accent'), cursorColor: colour('--text') })
  }
  const theme = matchMedia('(prefers-color-scheme: dark)')

  wave.on('interaction', goTo)
  element.addEventListener('keydown', onKey)
  player.addEventListener('time', show)
  player.addEventListener('change', show)
  theme.addEventListener('change', recolour)
  wave.once('ready', show)
  return () => {
    player.removeEventListener('time', show)
    player.removeEventListener('change', show)
    theme.removeEventListener('change', recolour)
    wave.destroy()
  }
}
