import { say } from './messages'

/** A slider shows its value in words beside it: data-says names the sentence, {value}, {percent} and {rest} are filled in. */
export function startSlider(input: HTMLInputElement): void {
  const output = document.getElementById(input.dataset.output ?? '')
  const show = (): void => {
    const [value, min, max] = [Number(input.value), Number(input.min), Number(input.max)]
    const percent = Math.round(((value - min) / (max - min)) * 100)
    const sentence = say(input.dataset.says ?? '', { value, percent, rest: 100 - percent })
    if (output) output.textContent = sentence
    input.setAttribute('aria-valuetext', sentence)
    input.style.setProperty('--filled', `${percent}%`)
  }
  input.addEventListener('input', show)
  show()
}

function drawSeed(id: string | undefined): void {
  const input = document.getElementById(id ?? '')
  if (input instanceof HTMLInputElement) input.value = String(crypto.getRandomValues(new Uint32Array(1))[0]! % 100000)
}

/** A press draws a new seed, so that the same knobs give another sound. */
export function startSeed(button: HTMLButtonElement): void {
  button.addEventListener('click', () => drawSeed(button.dataset.seedFor))
}

/** Once a form was taken its seed is used up: the next press asks for other sounds, not for the same ones again. */
export function startNewSeed(form: HTMLFormElement): void {
  form.addEventListener('htmx:afterRequest', (event) => {
    const { elt, successful } = (event as CustomEvent<{ elt: Element; successful: boolean }>).detail
    if (elt === form && successful) drawSeed(form.dataset.newSeed)
  })
}

/** A select or checkbox of a filter form asks at once, without its button. */
export function startAutoSubmit(form: HTMLFormElement): void {
  form.addEventListener('change', (event) => {
    if (event.target instanceof HTMLInputElement && event.target.type === 'search') return
    form.requestSubmit()
  })
}
