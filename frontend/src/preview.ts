/**
 * A quiet first hearing while the pointer passes over sounds: fades in, fades out, never louder than the player, and
 * leaves the player and its queue as they are.
 */
import { player, state, toggle } from './player'

const QUIETER = 0.6
const FADE_S = 0.25
const STEP_MS = 20

/** `end`: what was heard is heard no more. */
export const previews = new EventTarget()

let playing: HTMLAudioElement | null = null

function fade(audio: HTMLAudioElement, to: number, then?: () => void): void {
  const from = audio.volume
  const began = performance.now()
  clearInterval(Number(audio.dataset.fade))
  const timer = window.setInterval(() => {
    const share = Math.min(1, (performance.now() - began) / (FADE_S * 1000))
    audio.volume = from + (to - from) * share
    if (share < 1) return
    clearInterval(timer)
    then?.()
  }, STEP_MS)
  audio.dataset.fade = String(timer)
}

export interface Part {
  fromS: number
  toS: number
}

/**
 * Let a sound be heard, in place of the one before.
 *
 * @param part Hear this much of it, as loud as the player, and not the whole more quietly.
 */
export async function preview(url: string, gainDb: number, part?: Part): Promise<void> {
  stopPreview()
  if (state.isPlaying) await toggle()
  const audio = new Audio(url)
  audio.volume = 0
  playing = audio
  if (part) {
    audio.currentTime = part.fromS
    audio.addEventListener('timeupdate', () => {
      if (audio === playing && audio.currentTime >= part.toS - FADE_S) stopPreview()
    })
  }
  audio.addEventListener('ended', () => {
    if (audio === playing) stopPreview()
  })
  try {
    await audio.play()
  } catch {
    // Left before it began, or not allowed to sound yet: it stays quiet.
    return
  }
  if (playing !== audio) return
  // An element cannot be louder than its file.
  fade(audio, Math.min(1, state.volume ** 2 * (part ? 1 : QUIETER) * 10 ** (gainDb / 20)))
}

export function stopPreview(): void {
  const audio = playing
  playing = null
  if (!audio) return
  previews.dispatchEvent(new Event('end'))
  fade(audio, 0, () => {
    audio.pause()
    audio.removeAttribute('src')
  })
}

player.addEventListener('change', () => {
  if (state.isPlaying) stopPreview()
})
