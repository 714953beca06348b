import { fade, openedGraph } from './graph'
import { pause, player, setLoop, state, type Played } from './player'

/** Minutes from now, or the end of the sound that plays, or never. */
export type Bedtime = number | 'end' | null

const FADE_S = 30
const TICK_MS = 1000
const STORED_AS = 'deepasmr.sleep'

/** `change`: the choice, or what is left of it. */
export const sleep = new EventTarget()

let choice: Bedtime = null
let endsAtMs = 0
let timer: number | undefined

function announce(): void {
  if (choice === null) sessionStorage.removeItem(STORED_AS)
  else sessionStorage.setItem(STORED_AS, JSON.stringify({ choice, endsAtMs }))
  sleep.dispatchEvent(new Event('change'))
}

export function bedtime(): Bedtime {
  return choice
}

/** What is left until silence (s); null where nothing is to end. */
export function leftS(): number | null {
  if (choice === null) return null
  return choice === 'end' ? Math.max(0, state.durationS - state.timeS) : Math.max(0, (endsAtMs - Date.now()) / 1000)
}

/** Choose when to fall silent; the last half minute fades away. */
export function setBedtime(wanted: Bedtime): void {
  choice = wanted
  endsAtMs = typeof wanted === 'number' ? Date.now() + wanted * 60_000 : 0
  // What goes round never ends.
  if (wanted === 'end') setLoop(false)
  begin()
}

function begin(): void {
  clearInterval(timer)
  timer = choice === null ? undefined : window.setInterval(tick, TICK_MS)
  if (choice === null) hushTo(1)
  else tick()
  announce()
}

/** Loudness is heard roughly as the logarithm of amplitude: a square goes down evenly. */
function hushTo(share: number): void {
  const hush = openedGraph()?.hush
  if (hush) void fade(hush, share * share, TICK_MS / 1000, 'straight')
}

function tick(): void {
  const left = leftS()
  if (left === null) return
  // A short sound that ends by itself is not faded as a whole.
  const fadeS = choice === 'end' ? Math.min(FADE_S, state.durationS / 4) : FADE_S
  if (state.isPlaying) hushTo(Math.min(1, Math.max(0, left - TICK_MS / 1000) / fadeS))
  if (left <= 0 && choice !== 'end') void fallSilent()
  else announce()
}

async function fallSilent(): Promise<void> {
  choice = null
  clearInterval(timer)
  announce()
  await pause()
  // Behind closed faders: whoever plays again in the morning is not met by silence.
  hushTo(1)
}

/** Take up the timer that a page loaded anew has interrupted, and let the last sound of the night end. */
export function startSleep(): void {
  player.addEventListener('ending', (event) => {
    if (choice === 'end') event.preventDefault()
  })
  player.addEventListener('played', (event) => {
    if (choice !== 'end' || (event as CustomEvent<Played>).detail.how !== 'ended') return
    choice = null
    begin()
  })
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORED_AS) ?? 'null') as { choice: Bedtime; endsAtMs: number } | null
    if (!stored || (stored.choice !== 'end' && stored.endsAtMs < Date.now())) return
    choice = stored.choice
    endsAtMs = stored.endsAtMs
    begin()
  } catch {
    // Written by another version: there is no timer.
  }
}
