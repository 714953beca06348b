import { say } from './messages'
import { notify } from './notice'
import { visit } from './pages'

const FIRST_TRY_MS = 1000
const SLOWEST_TRY_MS = 15_000
/** Browsers try to load sound for minutes before they say that they cannot. */
const PATIENCE_MS = 3000
const QUICK_LOOK_MS = 300

/** `lost` and `back`: what a page or the player cannot do without the platform waits for the latter. */
export const connection = new EventTarget()

let isLost = false
let timer: number | undefined
/** A page that was asked for and did not come: shown once the platform answers again. */
let wantedPage: string | null = null

/** Whether the service worker gave us its page in place of the one that was asked for. */
function isOfflinePage(): boolean {
  return document.querySelector('[data-offline]') !== null && location.pathname !== '/offline'
}

async function answers(): Promise<boolean> {
  try {
    return (await fetch('/healthz', { cache: 'no-store' })).ok
  } catch {
    return false
  }
}

function tryAgain(afterMs: number): void {
  clearTimeout(timer)
  timer = window.setTimeout(async () => {
    if (await answers()) recover()
    else if (isLost) tryAgain(Math.min(afterMs * 2, SLOWEST_TRY_MS))
  }, afterMs)
}

function recover(): void {
  if (!isLost) return
  isLost = false
  clearTimeout(timer)
  notify(say('page.back'))
  connection.dispatchEvent(new Event('back'))
  const page = wantedPage
  wantedPage = null
  if (page) visit(page, 'push')
  else if (isOfflinePage()) location.reload()
}

/** Say that the platform cannot be reached, and ask again and again until it can. */
export function reportLost(): void {
  if (isLost) return
  isLost = true
  notify(say('page.lost'), 'stays')
  connection.dispatchEvent(new Event('lost'))
  tryAgain(FIRST_TRY_MS)
}

/** Tell why something does not come: nothing answers, it is not there any more, or neither of the two. */
export async function whyNot(address: string): Promise<'lost' | 'gone' | 'unclear'> {
  try {
    const { status } = await fetch(address, { method: 'HEAD', cache: 'no-store' })
    return status === 404 || status === 410 ? 'gone' : 'unclear'
  } catch {
    return 'lost'
  }
}

/** Reject once it is clear that something will not come; asked early where the connection is known to be lost. */
export async function absence(address: string, isSettled: () => boolean): Promise<never> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, isLost ? QUICK_LOOK_MS : PATIENCE_MS))
    if (isSettled()) throw new Error('it came')
    const why = await whyNot(address)
    if (why !== 'unclear') throw new Error(`${address}: ${why}`)
  }
}

interface Sending {
  target?: Element
  requestConfig?: { verb: string; path: string }
}

/** Notice lost connections wherever they show, and recover from them without the listener's help. */
export function startConnection(): void {
  addEventListener('offline', reportLost)
  addEventListener('online', () => isLost && tryAgain(0))
  for (const name of ['htmx:sendError', 'htmx:timeout']) {
    document.addEventListener(name, (event) => {
      const { target, requestConfig } = (event as CustomEvent<Sending>).detail
      // A form is never sent twice unasked; a page may be.
      if (target?.id === 'page' && requestConfig?.verb === 'get') wantedPage = requestConfig.path
      reportLost()
    })
  }
  document.addEventListener('htmx:beforeRequest', (event) => {
    if ((event as CustomEvent<Sending>).detail.target?.id === 'page') wantedPage = null
  })
  document.addEventListener('htmx:afterRequest', (event) => {
    if ((event as CustomEvent<{ xhr: XMLHttpRequest }>).detail.xhr.status > 0) recover()
  })
  if (isOfflinePage()) reportLost()
}
