import htmx from 'htmx.org'
import { say } from './messages'

/** What GET jobs/{id} and the `job` event of its stream carry, as far as the page needs it. */
interface JobNews {
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  progress: number
  phase: string | null
  ready_s: number
  position: number | null
}

/** A browser opens six connections to one origin: streams take two of them at most, the other jobs are polled. */
const MAX_STREAMS = 2
const POLL_MS = 1500
/** After a stream was lost its job is polled for a while, and then tries a stream again. */
const STREAM_AGAIN_MS = 20_000

let nStreams = 0

function phrase(news: JobNews): string {
  if (news.state === 'queued' && news.phase === 'waiting') return news.position ? say('job.position', { position: news.position }) : say('job.next')
  // Taken, but nothing told of yet.
  if (news.state === 'running' && news.phase === 'waiting') return say('phase.running')
  const key = `phase.${(news.phase ?? 'running').replaceAll(' ', '_')}`
  const sentence = say(key)
  return sentence === key ? (news.phase ?? '') : sentence
}

/**
 * Keep a waiting or running job's fragment true: by its event stream, or by asking again and again where there is none.
 *
 * Progress and phase are written in place; when the job has ended the whole fragment is fetched once more, in its last
 * state. Whatever is lost on the way, a stream, an answer, the fragment itself, is asked for again until it is there.
 */
export function startJob(element: HTMLElement): () => void {
  const { jobEvents = '', jobUrl = '', jobFragment = '' } = element.dataset
  let shown = element.dataset.jobState
  let stream: EventSource | null = null
  let lostAtMs = -Infinity
  let timer: number | undefined
  let isOver = false

  const show = (news: JobNews): void => {
    const bar = element.querySelector('progress')
    if (bar) {
      if (news.state === 'running' && news.progress > 0) bar.value = news.progress
      bar.setAttribute('aria-valuetext', `${Math.round(news.progress * 100)} %`)
    }
    const percent = element.querySelector('[data-job-percent]')
    if (percent) percent.textContent = news.state === 'running' ? `${Math.round(news.progress * 100)} %` : ''
    const phase = element.querySelector('[data-job-phase]')
    const sentence = phrase(news)
    if (phase && phase.textContent !== sentence) phase.textContent = sentence
    if (element.dataset.making && news.ready_s > 0) element.dataset.making = 'ready'
    // Whoever shows more of the job than its fragment (timeline.ts) may take its end upon itself.
    const isTaken = !element.dispatchEvent(new CustomEvent('job:news', { bubbles: true, cancelable: true, detail: news }))
    if (news.state === shown) return
    shown = news.state
    if (news.state === 'done' || news.state === 'failed' || news.state === 'cancelled') {
      stop()
      if (!isTaken) fetchLast()
    }
  }
  const fetchLast = (): void => {
    void htmx
      .ajax('get', jobFragment, { target: element, select: 'unset', swap: 'outerHTML' })
      .catch(() => undefined)
      .then(() => {
        if (element.isConnected) timer = window.setTimeout(fetchLast, POLL_MS)
      })
  }
  const follow = (): void => {
    if (isOver) return
    if (nStreams < MAX_STREAMS && performance.now() - lostAtMs > STREAM_AGAIN_MS) listen()
    else timer = window.setTimeout(ask, POLL_MS)
  }
  const ask = (): void => {
    fetch(jobUrl, { headers: { accept: 'application/json' } })
      .then(async (answer) => {
        if (isOver) return
        if (answer.ok) show((await answer.json()) as JobNews)
        else if (answer.status === 404) stop()
      })
      .catch(() => undefined)
      .finally(follow)
  }
  const listen = (): void => {
    nStreams += 1
    stream = new EventSource(jobEvents)
    stream.addEventListener('job', (event) => show(JSON.parse((event as MessageEvent<string>).data) as JobNews))
    stream.addEventListener('error', () => {
      lostAtMs = performance.now()
      closeStream()
      follow()
    })
  }
  const closeStream = (): void => {
    if (!stream) return
    stream.close()
    stream = null
    nStreams -= 1
  }
  const stop = (): void => {
    isOver = true
    closeStream()
    clearTimeout(timer)
  }

  follow()
  return stop
}

/**
 * Bring what was just asked for into view: below a long form it would arrive behind the player, unseen.
 * A refusal that was told before goes when the next answer comes.
 */
export function startArrivals(list: HTMLElement): () => void {
  const show = (event: Event): void => {
    if (event.target !== list) return
    list.querySelectorAll(':scope > .problem:not(:first-child)').forEach((told) => told.remove())
    list.firstElementChild?.scrollIntoView({ block: 'nearest' })
  }
  list.addEventListener('htmx:afterSettle', show)
  return () => list.removeEventListener('htmx:afterSettle', show)
}
