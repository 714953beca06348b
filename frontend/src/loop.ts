import { channelStrip, type Voice } from './deck'
import { player } from './events'
import { openGraph } from './graph'
import type { Track } from './queue'

const LONGEST_SEAM_S = 0.5
const HEADER_BYTES = 44
/** Round what was made as a loop; its length is made of whole hundredths of a second, and so is this. */
const AROUND_S = 0.1

/** How long the seam of a loop is (s): long enough for textures such as rain, never more than a quarter of the sound. */
export function seamOf(durationS: number): number {
  return Math.min(LONGEST_SEAM_S, durationS / 4)
}

/**
 * Fade the end of a sound into its beginning, in place, so that it can go round from its end to the end of the seam.
 *
 * The last samples become a crossfade (equal power) into the first ones, and whoever loops jumps over those: the sample
 * after the last is the one at `nSeam`. Heard from its start, the sound is untouched until its seam.
 *
 * @param channels Samples of each channel, all of one length.
 * @param nSeam Length of the seam (samples), at most half of the sound.
 */
export function fadeEndIntoStart(channels: readonly Float32Array[], nSeam: number): void {
  for (const samples of channels) {
    const seamAt = samples.length - nSeam
    for (let i = 0; i < nSeam; i += 1) {
      const angle = ((i + 0.5) / nSeam) * (Math.PI / 2)
      samples[seamAt + i] = (samples[seamAt + i] ?? 0) * Math.cos(angle) + (samples[i] ?? 0) * Math.sin(angle)
    }
  }
}

/** Make a decoded sound loop without a seam that can be heard; returns where the loop begins again (s). */
export function makeSeamless(buffer: AudioBuffer): number {
  const nSeam = Math.round(seamOf(buffer.duration) * buffer.sampleRate)
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i))
  fadeEndIntoStart(channels, nSeam)
  return nSeam / buffer.sampleRate
}

/**
 * Lay the end of a loop before its beginning and its beginning after its end, as it will be heard: a browser that brings
 * it to the device's rate then finds on either side of the seam what belongs there.
 *
 * @param wav 16 bits with a header of 44 bytes, as the platform writes it.
 * @param aroundS How much is laid there (s): a whole number of samples at every usual rate.
 */
export function layAround(wav: ArrayBuffer, aroundS: number): ArrayBuffer {
  const header = new DataView(wav.slice(0, HEADER_BYTES))
  const bytesPerS = header.getUint32(28, true)
  const data = new Uint8Array(wav, HEADER_BYTES)
  const n = Math.round(aroundS * bytesPerS)
  const laid = new Uint8Array(HEADER_BYTES + data.length + 2 * n)
  header.setUint32(4, laid.length - 8, true)
  header.setUint32(40, data.length + 2 * n, true)
  laid.set(new Uint8Array(header.buffer), 0)
  laid.set(data.subarray(data.length - n), HEADER_BYTES)
  laid.set(data, HEADER_BYTES + n)
  laid.set(data.subarray(0, n), HEADER_BYTES + n + data.length)
  return laid.buffer
}

/** A sound from memory that goes round and round until it is told to end. */
export class Loop implements Voice {
  readonly fader: GainNode
  private readonly level: GainNode
  private node: AudioBufferSourceNode | null = null
  private startedAtS = 0
  private startedFromS = 0
  private stoppedS = 0
  private isEndless = true

  constructor(
    readonly track: Track,
    private readonly buffer: AudioBuffer,
    private readonly loopFromS: number,
    /** Where the sound begins in the buffer (s); as much of it lies behind its end. */
    private readonly beginsAtS = 0,
  ) {
    const strip = channelStrip(track.gainDb)
    this.level = strip.level
    this.fader = strip.fader
  }

  /** Fetch and decode a track. Rejects when it cannot be had or read. */
  static async of(track: Track): Promise<Loop> {
    const url = track.isLoop ? `/api/v1/sounds/${track.id}/audio?format=wav` : track.url
    const answer = await fetch(url)
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
    const { context } = openGraph()
    if (track.isLoop) {
      const buffer = await context.decodeAudioData(layAround(await answer.arrayBuffer(), AROUND_S))
      return new Loop(track, buffer, 0, AROUND_S)
    }
    const buffer = await context.decodeAudioData(await answer.arrayBuffer())
    return new Loop(track, buffer, makeSeamless(buffer))
  }

  get durationS(): number {
    return this.buffer.duration - 2 * this.beginsAtS
  }

  get isSounding(): boolean {
    return this.node !== null
  }

  get timeS(): number {
    if (!this.node) return this.stoppedS
    const timeS = this.startedFromS + openGraph().context.currentTime - this.startedAtS
    if (timeS < this.durationS) return timeS
    if (!this.isEndless) return this.durationS
    return this.loopFromS + ((timeS - this.loopFromS) % (this.durationS - this.loopFromS))
  }

  /** Whether it begins again at its end. Told to end, it does so at the end of the round that plays. */
  setEndless(isEndless: boolean): void {
    if (this.node) {
      // Counted from this round on, or the time would jump when rounds are no longer folded into one.
      this.startedFromS = this.timeS
      this.startedAtS = openGraph().context.currentTime
      this.node.loop = isEndless
    }
    this.isEndless = isEndless
  }

  start(fromS: number): Promise<void> {
    this.stop()
    const { context } = openGraph()
    const node = context.createBufferSource()
    node.buffer = this.buffer
    node.loop = this.isEndless
    node.loopStart = this.beginsAtS + this.loopFromS
    node.loopEnd = this.beginsAtS + this.durationS
    node.connect(this.level)
    node.addEventListener('ended', () => {
      if (this.node !== node) return
      this.stop()
      player.dispatchEvent(new Event('over'))
    })
    this.startedFromS = Math.min(fromS, this.durationS - 0.01)
    this.startedAtS = context.currentTime
    node.start(0, this.beginsAtS + this.startedFromS)
    this.node = node
    return Promise.resolve()
  }

  stop(): void {
    if (!this.node) return
    this.stoppedS = this.timeS
    const node = this.node
    this.node = null
    node.stop()
    node.disconnect()
  }

  seek(toS: number): Promise<void> {
    if (this.node) return this.start(toS)
    this.stoppedS = toS
    return Promise.resolve()
  }
}
