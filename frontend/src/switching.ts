/**
 * How one sound takes over from another. Two decks take turns: while one sounds, the other gets the next sound ready,
 * and a short crossfade goes from one to the other. Nothing starts, stops or jumps at full level.
 */
import { absence, reportLost, whyNot } from './connection'
import { Deck, type Voice } from './deck'
import { announce, announceFailed, player, tellPlayed } from './events'
import { fade, openGraph, openGraphSoon, type Shape } from './graph'
import type { Loop } from './loop'
import { isCurrent, now } from './now'
import { current as currentEntry, go, hasNext, stayAt, type Track } from './queue'

const SWITCH_S = 0.09
const PAUSE_S = 0.05
const SEEK_OUT_S = 0.02
const SEEK_IN_S = 0.05
/** Longer sounds would take too much memory: their loop goes from deck to deck. */
const LONGEST_LOOPED_S = 120
const MOST_FAILURES = 3

const decks = [new Deck(), new Deck()] as const

let turn = 0
let isSeeking = false
let inMemory: { id: string; loop: Promise<Loop> } | null = null
let nFailures = 0

function spare(): Deck {
  const free = decks.filter((deck) => deck !== now.voice)
  return free.find((deck) => !deck.isSounding) ?? free[0] ?? decks[0]
}

/** Get a track ready on the deck that is free, so that it sounds at once when it is played. */
export function warm(track: Track): void {
  const deck = spare()
  if (!now.isSwitching && !deck.isSounding && track.id !== now.track?.id) deck.load(track)
}

/** Bring a track to sound on the spare deck and fade over to it; false when it could not be had, or is no longer wanted. */
export async function begin(track: Track, fromS: number): Promise<boolean> {
  const mine = ++turn
  now.track = track
  now.wantedS = fromS
  now.intends = now.isSwitching = true
  now.isWaiting = false
  announce('change')
  void (await openGraphSoon()).context.resume()
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
  takeOver(deck, track)
  if (now.wantedS === fromS) now.wantedS = null
  else void reach()
  announce('change')
  if (now.isLooping) void goRound()
  return true
}

function takeOver(deck: Deck, track: Track): void {
  const before = now.voice
  // A round of a loop that goes from deck to deck is not an end.
  if (before?.track?.id !== track.id || !now.isLooping) tellPlayed(before, now.leaving)
  now.leaving = 'skipped'
  now.isSwitching = false
  nFailures = 0
  now.voice = deck
  const entry = currentEntry()
  if (entry?.track.id === track.id) now.voiceKey = entry.key
  if (now.intends) void fade(deck.fader, 1, SWITCH_S)
  else deck.stop()
  if (before && before !== deck) retire(before)
}

/** Fade a voice out, and stop it unless it has been taken up again meanwhile. */
function retire(old: Voice, shape: Shape = 'power'): void {
  const faded = fade(old.fader, 0, SWITCH_S, shape).then(() => {
    if (now.voice !== old) old.stop()
  })
  if (old instanceof Deck) old.silent = faded
}

export async function pause(): Promise<void> {
  now.intends = now.isWaiting = false
  announce('change')
  const silenced = now.voice
  if (!silenced?.isSounding) return
  await fade(silenced.fader, 0, PAUSE_S)
  if (!now.intends && now.voice === silenced) silenced.stop()
  announce('change')
}

export async function resume(): Promise<void> {
  if (!now.track) return
  if (!isCurrent(now.voice) || now.isSwitching) {
    await begin(now.track, now.wantedS ?? 0)
    return
  }
  const woken = now.voice
  now.intends = true
  void openGraph().context.resume()
  announce('change')
  const isAtEnd = woken.timeS >= woken.durationS - 0.05
  try {
    await woken.start(now.wantedS ?? (isAtEnd ? 0 : woken.timeS))
  } catch (error) {
    if (now.voice === woken) await fail(now.track, error)
    return
  }
  if (now.voice !== woken) return
  if (now.intends) void fade(woken.fader, 1, SWITCH_S)
  else woken.stop()
  now.wantedS = null
  announce('change')
}

/** Go to the wanted moment behind a closed fader; moments wanted meanwhile are gone to next. */
export async function reach(): Promise<void> {
  if (isSeeking) return
  isSeeking = true
  const moved = now.voice
  while (now.wantedS !== null && moved !== null && now.voice === moved && !now.isSwitching) {
    const toS: number = now.wantedS
    if (moved.isSounding) await fade(moved.fader, 0, SEEK_OUT_S)
    await moved.seek(toS)
    if (now.wantedS === toS) now.wantedS = null
  }
  isSeeking = false
  if (moved && now.voice === moved && now.intends && !now.isSwitching) {
    // A sound that had come to its end before it was sought in has stopped.
    if (!moved.isSounding) void resume()
    else void fade(moved.fader, 1, SEEK_IN_S)
  }
  announce('change')
}

/** Change over to the same sound from memory, where its loop has no seam. Without it the decks take turns. */
export async function goRound(): Promise<void> {
  const track = now.track
  if (!track || track.jobId || track.durationS > LONGEST_LOOPED_S || (now.voice && !(now.voice instanceof Deck))) return
  if (inMemory?.id !== track.id) {
    inMemory = { id: track.id, loop: import('./loop').then((module) => module.Loop.of(track)) }
  }
  let loop: Loop
  try {
    loop = await inMemory.loop
  } catch {
    inMemory = null
    return
  }
  const deck = now.voice
  if (!now.isLooping || now.isSwitching || !isCurrent(deck) || !(deck instanceof Deck) || loop.track.id !== now.track?.id) return
  now.voice = loop
  loop.setEndless(true)
  if (deck.isSounding && now.intends) {
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
    now.isSwitching = now.intends = false
    announce('change')
    return
  }
  const reason = await whyNot(track.url)
  const why = reason === 'unclear' ? 'broken' : reason
  if (mine !== turn) return
  now.isSwitching = false
  announceFailed({ track, why })
  if (why === 'lost') reportLost()
  if (now.voice?.track && now.voice.isSounding && now.voice.track.id !== track.id) {
    now.track = now.voice.track
    now.wantedS = null
    if (now.voiceKey !== null) stayAt(now.voiceKey)
  } else if (why === 'lost') {
    now.isWaiting = true
  } else if (currentEntry()?.track.id === track.id && hasNext() && ++nFailures < MOST_FAILURES) {
    go(1)
    return
  } else {
    now.intends = false
  }
  announce('change')
}

/** Bind the decks' own news; they stand in the bar, where the browser's tools find them. */
export function startDecks(): void {
  for (const deck of decks) {
    const { element } = deck
    document.getElementById('player')?.append(element)
    element.addEventListener('ended', () => {
      if (deck === now.voice) player.dispatchEvent(new Event('over'))
    })
    element.addEventListener('playing', () => {
      if (deck !== now.voice) return
      now.isWaiting = false
      announce('change')
    })
    element.addEventListener('waiting', () => {
      if (deck !== now.voice || isSeeking) return
      now.isWaiting = true
      announce('change')
    })
    element.addEventListener('error', () => {
      if (deck !== now.voice || now.isSwitching || !now.track) return
      // Cut off in the middle: it goes on from there.
      now.wantedS = deck.timeS
      now.voice = null
      if (now.intends) void fail(now.track, element.error)
    })
  }
}
