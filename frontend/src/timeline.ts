import htmx from 'htmx.org'

/** A growing timeline is fetched at most this often. */
const REFRESH_MS = 1500

/**
 * Fetch a source's stretches again and again while its job is at work, and its sounds once the job is done.
 * The job's own fragment on the same page says when (see jobs.ts).
 */
export function startTimeline(element: HTMLElement): () => void {
  let lastAt = 0
  const refresh = (event: Event): void => {
    const { state, phase } = (event as CustomEvent<{ state: string; phase: string | null }>).detail
    const hasEnded = state === 'done' || state === 'failed' || state === 'cancelled'
    if (!hasEnded && (phase === 'downloading' || Date.now() - lastAt < REFRESH_MS)) return
    lastAt = Date.now()
    void htmx.ajax('get', element.dataset.timeline ?? '', { target: element, swap: 'innerHTML' })
  }
  document.addEventListener('job:news', refresh)
  return () => document.removeEventListener('job:news', refresh)
}
