import { player } from './player'

/** Draw what is played of the current sound over its small waveforms: a second copy, cut off where the sound is. */
export function startWaves(): void {
  player.addEventListener('change', () => {
    document.querySelectorAll('.is-current .wave').forEach((wave) => {
      const drawn = wave.querySelector('svg')
      if (!drawn || wave.childElementCount > 1) return
      const played = drawn.cloneNode(true) as SVGElement
      played.classList.add('is-played')
      wave.append(played)
    })
  })
}
