import htmx from 'htmx.org'
import { say } from './messages'

/** What GET jobs/{id} and the `job` event of its stream carry, as far as the page needs it. */
interface JobNews {
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  progress: number
  phase: string | null
  position: number | null
}

/** A browser opens six connections to one origin: streams take two of them at most, the other jobs are polled. */
const MAX_STREAMS = 2
const POLL_MS = 2500

let nStreams = 0

function phrase(news: JobNews): string {
  if (news.state === 'queued') return news.position ? say('job.position', { position: news.position }) : say('phase.waiting')
  const key = `phase.${(news.phase ?? 'running').replaceAll(' ', '_')}`
  const sentence = say(key)
  return sentence === key ? (news.phase ?? '') : sentence
}

/**
 * Keep a waiting or running job's fragment true: by its event stream, or by asking again and again where there is none.
 *
 * Progress and phase are written in place; when the job has ended the whole fragment is fetched once more, in its last state.
 */
export function startJob(element: HTMLElement): () => void {
  const { jobEvents = '', jobUrl = '', jobFragment = '' } = element.dataset
  let shown = element.dataset.jobState
  let stream: EventSource | null = null
  let timer: number | undefined

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
    // Whoever shows more of the job than its fragment (timeline.ts) may take its end upon itself.
    const isTaken = !element.dispatchEvent(new CustomEvent('job:news', { bubbles: true, cancelable: true, detail: news }))
    if (news.state === shown) return
    shown = news.state
    if (news.state === 'done' || news.state === 'failed' || news.state === 'cancelled') {
      stop()
      if (!isTaken) void htmx.ajax('get', jobFragment, { target: element, select: 'unset', swap: 'outerHTML' })
    }
  }
  const poll = (): void => {
    timer = window.setTimeout(() => {
      fetch(jobUrl, { headers: { accept: 'application/json' } })
        .then(async (answer) => {
          if (answer.ok) show((await answer.json()) as JobNews)
          else if (answer.status === 404) stop()
        })
        .catch(() => undefined)
        .finally(() => {
          if (timer !== undefined) poll()
        })
    }, POLL_MS)
  }
  const closeStream = (): void => {
    if (!stream) return
    stream.close()
    stream = null
    nStreams -= 1
  }
  const stop = (): void => {
    closeStream()
    clearTimeout(timer)
    timer = undefined
  }

  if (nStreams < MAX_STREAMS) {
    nStreams += 1
    stream = new EventSource(jobEvents)
    stream.addEventListener('job', (event) => show(JSON.parse((event as MessageEvent<string>).data) as JobNews))
    stream.addEventListener('error', () => {
      closeStream()
      if (shown === 'queued' || shown === 'running') poll()
    })
  } else {
    poll()
  }
  return stop
}

/** Bring a job that was just asked for into view: below a long form it would arrive behind the player, unseen. */
export function startArrivals(list: HTMLElement): () => void {
  const show = (event: Event): void => {
    if (event.target === list) list.firstElementChild?.scrollIntoView({ block: 'nearest' })
  }
  list.addEventListener('htmx:afterSettle', show)
  return () => list.removeEventListener('htmx:afterSettle', show)
}
