import { say } from './messages'
import { notify } from './notice'

/** Hearts that were pressed in this visit, by sound. */
const pressed = new Map<string, boolean>()

/** Show a sound's heart as pressed or not, wherever the page shows that sound; the next press asks for the opposite. */
function showHeart(soundId: string, isFavourite: boolean): void {
  pressed.set(soundId, isFavourite)
  document.querySelectorAll<HTMLFormElement>(`form[data-heart="${CSS.escape(soundId)}"]`).forEach((form) => {
    form.querySelector('button')?.setAttribute('aria-pressed', String(isFavourite))
    const wanted = form.elements.namedItem('is_favourite')
    if (wanted instanceof HTMLInputElement) wanted.value = String(!isFavourite)
  })
}

/** Bring the hearts of cards that were written down a while ago up to what has been pressed since. */
export function recallHearts(root: HTMLElement): void {
  root.querySelectorAll<HTMLFormElement>('form[data-heart]').forEach(({ dataset: { heart = '' } }) => {
    const isFavourite = pressed.get(heart)
    if (isFavourite !== undefined) showHeart(heart, isFavourite)
  })
}

/** A heart fills at the press; if the catalogue then does not take it, it empties again and says so. */
export function startHeart(form: HTMLElement): void {
  const soundId = form.dataset.heart ?? ''
  let isAskedFor = false
  form.addEventListener('htmx:beforeRequest', (event) => {
    const { requestConfig } = (event as CustomEvent<{ requestConfig: { formData: FormData } }>).detail
    isAskedFor = requestConfig.formData.get('is_favourite') === 'true'
    showHeart(soundId, isAskedFor)
  })
  form.addEventListener('htmx:afterRequest', (event) => {
    if ((event as CustomEvent<{ successful: boolean }>).detail.successful) return
    showHeart(soundId, !isAskedFor)
    notify(say('favourite.failed'))
  })
}
