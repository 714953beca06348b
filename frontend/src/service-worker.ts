/**
 * What makes the pages installable: the build's own files are kept, and a lost connection is met by a page of ours.
 *
 * Only files named by their content and the offline page are kept: never a page of a listener, never audio.
 * SHELL and BUILD are written by vite.config.ts. The language is in our own address (see installable.ts).
 */
declare const SHELL: string[]
declare const BUILD: string

interface Life extends Event {
  waitUntil(deed: Promise<unknown>): void
}

interface Installing extends Life {
  addRoutes?(routes: { condition: { requestMethod: string }; source: 'network' }): Promise<void>
}

interface Fetching extends Life {
  request: Request
  preloadResponse: Promise<Response | undefined>
  respondWith(answer: Promise<Response>): void
}

interface Worker extends EventTarget {
  registration: ServiceWorkerRegistration
  clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
  location: { href: string }
}

const worker = self as unknown as Worker
const language = new URL(worker.location.href).searchParams.get('lang') ?? 'en'
const cacheName = `deepasmr ${BUILD} ${language}`
const offlinePage = `/offline?lang=${encodeURIComponent(language)}`

async function install(): Promise<void> {
  const cache = await caches.open(cacheName)
  await cache.addAll([...SHELL, offlinePage])
  await worker.skipWaiting()
}

async function activate(): Promise<void> {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => name !== cacheName).map((name) => caches.delete(name)))
  await worker.registration.navigationPreload.enable()
  await worker.clients.claim()
}

async function kept(request: Request): Promise<Response> {
  const known = await caches.match(request)
  if (known) return known
  const answer = await fetch(request)
  if (answer.ok) await (await caches.open(cacheName)).put(request, answer.clone())
  return answer
}

async function page(event: Fetching): Promise<Response> {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request))
  } catch (error) {
    const offline = await caches.match(offlinePage)
    if (offline) return offline
    throw error
  }
}

worker.addEventListener('install', (event) => {
  const installing = event as Installing
  // Chromium loses what a page sends as its last word (plays.ts) on its way through a worker that would let it pass.
  if (installing.addRoutes) installing.waitUntil(installing.addRoutes({ condition: { requestMethod: 'POST' }, source: 'network' }))
  installing.waitUntil(install())
})
worker.addEventListener('activate', (event) => (event as Life).waitUntil(activate()))
worker.addEventListener('fetch', (event) => {
  const fetching = event as Fetching
  const { method, mode, url } = fetching.request
  if (method !== 'GET') return
  if (new URL(url).pathname.startsWith('/static/assets/')) fetching.respondWith(kept(fetching.request))
  else if (mode === 'navigate') fetching.respondWith(page(fetching))
})
