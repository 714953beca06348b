import { pause, player, seek, state, step, toggle } from './player'

const SEEK_STEP_S = 5

/** Tell the operating system what plays and where it is, so that lock screens, headsets and media keys work. */
export function startSession(): void {
  if (!('mediaSession' in navigator)) return
  const { mediaSession } = navigator
  const deeds: [MediaSessionAction, MediaSessionActionHandler][] = [
    ['play', () => void (state.isPlaying || toggle())],
    ['pause', () => void pause()],
    ['stop', () => void pause()],
    ['previoustrack', () => step(-1)],
    ['nexttrack', () => step(1)],
    ['seekbackward', (details) => seek(state.timeS - (details.seekOffset ?? SEEK_STEP_S))],
    ['seekforward', (details) => seek(state.timeS + (details.seekOffset ?? SEEK_STEP_S))],
    ['seekto', (details) => seek(details.seekTime ?? 0)],
  ]
  for (const [action, deed] of deeds) {
    try {
      mediaSession.setActionHandler(action, deed)
    } catch {
      // A browser that does not know an action refuses it; the others still work.
    }
  }

  let shownId = ''
  player.addEventListener('change', () => {
    const { track, durationS, timeS } = state
    if (!track) return
    if (track.id !== shownId) {
      shownId = track.id
      const artwork = [{ src: '/static/icons/icon-512.png', sizes: '512x512', type: 'image/png' }]
      mediaSession.metadata = new MediaMetadata({ title: track.title, artist: track.trigger, album: 'DeepASMR', artwork })
    }
    mediaSession.playbackState = state.isPlaying ? 'playing' : 'paused'
    if (durationS > 0) mediaSession.setPositionState({ duration: durationS, position: Math.min(timeS, durationS), playbackRate: 1 })
  })
}
