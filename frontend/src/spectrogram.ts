import { clock } from './messages'
import { goTo } from './tracks'

/* Slaney's scale, as in models/audio/mel.py: linear to 1 kHz (15 mel), then 27 mel for each factor of 6.4. */
const KINK_HZ = 1000
const KINK_MEL = 15
const MEL_PER_LOG = 27 / Math.log(6.4)
const TOP_MEL = KINK_MEL + MEL_PER_LOG * Math.log(22050 / KINK_HZ)

/** The frequency (Hz) at a height of the picture, 0 at its foot to 1 at its top. */
export function frequencyHz(height: number): number {
  const mel = height * TOP_MEL
  return mel < KINK_MEL ? (mel / KINK_MEL) * KINK_HZ : KINK_HZ * Math.exp((mel - KINK_MEL) / MEL_PER_LOG)
}

function pitch(hz: number): string {
  return hz < 1000 ? `${Math.round(hz / 10) * 10} Hz` : `${(hz / 1000).toFixed(1)} kHz`
}

/** Moment and pitch under the pointer are read beside it, and dragging moves through the sound. */
export function startSpectrogram(picture: HTMLElement): void {
  const sound = picture.closest<HTMLElement>('[data-sound-id]')
  if (!sound) return
  const durationS = Number(sound.dataset.durationS)
  const reading = document.createElement('span')
  reading.className = 'reading'
  reading.setAttribute('aria-hidden', 'true')
  picture.append(reading)

  const place = (event: PointerEvent): { momentS: number; across: number; height: number } => {
    const box = picture.getBoundingClientRect()
    const across = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width))
    const height = Math.min(1, Math.max(0, 1 - (event.clientY - box.top) / box.height))
    return { momentS: across * durationS, across, height }
  }
  picture.addEventListener('pointermove', (event) => {
    const { momentS, across, height } = place(event)
    const moment = durationS < 60 ? `${momentS.toFixed(1)} s` : clock(momentS)
    reading.textContent = `${moment} · ${pitch(frequencyHz(height))}`
    picture.style.setProperty('--at', `${(across * 100).toFixed(2)}%`)
    picture.classList.toggle('is-right', across > 0.6)
    if (event.buttons === 1 && event.pointerType === 'mouse') goTo(sound, momentS)
  })
}
