import WaveSurfer from 'wavesurfer.js'
import { player, state } from './player'
import { goTo, isOn } from './tracks'
import shadowRules from './waveform.css?inline'

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

/**
 * Draw a sound's waveform from the server's peaks, and where the sound is.
 *
 * wavesurfer.js only draws here: the shared player owns the audio, position.ts the keys.
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

  const show = (): void => wave.setTime(isOn(sound) ? state.timeS : 0)
  const recolour = (): void => {
    wave.setOptions({ waveColor: colour('--wave'), progressColor: colour('--accent'), cursorColor: colour('--text') })
  }
  const theme = matchMedia('(prefers-color-scheme: dark)')

  wave.on('interaction', (momentS) => goTo(sound, momentS))
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
