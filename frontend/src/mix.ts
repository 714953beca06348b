import { say } from './messages'

/** Say which parent the blend leans to while the slider moves. */
export function startBlend(input: HTMLInputElement): void {
  const output = document.getElementById(input.dataset.output ?? '')
  const show = (): void => {
    const ofSecond = Math.round(Number(input.value) * 100)
    const sentence = say('mix.shares', { of_first: 100 - ofSecond, of_second: ofSecond })
    if (output) output.textContent = sentence
    input.setAttribute('aria-valuetext', sentence)
    input.style.setProperty('--filled', `${ofSecond}%`)
  }
  input.addEventListener('input', show)
  show()
}
