import type { Voice } from './deck'
import type { Track } from './queue'

/** Told as `played` whenever a track ends or is left: how much of it was heard. */
export interface Played {
  soundId: string
  listenedS: number
  durationS: number
  how: 'ended' | 'skipped' | 'stopped'
}

/** Told as `failed`: `lost` is tried again by itself, `gone` and `broken` are passed over. */
export interface Failed {
  track: Track
  why: 'lost' | 'gone' | 'broken'
}

/**
 * `change`, `time`; `played` and `failed` with details; `over` when the voice has come to its end; `ending`, cancelable,
 * before it gives way to the next.
 */
export const player = new EventTarget()

let listenedS = 0

export function announce(what: 'change' | 'time'): void {
  player.dispatchEvent(new Event(what))
}

export function announceFailed(detail: Failed): void {
  player.dispatchEvent(new CustomEvent<Failed>('failed', { detail }))
}

/** Add to what has been heard of the sound that plays; what is skipped by seeking does not count. */
export function countHeard(seconds: number): void {
  listenedS += seconds
}

/** Tell who keeps a history what was heard of a voice that is left, and begin to count anew. */
export function tellPlayed(left: Voice | null, how: Played['how']): void {
  // Of a sound that is still being made there is nothing yet to remember.
  if (left?.track && !left.track.jobId && listenedS > 0) {
    const detail: Played = { soundId: left.track.id, listenedS, durationS: left.durationS, how }
    player.dispatchEvent(new CustomEvent<Played>('played', { detail }))
  }
  listenedS = 0
}
