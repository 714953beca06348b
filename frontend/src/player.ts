/**
 * The one player of the page. It lives outside what htmx swaps, so that sound goes on while people move about.
 *
 * Two decks take turns: while one sounds, the other gets the next sound ready, and a short crossfade goes from one to
 * the other. Every sound carries the gain (dB) that brings it to the loudness target. A sound that loops is played from
 * memory (loop.ts). Nothing starts, stops or jumps at full level: there is a fader before everything that sounds.
 */
import { absence, connection, reportLost, whyNot } from './connection'
import { Deck, type Voice } from './deck'
import { announce, announceFailed, countHeard, player, tellPlayed, type Failed, type Played } from './events'
import { fade, openGraph, type Shape } from './graph'
import type { Loop } from './loop'
import { current as currentEntry, go, hasNext, hasPrevious, queue, settle, stayAt, upcoming, type Track } from './queue'
import { currentVolume } from './volume'

export { player }
export type { Failed, Played }
export type { Track }

const SWITCH_S = 0.09
const PAUSE_S = 0.05
const SEEK_OUT_S = 0.02
const SEEK_IN_S = 0.05
/** The next sound begins this long before the end of the one before, so that there is something to fade into. */
const LEAD_S = 0.2
/** The next sound is fetched this long before it is due. */
const READY_S = 20
/** Longer sounds would take too much memory: their loop goes from deck to deck. */
const LONGEST_LOOPED_S = 120
const PULSE_MS = 250
/** A device may sleep when nothing has sounded for a while. */
const REST_AFTER_MS = 10_000
const MOST_FAILURES = 3
const TIME_KEY = 'deepasmr.time'

const decks = [new Deck(), new Deck()] as const

let voice: Voice | null = null
let voiceKey: number | null = null
let current: Track | null = currentEntry()?.track ?? null
let intends = false
/** Where the present track will be heard from, while it is on its way there. */
let wantedS: number | null = current ? Number(sessionStorage.getItem(TIME_KEY) ?? 0) || 0 : null
let turn = 0
let isSwitching = false
let isSeeking = false
let isWaiting = false
let isLooping = false
let inMemory: { id: string; loop: Promise<Loop> } | null = null
let pulseAtS = 0
let pulseTimer: number | undefined
let endTimer: number | undefined
let restTimer: number | undefined
let frame: number | undefined
let leaving: Played['how'] = 'skipped'
let nFailures = 0

export const state = {
  get track(): Track | null {
    return current
  },
  /** Whether it plays or is about to. */
  get isPlaying(): boolean {
    return current !== null && intends
  },
  /** Whether it should sound and does not yet: it is on its way, or the connection is lost. */
  get isWaiting(): boolean {
    return intends && (isWaiting || isSwitching)
  },
  get isLooping(): boolean {
    return isLooping
  },
  get timeS(): number {
    return wantedS ?? voice?.timeS ?? 0
  },
  get durationS(): number {
    return current?.durationS || (isCurrent(voice) ? voice.durationS : 0)
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

function isCurrent(some: Voice | null): some is Voice {
  return some !== null && some.track?.id === current?.id
}

/** Play a track from a moment (s) on; previous and next go through the tracks around it. */
export async function play(track: Track, around: readonly Track[] = [track], fromS = 0): Promise<void> {
  if (isCurrent(voice) && track.id === current?.id && !isSwitching) {
    settle(track, around)
    voiceKey = currentEntry()?.key ?? null
    seek(fromS)
    if (!intends) await resume()
    return
  }
  leaving = 'skipped'
  if (!(await begin(track, fromS))) return
  // Only now: a sound that cannot be had leaves the queue of the one that goes on.
  settle(track, around)
  voiceKey = currentEntry()?.key ?? null
}

export async function toggle(): Promise<void> {
  if (!current) go(1)
  else if (intends) await pause()
  else await resume()
}

export async function pause(): Promise<void> {
  intends = isWaiting = false
  announce('change')
  const silenced = voice
  if (!silenced?.isSounding) return
  await fade(silenced.fader, 0, PAUSE_S)
  if (!intends && voice === silenced) silenced.stop()
  announce('change')
}

export function seek(toS: number): void {
  if (!current) return
  wantedS = Math.min(Math.max(0, toS), Math.max(0, state.durationS - 0.05))
  announce('time')
  if (isCurrent(voice) && !isSwitching) void reach()
}

export function step(by: -1 | 1): void {
  leaving = 'skipped'
  go(by)
}

/** Let the present sound, and those after it, go round and round, or on to the next. */
export function setLoop(wanted: boolean): void {
  isLooping = wanted
  clearTimeout(endTimer)
  endTimer = undefined
  if (inMemory && isCurrent(voice) && !(voice instanceof Deck)) (voice as Loop).setEndless(wanted)
  else if (wanted && voice) void goRound()
  announce('change')
}

/** Get a track ready on the deck that is free, so that it sounds at once when it is played. */
export function warm(track: Track): void {
  const deck = spare()
  if (!isSwitching && !deck.isSounding && track.id !== current?.id) deck.load(track)
}

/** Wake the device's sound, while a button is still going down. */
export function wake(): void {
  void openGraph().context.resume()
}

function spare(): Deck {
  const free = decks.filter((deck) => deck !== voice)
  return free.find((deck) => !deck.isSounding) ?? free[0] ?? decks[0]
}

/** Bring a track to sound on the spare deck and fade over to it; false when it could not be had, or is no longer wanted. */
async function begin(track: Track, fromS: number): Promise<boolean> {
  const mine = ++turn
  const { context } = openGraph()
  current = track
  wantedS = fromS
  intends = isSwitching = true
  isWaiting = false
  clearTimeout(endTimer)
  endTimer = undefined
  announce('change')
  void context.resume()
  beat()
  const deck = spare()
  await deck.silent
  if (mine !== turn) return false
  deck.load(track)
  let isSettled = false
  try {
    await Promise.race([deck.start(fromS), absence(track.url, () => isSettled || mine !== turn)])
  } catch (error) {
    isSettled = true
    if (mine === turn) {
      deck.unload()
      await fail(track, error)
    }
    return false
  }
  isSettled = true
  if (mine !== turn) return false
  isSwitching = false
  const before = voice
  if (before?.track?.id !== track.id || !isLooping) tellPlayed(before, leaving)
  leaving = 'skipped'
  nFailures = 0
  voice = deck
  if (currentEntry()?.track.id === track.id) voiceKey = currentEntry()?.key ?? null
  if (intends) void fade(deck.fader, 1, SWITCH_S)
  else deck.stop()
  if (before && before !== deck) retire(before)
  if (wantedS === fromS) wantedS = null
  else void reach()
  announce('change')
  if (isLooping) void goRound()
  return true
}

/** Fade a voice out, and stop it unless it has been taken up again meanwhile. */
function retire(old: Voice, shape: Shape = 'power'): void {
  const faded = fade(old.fader, 0, SWITCH_S, shape).then(() => {
    if (voice !== old) old.stop()
  })
  if (old instanceof Deck) old.silent = faded
}

async function resume(): Promise<void> {
  if (!current) return
  if (!isCurrent(voice) || isSwitching) {
    await begin(current, wantedS ?? 0)
    return
  }
  const woken = voice
  intends = true
  announce('change')
  void openGraph().context.resume()
  beat()
  const isAtEnd = woken.timeS >= woken.durationS - 0.05
  try {
    await woken.start(wantedS ?? (isAtEnd ? 0 : woken.timeS))
  } catch (error) {
    if (voice === woken) await fail(current, error)
    return
  }
  if (voice !== woken) return
  if (intends) void fade(woken.fader, 1, SWITCH_S)
  else woken.stop()
  wantedS = null
  announce('change')
}

/** Go to the wanted moment behind a closed fader; moments wanted meanwhile are gone to next. */
async function reach(): Promise<void> {
  if (isSeeking) return
  isSeeking = true
  clearTimeout(endTimer)
  endTimer = undefined
  const moved = voice
  while (wantedS !== null && moved !== null && voice === moved && !isSwitching) {
    const toS: number = wantedS
    if (moved.isSounding) await fade(moved.fader, 0, SEEK_OUT_S)
    await moved.seek(toS)
    if (wantedS === toS) wantedS = null
  }
  isSeeking = false
  if (voice === moved && moved && intends && !isSwitching) {
    // A sound that had come to its end before it was sought in has stopped.
    if (!moved.isSounding) void resume()
    else void fade(moved.fader, 1, SEEK_IN_S)
  }
  announce('change')
}

/** Change over to the same sound from memory, where its loop has no seam. Without it the decks take turns. */
async function goRound(): Promise<void> {
  const track = current
  if (!track || track.durationS > LONGEST_LOOPED_S || (voice && !(voice instanceof Deck))) return
  if (inMemory?.id !== track.id) {
    const loop = import('./loop').then((module) => module.Loop.of(track, onEnd))
    inMemory = { id: track.id, loop }
  }
  let loop: Loop
  try {
    loop = await inMemory.loop
  } catch {
    inMemory = null
    return
  }
  const deck = voice
  if (!isLooping || !isCurrent(deck) || !(deck instanceof Deck) || loop.track.id !== current?.id || isSwitching) return
  voice = loop
  loop.setEndless(true)
  if (deck.isSounding && intends) {
    await loop.start(deck.timeS)
    // The same sound twice adds up by level, not by power.
    void fade(loop.fader, 1, SWITCH_S, 'straight')
    retire(deck, 'straight')
  } else {
    void loop.seek(deck.timeS)
  }
}

/** A track could not be had: what still sounds goes on; otherwise wait for the connection, or pass over it. */
async function fail(track: Track, error: unknown): Promise<void> {
  const mine = turn
  if (error instanceof DOMException && error.name === 'NotAllowedError') {
    isSwitching = intends = false
    announce('change')
    return
  }
  const reason = await whyNot(track.url)
  const why = reason === 'unclear' ? 'broken' : reason
  if (mine !== turn) return
  isSwitching = false
  announceFailed({ track, why })
  if (why === 'lost') reportLost()
  if (voice?.track && voice.isSounding && voice.track.id !== track.id) {
    current = voice.track
    wantedS = null
    if (voiceKey !== null) stayAt(voiceKey)
  } else if (why === 'lost') {
    isWaiting = true
  } else if (currentEntry()?.track.id === track.id && hasNext() && ++nFailures < MOST_FAILURES) {
    go(1)
    return
  } else {
    intends = false
  }
  announce('change')
}

/** The voice has come to its end, or nearly so when something follows that can be faded into. */
function onEnd(): void {
  if (isSwitching || !intends || !voice) return
  const isOver = !voice.isSounding
  if (isLooping) {
    if (current) void begin(current, 0)
    return
  }
  if (player.dispatchEvent(new Event('ending', { cancelable: true })) && hasNext()) {
    leaving = 'ended'
    go(1)
  } else if (isOver) {
    intends = false
    tellPlayed(voice, 'ended')
    announce('change')
  }
}

/** A few times a second while something plays: count what is heard, look ahead, save the place. */
function pulse(): void {
  const { context } = openGraph()
  const passedS = Math.min(2, context.currentTime - pulseAtS)
  pulseAtS = context.currentTime
  if (!intends) {
    clearInterval(pulseTimer)
    pulseTimer = undefined
    restTimer = window.setTimeout(() => void context.suspend(), REST_AFTER_MS)
    return
  }
  if (isCurrent(voice) && voice.isSounding && !isWaiting) countHeard(passedS)
  sessionStorage.setItem(TIME_KEY, String(state.timeS))
  announce('time')
  if (isSwitching || !isCurrent(voice) || !voice.isSounding || (isLooping && !(voice instanceof Deck))) return
  const leftS = voice.durationS - voice.timeS
  const next = upcoming()[0]
  if (leftS < READY_S && next && !isLooping) warm(next.track)
  if (leftS < 1 + LEAD_S && endTimer === undefined) {
    endTimer = window.setTimeout(() => {
      endTimer = undefined
      onEnd()
    }, Math.max(0, leftS - LEAD_S) * 1000)
  }
}

function beat(): void {
  clearTimeout(restTimer)
  if (pulseTimer !== undefined) return
  pulseAtS = openGraph().context.currentTime
  pulseTimer = window.setInterval(pulse, PULSE_MS)
}

/** With every frame, so that cursors glide; four times a second where motion is not wanted. */
function draw(): void {
  frame = undefined
  if (!intends || matchMedia('(prefers-reduced-motion: reduce)').matches) return
  announce('time')
  frame = requestAnimationFrame(draw)
}

for (const deck of decks) {
  deck.element.addEventListener('ended', () => {
    if (deck === voice) onEnd()
  })
  deck.element.addEventListener('playing', () => {
    if (deck !== voice) return
    isWaiting = false
    announce('change')
  })
  deck.element.addEventListener('waiting', () => {
    if (deck !== voice || isSeeking) return
    isWaiting = true
    announce('change')
  })
  deck.element.addEventListener('error', () => {
    if (deck !== voice || isSwitching || !current) return
    // Cut off in the middle: it goes on from there.
    wantedS = deck.timeS
    voice = null
    if (intends) void fail(current, deck.element.error)
  })
}

player.addEventListener('change', () => {
  if (intends) frame ??= requestAnimationFrame(draw)
})
queue.addEventListener('begin', () => {
  const entry = currentEntry()
  if (entry) void begin(entry.track, 0)
})
queue.addEventListener('change', () => announce('change'))
connection.addEventListener('back', () => {
  if (current && intends && isWaiting) void begin(current, wantedS ?? state.timeS)
})
addEventListener('pagehide', () => {
  sessionStorage.setItem(TIME_KEY, String(state.timeS))
  tellPlayed(voice, 'stopped')
})
document.addEventListener('DOMContentLoaded', () => {
  for (const deck of decks) document.getElementById('player')?.append(deck.element)
})
