/** So many cards come by themselves; then a press asks for more, so that the page's foot can be reached. */
const MAX_CARDS_BY_ITSELF = 150
const AHEAD_PX = 800

/** Ask for the next cards as soon as the way to them comes near; without scripts it is a link to the next page. */
export function startPager(link: HTMLAnchorElement): () => void {
  const list = document.getElementById('results')
  if (!list) return () => undefined
  const watch = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return
      watch.disconnect()
      if (list.childElementCount < MAX_CARDS_BY_ITSELF) link.click()
    },
    { rootMargin: `${AHEAD_PX}px` },
  )
  watch.observe(link)
  // Cards that arrive after their page was left have no place any more.
  list.addEventListener('htmx:beforeSwap', (event) => {
    if (!list.isConnected) event.preventDefault()
  })
  link.addEventListener('click', (event) => {
    // The link goes with its page: who pressed it stands before the first of the cards that came.
    if (!event.isTrusted) return
    const nBefore = list.childElementCount
    document.addEventListener('htmx:afterSettle', () => list.children[nBefore]?.querySelector<HTMLElement>('a')?.focus({ preventScroll: true }), {
      once: true,
    })
  })
  return () => watch.disconnect()
}
