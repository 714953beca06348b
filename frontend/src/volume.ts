/** A visit never starts louder than this, whatever the last one ended with. */
const SAFE_START = 0.6
const STORED_AS = 'deepasmr.volume'
const GLIDE_S = 0.02

let volume = Math.min(SAFE_START, Number(localStorage.getItem(STORED_AS) ?? SAFE_START) || SAFE_START)

/** The listener's volume, 0 to 1. */
export function currentVolume(): number {
  return volume
}

/** Loudness is heard roughly as the logarithm of amplitude: a squared slider feels even. */
export function amplitude(): number {
  return volume * volume
}

/** Set the volume, gliding there where something already plays. */
export function setVolume(to: number, master: GainNode | undefined): void {
  volume = Math.min(1, Math.max(0, to))
  localStorage.setItem(STORED_AS, String(volume))
  master?.gain.setTargetAtTime(amplitude(), master.context.currentTime, GLIDE_S)
}
