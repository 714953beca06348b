/**
 * The one player of the page: it lives outside what htmx swaps, so that sound goes on while people move about.
 *
 * Here is what can be asked of it. How one sound takes over from another is in switching.ts, what happens by itself in
 * onward.ts, the list that it goes through in queue.ts. Every sound carries the gain (dB) that brings it to the
 * loudness target; there is a fader before everything that sounds.
 */
import { connection } from './connection'
import { Deck } from './deck'
import { announce, player, type Failed, type Played } from './events'
import { openedGraph } from './graph'
import type { Loop } from './loop'
import { isCurrent, now, state } from './now'
import { startOnward } from './onward'
import { current as currentEntry, go, queue, settle, type Track } from './queue'
import { begin, goRound, pause, reach, resume, startDecks, warm } from './switching'

export { pause, player, state, warm }
export type { Failed, Played, Track }

/** Play a track from a moment (s) on; previous and next go through the tracks around it. */
export async function play(track: Track, around: readonly Track[] = [track], fromS = 0): Promise<void> {
  if (isCurrent(now.voice) && track.id === now.track?.id && !now.isSwitching) {
    take(track, around)
    seek(fromS)
    if (!now.intends) await resume()
    return
  }
  now.leaving = 'skipped'
  loopByItself(track)
  // Only then: a sound that cannot be had leaves the queue of the one that goes on.
  if (await begin(track, fromS)) take(track, around)
}

function take(track: Track, around: readonly Track[]): void {
  settle(track, around)
  now.voiceKey = currentEntry()?.key ?? null
}

export async function toggle(): Promise<void> {
  if (!now.track) go(1)
  else if (now.intends) await pause()
  else await resume()
}

export function seek(toS: number): void {
  if (!now.track) return
  now.wantedS = Math.min(Math.max(0, toS), Math.max(0, state.reachableS - 0.05))
  announce('time')
  if (isCurrent(now.voice) && !now.isSwitching) void reach()
}

export function step(by: -1 | 1): void {
  now.leaving = 'skipped'
  go(by)
}

/** Let the present sound, and those after it, go round and round, or on to the next. */
export function setLoop(wanted: boolean): void {
  now.loopsByItself = false
  now.isLooping = wanted
  if (now.voice && !(now.voice instanceof Deck)) (now.voice as Loop).setEndless(wanted)
  else if (wanted && now.voice) void goRound()
  announce('change')
}

/** A sound that was made as a loop goes round when it is chosen; the next one that is none does not. */
function loopByItself(track: Track): void {
  if (track.isLoop && !now.isLooping) now.isLooping = now.loopsByItself = true
  else if (!track.isLoop && now.loopsByItself) now.isLooping = now.loopsByItself = false
}

/** Wake the device's sound, if it has been opened and fell asleep: within a gesture, or soon after one. */
export function wake(): void {
  void openedGraph()?.context.resume()
}

queue.addEventListener('begin', () => {
  const entry = currentEntry()
  if (!entry) return
  // In a list that goes on by itself a loop is heard once.
  if (now.leaving === 'skipped' || !entry.track.isLoop) loopByItself(entry.track)
  void begin(entry.track, 0)
})
queue.addEventListener('change', () => announce('change'))
connection.addEventListener('back', () => {
  if (now.track && now.intends && now.isWaiting) void begin(now.track, state.timeS)
})
startOnward()
document.addEventListener('DOMContentLoaded', startDecks)
