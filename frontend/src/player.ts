/**
 * The one player of the page. It lives outside what htmx swaps, so that sound goes on while people move about.
 *
 * Every sound carries the gain (dB) that brings it to the loudness target, applied here by a Web Audio gain node,
 * because an <audio> element cannot go above its own level. A source is never switched at full volume: it fades
 * out, is replaced, and fades in.
 */
import { current as currentEntry, go, hasNext, hasPrevious, queue, settle, type Track } from './queue'

export type { Track }

/** Told whenever a track ends or is left: what of it was heard. */
export interface Played {
  soundId: string
  listenedS: number
  durationS: number
  how: 'ended' | 'skipped' | 'stopped'
}

const FADE_OUT_S = 0.03
const FADE_IN_S = 0.08
/** A visit never starts louder than this, whatever the last one ended with. */
const SAFE_START_VOLUME = 0.6
const VOLUME_KEY = 'deepasmr.volume'

const audio = document.createElement('audio')
audio.preload = 'none'
audio.dataset.role = 'player'

export const player = new EventTarget()

let heard = { fromS: 0, listenedS: 0 }
let current: Track | null = null
let volume = Math.min(SAFE_START_VOLUME, Number(localStorage.getItem(VOLUME_KEY) ?? SAFE_START_VOLUME) || SAFE_START_VOLUME)
let graph: { context: AudioContext; level: GainNode; fader: GainNode } | null = null
let switching = 0

function announce(what: 'change' | 'time' | 'failed'): void {
  player.dispatchEvent(new Event(what))
}

/** The Web Audio graph is made on the first press of play: browsers allow sound only after a gesture. */
function openGraph(): NonNullable<typeof graph> {
  if (graph) return graph
  const context = new AudioContext({ latencyHint: 'playback' })
  const level = context.createGain()
  const fader = context.createGain()
  fader.gain.value = 0
  context.createMediaElementSource(audio).connect(level).connect(fader).connect(context.destination)
  graph = { context, level, fader }
  return graph
}

/** Loudness is heard roughly as the logarithm of amplitude: a squared slider feels even. */
function amplitude(): number {
  return volume * volume
}

function fade(to: number, seconds: number): Promise<void> {
  if (!graph) return Promise.resolve()
  const { context, fader } = graph
  const now = context.currentTime
  fader.gain.cancelScheduledValues(now)
  fader.gain.setValueAtTime(fader.gain.value, now)
  fader.gain.linearRampToValueAtTime(to, now + seconds)
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}

export const state = {
  get track(): Track | null {
    return current
  },
  get isPlaying(): boolean {
    return current !== null && !audio.paused
  },
  get timeS(): number {
    return audio.currentTime
  },
  get durationS(): number {
    return Number.isFinite(audio.duration) && audio.duration > 0 ? audio.duration : (current?.durationS ?? 0)
  },
  get volume(): number {
    return volume
  },
  get hasPrevious(): boolean {
    return hasPrevious()
  },
  get hasNext(): boolean {
    return hasNext()
  },
}

/** Tell who keeps a history what was heard of the present track, and begin to count anew. */
function leave(how: Played['how']): void {
  if (current && heard.listenedS > 0) {
    const detail: Played = { soundId: current.id, listenedS: heard.listenedS, durationS: state.durationS, how }
    player.dispatchEvent(new CustomEvent<Played>('played', { detail }))
  }
  heard = { fromS: audio.currentTime, listenedS: 0 }
}

/** Play a track from a moment (s) on; previous and next go through the tracks around it. */
export async function play(track: Track, around: readonly Track[] = [track], fromS = 0): Promise<void> {
  settle(track, around)
  await playCurrent(track, fromS)
}

async function playCurrent(track: Track, fromS = 0): Promise<void> {
  const turn = ++switching
  const { context, level } = openGraph()
  await context.resume()
  if (!audio.paused) await fade(0, FADE_OUT_S)
  if (turn !== switching) return
  if (current?.id !== track.id) {
    leave('skipped')
    current = track
    audio.src = track.url
    level.gain.value = 10 ** (track.gainDb / 20)
  }
  audio.currentTime = fromS
  introduce(track)
  await start()
}

async function start(): Promise<void> {
  announce('change')
  try {
    await audio.play()
    void fade(amplitude(), FADE_IN_S)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return
    announce('failed')
  }
}

export async function toggle(): Promise<void> {
  if (!current) return
  if (audio.paused) {
    await openGraph().context.resume()
    await start()
  } else {
    await fade(0, FADE_OUT_S)
    audio.pause()
  }
}

export function seek(toS: number): void {
  if (!current) return
  audio.currentTime = Math.min(Math.max(0, toS), Math.max(0, state.durationS - 0.05))
  announce('time')
}

export function step(by: -1 | 1): void {
  go(by)
}

export function setVolume(to: number): void {
  volume = Math.min(1, Math.max(0, to))
  localStorage.setItem(VOLUME_KEY, String(volume))
  if (!audio.paused) void fade(amplitude(), FADE_OUT_S)
  announce('change')
}

/** Tell the operating system what plays, so that lock screens and headset keys work. */
function introduce(track: Track): void {
  if (!('mediaSession' in navigator)) return
  navigator.mediaSession.metadata = new MediaMetadata({ title: track.title, artist: track.trigger, album: 'DeepASMR' })
  const actions: [MediaSessionAction, MediaSessionActionHandler | null][] = [
    ['play', () => void toggle()],
    ['pause', () => void toggle()],
    ['previoustrack', () => step(-1)],
    ['nexttrack', () => step(1)],
    ['seekbackward', (details) => seek(state.timeS - (details.seekOffset ?? 5))],
    ['seekforward', (details) => seek(state.timeS + (details.seekOffset ?? 5))],
    ['seekto', (details) => seek(details.seekTime ?? 0)],
  ]
  for (const [action, deed] of actions) {
    try {
      navigator.mediaSession.setActionHandler(action, deed)
    } catch {
      // A browser that does not know an action refuses it; the others still work.
    }
  }
}

function tick(): void {
  announce('time')
  if (!audio.paused) requestAnimationFrame(tick)
}

audio.addEventListener('playing', () => {
  announce('change')
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
  requestAnimationFrame(tick)
})
audio.addEventListener('timeupdate', () => {
  const stepS = audio.currentTime - heard.fromS
  // Longer steps are seeks.
  if (stepS > 0 && stepS < 2) heard.listenedS += stepS
  heard.fromS = audio.currentTime
  announce('time')
})
audio.addEventListener('ended', () => {
  leave('ended')
  go(1)
})
addEventListener('pagehide', () => leave('stopped'))
queue.addEventListener('begin', () => {
  const entry = currentEntry()
  if (entry) void playCurrent(entry.track)
})
queue.addEventListener('change', () => announce('change'))
for (const name of ['pause', 'ended', 'durationchange'] as const) audio.addEventListener(name, () => announce('change'))
audio.addEventListener('error', () => announce('failed'))
document.addEventListener('DOMContentLoaded', () => document.getElementById('player')?.append(audio))
