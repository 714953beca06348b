import htmx from 'htmx.org'

type Teardown = () => void

const teardowns = new WeakMap<Element, Teardown[]>()

/**
 * Bring every element that matches the selector to life, now and whenever htmx swaps a new one in.
 * The function that `start` returns is called when htmx takes the element away.
 */
export function mount(selector: string, start: (element: HTMLElement) => Teardown | void): void {
  const begin = (element: HTMLElement): void => {
    const teardown = start(element)
    if (teardown) teardowns.set(element, [...(teardowns.get(element) ?? []), teardown])
  }
  htmx.onLoad((root) => {
    if (!(root instanceof Element)) return
    if (root.matches(selector)) begin(root as HTMLElement)
    root.querySelectorAll<HTMLElement>(selector).forEach(begin)
  })
}

/** As mount, with code that is fetched only once there is an element for it. */
export function mountLater<Kind extends HTMLElement>(selector: string, fetchStart: () => Promise<(element: Kind) => Teardown | void>): void {
  mount(selector, (element) => {
    let end: Teardown | void
    let isGone = false
    void fetchStart().then((start) => {
      if (!isGone) end = start(element as Kind)
    })
    return () => {
      isGone = true
      end?.()
    }
  })
}

document.addEventListener('htmx:beforeCleanupElement', (event) => {
  const element = event.target
  if (!(element instanceof Element)) return
  teardowns.get(element)?.forEach((teardown) => teardown())
  teardowns.delete(element)
})
