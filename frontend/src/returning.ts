/** Where somebody was in a list when they opened one of its sounds: how many cards lay there, and how far down. */
interface Place {
  address: string
  nCards: number
  scrollY: number
}

const KEY = 'deepasmr.place'
const MAX_CARDS = 600

let isReturning = false

function saved(): Place | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Place | null
  } catch {
    return null
  }
}

/** Remember a list's place when one of its cards is opened, and know when the browser's way back is taken. */
export function startReturning(): void {
  addEventListener('popstate', () => (isReturning = true))
  document.addEventListener('htmx:pushedIntoHistory', () => (isReturning = false))
  document.addEventListener(
    'click',
    (event) => {
      const list = document.getElementById('results')
      if (!list || !(event.target instanceof Element) || !event.target.closest('#results a[href]')) return
      const place: Place = { address: location.href, nCards: list.childElementCount, scrollY }
      sessionStorage.setItem(KEY, JSON.stringify(place))
    },
    { capture: true },
  )
}

/** Who comes back finds the list as long as it was, and themselves where they were in it. */
export function restoreList(list: HTMLElement): void {
  const place = saved()
  if (!isReturning || place?.address !== location.href) return
  isReturning = false
  const goOn = (): void => {
    const more = document.querySelector<HTMLAnchorElement>('#pager [data-more]')
    if (more && list.isConnected && list.childElementCount < Math.min(place.nCards, MAX_CARDS)) {
      document.addEventListener('htmx:afterSettle', goOn, { once: true })
      more.click()
    } else {
      scrollTo({ top: place.scrollY, behavior: 'instant' })
    }
  }
  goOn()
}
