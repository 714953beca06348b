/**
 * Hearing a sound while it is made. Its track plays what its job gives out (GET jobs/{id}/audio), byte for byte the sound
 * that will be kept: when that is there, the track becomes the sound's and what plays goes on playing.
 */
import { announce, player } from './events'
import { openGraph } from './graph'
import { now } from './now'
import { become, queue, type Track } from './queue'
import { goRound } from './switching'
import { playElement, urlOf } from './tracks'

const ASK_EVERY_MS = 700
const AT_ONCE = 'deepasmr.at-once'

interface Job {
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  ready_s: number
  result: { sound_id: string | null }
}

interface Sound {
  id: string
  trigger: { name_en: string; name_ko: string }
  duration_s: number
  play_gain_db: number
  settings: { loop?: boolean } | null
}

let timer: number | undefined

async function ask<Answer>(address: string): Promise<Answer | null> {
  try {
    const answer = await fetch(address, { headers: { accept: 'application/json' } })
    return answer.ok ? ((await answer.json()) as Answer) : null
  } catch {
    return null
  }
}

/** Follow the job of the track that is shown as playing, for as long as it is one. */
async function follow(): Promise<void> {
  timer = undefined
  const track = now.track
  if (!track?.jobId) return
  const job = await ask<Job>(`/api/v1/jobs/${track.jobId}`)
  if (now.track === track && job) {
    now.readyS = job.ready_s
    if (job.state === 'done' && job.result.sound_id) await takeUp(track, job.result.sound_id)
    else announce('time')
    // A stream that breaks off says by itself that nothing more comes.
    if (job.state === 'failed' || job.state === 'cancelled') return
  }
  watch()
}

function watch(): void {
  if (!now.track?.jobId) now.readyS = null
  else timer ??= window.setTimeout(() => void follow(), ASK_EVERY_MS)
}

async function takeUp(track: Track, soundId: string): Promise<void> {
  const sound = await ask<Sound>(`/api/v1/sounds/${soundId}`)
  // What is on its way to being heard is taken up once it is.
  if (!sound || now.isSwitching) return
  const { jobId: _, ...kept } = track
  const isLoop = Boolean(sound.settings?.loop)
  const whole: Track = {
    ...kept,
    id: sound.id,
    trigger: document.documentElement.lang === 'ko' ? sound.trigger.name_ko : sound.trigger.name_en,
    gainDb: sound.play_gain_db,
    durationS: sound.duration_s,
    url: urlOf(sound.id),
    href: `/sounds/${sound.id}`,
    ...(isLoop && { isLoop }),
  }
  become(track.id, whole)
  if (now.track !== track) return
  now.track = whole
  now.readyS = null
  now.voice?.adopt?.(whole)
  announce('change')
  if (now.isLooping) void goRound()
}

function wantsAtOnce(): boolean {
  return localStorage.getItem(AT_ONCE) === 'yes'
}

/** The choice to hear the first of what is asked for as soon as there is something to hear; kept in this browser. */
export function startAtOnce(label: HTMLElement): void {
  const box = label.querySelector('input')
  if (!box) return
  label.hidden = false
  box.checked = wantsAtOnce()
  box.addEventListener('change', () => localStorage.setItem(AT_ONCE, box.checked ? 'yes' : 'no'))
  // Browsers let sound begin in answer to a press, and the answer comes only later.
  box.form?.addEventListener('submit', () => wantsAtOnce() && void openGraph().context.resume())
}

/** Play the first of what has just been asked for, if the listener wants that. */
export function startPlayingArrivals(list: HTMLElement): () => void {
  const begin = (event: Event): void => {
    if (event.target !== list || !wantsAtOnce()) return
    const first = list.firstElementChild?.querySelector<HTMLElement>('[data-making]')
    if (first) playElement(first)
  }
  list.addEventListener('htmx:afterSettle', begin)
  return () => list.removeEventListener('htmx:afterSettle', begin)
}

/** Let tracks of jobs become those of sounds. */
export function startMaking(): void {
  player.addEventListener('change', watch)
  queue.addEventListener('change', watch)
  watch()
}

