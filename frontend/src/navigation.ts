/** Mark the page we are on in the menu, and as the one that a change of language returns to; neither is ever swapped. */
function markCurrent(): void {
  const back = document.querySelector<HTMLInputElement>('.languages input[name=back]')
  if (back) back.value = location.pathname + location.search
  document.querySelectorAll<HTMLAnchorElement>('#menu a').forEach((link) => {
    const isWithin = link.pathname !== '/' && location.pathname.startsWith(`${link.pathname}/`)
    const isHere = link.pathname === location.pathname || isWithin
    if (isHere) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
    if (isHere && link.parentElement) {
      const menu = link.closest<HTMLElement>('#menu')
      if (menu) menu.scrollLeft = link.offsetLeft - menu.clientWidth / 2
    }
  })
}

/** Whether an htmx event is about the whole page rather than about a piece of it. */
function isPage(event: Event): boolean {
  return (event as CustomEvent<{ target?: Element }>).detail.target?.id === 'page'
}

/** Menu, focus and problems of htmx-boosted moves between pages. */
export function startNavigation(): void {
  document.addEventListener('htmx:pushedIntoHistory', markCurrent)
  document.addEventListener('htmx:historyRestore', markCurrent)
  document.addEventListener('htmx:afterSwap', (event) => {
    // A screen reader starts reading at the new page's heading, as it would after a full load.
    if (isPage(event)) document.querySelector<HTMLElement>('#page h1')?.focus({ preventScroll: true })
  })
  // A fragment's problem answers a whole page's request when a service failed before the page: show it where the page was.
  document.addEventListener('htmx:beforeSwap', (event) => {
    const { detail } = event as CustomEvent<{ isError: boolean; serverResponse: string; selectOverride?: string; swapOverride?: string }>
    if (detail.isError && isPage(event) && !detail.serverResponse.includes('id="page"')) {
      detail.selectOverride = 'unset'
      detail.swapOverride = 'innerHTML'
    }
  })
  markCurrent()
}
