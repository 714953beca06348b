/** What happens by itself while something plays: one sound gives way to the next, what was heard is counted. */
import { Deck } from './deck'
import { announce, countHeard, player, tellPlayed } from './events'
import { openedGraph } from './graph'
import { isCurrent, now, saveTime } from './now'
import { go, hasNext, upcoming } from './queue'
import { begin, warm } from './switching'

const PULSE_MS = 250
/** The next sound begins this long before the end of the one before, so that there is something to fade into. */
const LEAD_S = 0.2
/** The next sound is fetched this long before it is due. */
const READY_S = 20
/** A device may sleep when nothing has sounded for a while. */
const REST_AFTER_MS = 10_000

let pulseTimer: number | undefined
let pulseAtS = 0
let endTimer: number | undefined
let restTimer: number | undefined
let frame: number | undefined

function endsInS(): number {
  return now.voice ? now.voice.durationS - now.voice.timeS : Infinity
}

/** The voice has come to its end, or nearly so when something follows that can be faded into. */
function onEnd(): void {
  const { voice, track } = now
  if (now.isSwitching || !now.intends || !voice) return
  const isOver = !voice.isSounding
  // Somebody may have sought away from the end meanwhile.
  if (!isOver && (now.wantedS !== null || endsInS() > 2 * LEAD_S)) return
  if (now.isLooping) {
    if (track && (isOver || voice instanceof Deck)) void begin(track, 0)
  } else if (player.dispatchEvent(new Event('ending', { cancelable: true })) && hasNext()) {
    now.leaving = 'ended'
    go(1)
  } else if (isOver) {
    now.intends = false
    tellPlayed(voice, 'ended')
    announce('change')
  }
}

/** A few times a second while something plays: count what is heard, look ahead, save the place. */
function pulse(): void {
  const context = openedGraph()?.context
  if (!context) return
  const passedS = Math.min(2, context.currentTime - pulseAtS)
  pulseAtS = context.currentTime
  if (!now.intends) {
    clearInterval(pulseTimer)
    pulseTimer = undefined
    restTimer = window.setTimeout(() => void context.suspend(), REST_AFTER_MS)
    return
  }
  const { voice } = now
  const isHeard = isCurrent(voice) && voice.isSounding
  if (isHeard && !now.isWaiting) countHeard(passedS)
  saveTime()
  announce('time')
  if (!isHeard || now.isSwitching || (now.isLooping && !(voice instanceof Deck))) return
  const next = upcoming()[0]
  if (endsInS() < READY_S && next && !now.isLooping) warm(next.track)
  if (endsInS() < 1 + LEAD_S) {
    clearTimeout(endTimer)
    endTimer = window.setTimeout(onEnd, Math.max(0, endsInS() - LEAD_S) * 1000)
  }
}

/** With every frame, so that cursors glide; four times a second where motion is not wanted. */
function draw(): void {
  frame = undefined
  if (!now.intends || matchMedia('(prefers-reduced-motion: reduce)').matches) return
  announce('time')
  frame = requestAnimationFrame(draw)
}

/** Keep time with the player. */
export function startOnward(): void {
  player.addEventListener('over', onEnd)
  player.addEventListener('change', () => {
    if (!now.intends) return
    frame ??= requestAnimationFrame(draw)
    clearTimeout(restTimer)
    if (pulseTimer !== undefined) return
    pulseAtS = openedGraph()?.context.currentTime ?? 0
    pulseTimer = window.setInterval(pulse, PULSE_MS)
  })
  addEventListener('pagehide', () => {
    saveTime()
    tellPlayed(now.voice, 'stopped')
  })
}
