interface Answer {
  target: Element
  isError: boolean
  swapOverride?: string
  requestConfig: { verb: string; elt: Element }
}

/**
 * A refusal is told inside the card whose button was pressed, until the next answer: in place of the card it would take
 * the sound away, and the button to try again with it.
 */
export function startRefusals(): void {
  document.addEventListener('htmx:beforeSwap', (event) => {
    const { detail } = event as CustomEvent<Answer>
    const { target, requestConfig } = detail
    if (target.id === 'page' || requestConfig.verb === 'get') return
    target.querySelectorAll(':scope > .problem').forEach((told) => told.remove())
    const isReplaced = requestConfig.elt.closest('[hx-swap]')?.getAttribute('hx-swap') === 'outerHTML'
    if (detail.isError && isReplaced) detail.swapOverride = 'beforeend'
  })
}
