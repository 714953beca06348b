import { openGraph } from './graph'
import type { Track } from './queue'

/** Something that sounds, through a fader of its own. */
export interface Voice {
  readonly track: Track | null
  readonly fader: GainNode
  readonly timeS: number
  readonly durationS: number
  readonly isSounding: boolean
  /** Begin to sound from a moment (s) on; resolves once it does. The fader is the caller's affair. */
  start(fromS: number): Promise<void>
  /** Be silent at once, and stay where it is. */
  stop(): void
  /** Go to a moment (s); resolves once it is there. */
  seek(toS: number): Promise<void>
  /** What sounds was being made and is whole now: go on with it under its new name. */
  adopt?(made: Track): void
}

/** How long a seek may take before the sound is let in again all the same. */
const SEEK_PATIENCE_MS = 1500

/** A made sound has the gain that it was made with, or nearly: what is missing comes unheard. */
const ADOPTED_IN_S = 0.5

/** The nodes that every voice ends in: the gain to the loudness target, then a fader, closed at first. */
export function channelStrip(gainDb: number): { level: GainNode; fader: GainNode } {
  const { context, volume } = openGraph()
  const level = context.createGain()
  const fader = context.createGain()
  level.gain.value = 10 ** (gainDb / 20)
  fader.gain.value = 0
  level.connect(fader).connect(volume)
  return { level, fader }
}

function once(target: EventTarget, names: readonly string[], patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      for (const name of names) target.removeEventListener(name, done)
      resolve()
    }
    const timer = setTimeout(done, patienceMs)
    for (const name of names) target.addEventListener(name, done)
  })
}

/** One of the player's two media elements: while one sounds, the other gets the next sound ready. */
export class Deck implements Voice {
  readonly element = document.createElement('audio')
  track: Track | null = null
  /** When the last fade-out of this deck is over: its sound is not replaced before. */
  silent: Promise<void> = Promise.resolve()
  private strip: ReturnType<typeof channelStrip> | null = null

  constructor() {
    this.element.preload = 'none'
  }

  get fader(): GainNode {
    return this.open().fader
  }

  get timeS(): number {
    return this.element.currentTime
  }

  get durationS(): number {
    const { duration } = this.element
    return Number.isFinite(duration) && duration > 0 ? duration : (this.track?.durationS ?? 0)
  }

  /** An <audio> element cannot go above its own level, which is why it is led through a gain node. */
  private open(): ReturnType<typeof channelStrip> {
    if (this.strip) return this.strip
    this.strip = channelStrip(this.track?.gainDb ?? 0)
    openGraph().context.createMediaElementSource(this.element).connect(this.strip.level)
    return this.strip
  }

  get isSounding(): boolean {
    return !this.element.paused && !this.element.ended
  }

  /** Put a track on, silently. What is on already stays as it is, unless it failed. */
  load(track: Track): void {
    if (this.track?.id === track.id && this.element.error === null) return
    this.track = track
    this.element.preload = 'auto'
    this.element.src = track.url
    if (this.strip) this.strip.level.gain.value = 10 ** (track.gainDb / 20)
  }

  /** The bytes are those that were being played: nothing is fetched anew, only its gain may be another. */
  adopt(made: Track): void {
    this.track = made
    if (!this.strip) return
    const { gain, context } = this.strip.level
    gain.setTargetAtTime(10 ** (made.gainDb / 20), context.currentTime, ADOPTED_IN_S)
  }

  /** Take off what will not come. */
  unload(): void {
    this.track = null
    this.element.removeAttribute('src')
    this.element.load()
  }

  async start(fromS: number): Promise<void> {
    this.open()
    if (Math.abs(this.element.currentTime - fromS) > 0.01) this.element.currentTime = fromS
    await this.element.play()
  }

  stop(): void {
    this.element.pause()
  }

  async seek(toS: number): Promise<void> {
    const there = once(this.element, ['seeked', 'error', 'emptied'], SEEK_PATIENCE_MS)
    this.element.currentTime = toS
    await there
  }
}
