import { player, type Played } from './player'

/** Less than this (s) is a slip of the finger, and nothing to remember. */
const LEAST_HEARD_S = 1

/** Tell the catalogue what was heard, so that it can propose more of it. Whoever is off line is not remembered. */
export function startPlays(): void {
  player.addEventListener('played', (event) => {
    const { soundId, listenedS, how } = (event as CustomEvent<Played>).detail
    if (listenedS < LEAST_HEARD_S) return
    const body = JSON.stringify({ sound_id: soundId, listened_s: Math.round(listenedS * 10) / 10, how })
    // Kept alive: the last one is told while the page goes.
    fetch('/api/v1/plays', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, keepalive: true }).catch(() => undefined)
  })
}
