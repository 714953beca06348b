import htmx from 'htmx.org'
import { visit } from './pages'
import { preview, previews, stopPreview } from './preview'

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

/** Let stretches that are no sounds yet be heard from the recording itself: pressed again, they are quiet. */
export function startHearing(): void {
  const isHeard = (stretch: Element): boolean => stretch.classList.contains('is-current')
  const hear = (stretch: SVGElement): void => {
    const { hear: url = '', fromS = '0', toS = '0' } = stretch.dataset
    const wasHeard = isHeard(stretch)
    stopPreview()
    if (wasHeard) return
    stretch.classList.add('is-current')
    void preview(url, 0, { fromS: Number(fromS), toS: Number(toS) })
  }
  document.addEventListener('click', (event) => {
    const stretch = event.target instanceof Element ? event.target.closest<SVGElement>('[data-hear]') : null
    if (stretch) hear(stretch)
  })
  document.addEventListener('keydown', (event) => {
    if ((event.key !== ' ' && event.key !== 'Enter') || !(event.target instanceof SVGElement) || !event.target.matches('[data-hear]')) return
    event.preventDefault()
    hear(event.target)
  })
  previews.addEventListener('end', () => {
    document.querySelectorAll('[data-hear].is-current').forEach((stretch) => stretch.classList.remove('is-current'))
  })
}
