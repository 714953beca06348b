import htmx from 'htmx.org'
import { visit } from './pages'

/** A growing timeline is fetched at most this often. */
const REFRESH_MS = 1500

/**
 * Fetch a source's stretches again and again while its job is at work, and the whole page once the job has ended.
 * The job's own fragment on the same page says when (see jobs.ts).
 */
export function startTimeline(element: HTMLElement): () => void {
  let lastAt = 0
  const refresh = (event: Event): void => {
    const { state, phase } = (event as CustomEvent<{ state: string; phase: string | null }>).detail
    if (state === 'done' || state === 'failed' || state === 'cancelled') {
      // Title, length, status and sounds have all become known: show the page anew.
      event.preventDefault()
      visit(location.pathname, 'replace')
      return
    }
    if (phase === 'downloading' || Date.now() - lastAt < REFRESH_MS) return
    lastAt = Date.now()
    void htmx.ajax('get', element.dataset.timeline ?? '', { target: element, select: 'unset', swap: 'innerHTML' })
  }
  document.addEventListener('job:news', refresh)
  return () => document.removeEventListener('job:news', refresh)
}
