import type { Played } from './events'
import type { Voice } from './deck'
import { current as currentEntry, hasNext, hasPrevious, type Track } from './queue'
import { currentVolume } from './volume'

const TIME_KEY = 'deepasmr.time'

interface Now {
  /** What sounds, or would if it were not paused. */
  voice: Voice | null
  /** Its place in the queue. */
  voiceKey: number | null
  /** What is shown as playing: ahead of the voice while that is on its way. */
  track: Track | null
  /** Whether the listener wants to hear it. */
  intends: boolean
  /** Where it will be heard from (s), while it is on its way there. */
  wantedS: number | null
  isSwitching: boolean
  isWaiting: boolean
  isLooping: boolean
  /** Whether that is because the sound is a loop, and not because somebody asked for it. */
  loopsByItself: boolean
  /** How much (s) of a sound that is being made is there; null for one that is whole. */
  readyS: number | null
  /** How the voice is left when the next one takes over. */
  leaving: Played['how']
}

const restored = currentEntry()?.track ?? null

/** What the player's own files share; everybody else reads `state`. */
export const now: Now = {
  voice: null,
  voiceKey: null,
  track: restored,
  intends: false,
  wantedS: restored ? Number(sessionStorage.getItem(TIME_KEY) ?? 0) || 0 : null,
  isSwitching: false,
  isWaiting: false,
  isLooping: false,
  loopsByItself: false,
  readyS: null,
  leaving: 'skipped',
}

/** Whether a voice is the sound that is shown. */
export function isCurrent(voice: Voice | null): voice is Voice {
  return voice !== null && voice.track?.id === now.track?.id
}

/** Keep the place for a page loaded anew. */
export function saveTime(): void {
  sessionStorage.setItem(TIME_KEY, String(state.timeS))
}

export const state = {
  get track(): Track | null {
    return now.track
  },
  /** Whether it plays or is about to. */
  get isPlaying(): boolean {
    return now.track !== null && now.intends
  },
  /** Whether it should sound and does not yet: it is on its way, or the connection is lost. */
  get isWaiting(): boolean {
    return now.intends && (now.isWaiting || now.isSwitching)
  },
  get isLooping(): boolean {
    return now.isLooping
  },
  get timeS(): number {
    return now.wantedS ?? now.voice?.timeS ?? 0
  },
  get durationS(): number {
    return now.track?.durationS || (isCurrent(now.voice) ? now.voice.durationS : 0)
  },
  /** How far it can be sought in (s): to its end, unless it is still being made. */
  get reachableS(): number {
    if (!now.track?.jobId) return this.durationS
    return Math.min(this.durationS, now.readyS ?? 0)
  },
  get volume(): number {
    return currentVolume()
  },
  get hasPrevious(): boolean {
    return hasPrevious()
  },
  get hasNext(): boolean {
    return hasNext()
  },
}
