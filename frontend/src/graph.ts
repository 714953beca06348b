import { amplitude } from './volume'

/** Where all sound of the page goes through: volume, then the sleep timer's hush, then the listener's ears. */
export interface Graph {
  context: AudioContext
  volume: GainNode
  hush: GainNode
}

/** `power` keeps the loudness of two different sounds even, `straight` that of one sound fading into itself. */
export type Shape = 'power' | 'straight'

const N_STEPS = 16

let graph: Graph | null = null

/** The Web Audio graph is made after the first press of play: browsers allow sound only after a gesture. */
export function openGraph(): Graph {
  if (graph) return graph
  const context = new AudioContext({ latencyHint: 'balanced' })
  const volume = context.createGain()
  const hush = context.createGain()
  volume.gain.value = amplitude()
  volume.connect(hush).connect(context.destination)
  graph = { context, volume, hush }
  return graph
}

/** How long a change may take to be seen, at most: where a page is hidden, nothing is painted. */
const UNSEEN_MS = 50
const LOOK_MS = 10

/**
 * Open the graph once the change that asked for it is seen: on a slow device it takes longer than an answer may take.
 *
 * Waits by timers, because Safari lets a gesture's leave to sound pass through them, and not through frames.
 */
export async function openGraphSoon(): Promise<Graph> {
  if (graph) return graph
  let isSeen = false
  requestAnimationFrame(() => (isSeen = true))
  for (let waitedMs = 0; !isSeen && waitedMs < UNSEEN_MS; waitedMs += LOOK_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  return openGraph()
}

/** The graph, if anything has been played yet. */
export function openedGraph(): Graph | null {
  return graph
}

/** Bring a gain of 0 to 1 to another value without a jump, from wherever it is now; resolves when it is there. */
export function fade(node: GainNode, to: number, seconds: number, shape: Shape = 'power'): Promise<void> {
  const { gain, context } = node
  const now = context.currentTime
  const from = Math.min(1, Math.max(0, gain.value))
  const [start, end] = shape === 'power' ? [Math.asin(from), Math.asin(to)] : [from, to]
  gain.cancelScheduledValues(now)
  gain.setValueAtTime(from, now)
  for (let i = 1; i <= N_STEPS; i += 1) {
    const here = start + ((end - start) * i) / N_STEPS
    gain.linearRampToValueAtTime(shape === 'power' ? Math.sin(here) : here, now + (seconds * i) / N_STEPS)
  }
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
