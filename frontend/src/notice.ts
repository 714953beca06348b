const SHOWN_MS = 4000

let timer: number | undefined

/** Say a sentence above the player bar: for a few seconds, or until there is something else to say. */
export function notify(sentence: string, life: 'passes' | 'stays' = 'passes'): void {
  const place = document.getElementById('notice')
  if (!place) return
  clearTimeout(timer)
  place.classList.toggle('is-grave', life === 'stays')
  place.textContent = sentence
  if (life === 'passes') timer = window.setTimeout(() => (place.textContent = ''), SHOWN_MS)
}
