/** Register the service worker (see service-worker.ts), where the browser allows one: over https, or on this machine. */
export function startInstallable(): void {
  if (!('serviceWorker' in navigator)) return
  const address = `/static/service-worker.js?lang=${document.documentElement.lang}`
  // After all that the page needs first. Without it the pages work as well; they only cannot be installed.
  addEventListener('load', () => void navigator.serviceWorker.register(address, { scope: '/' }).catch(() => undefined))
}
