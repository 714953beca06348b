/** A press copies a field's text; where the clipboard is closed to us, the text is selected for the reader to copy. */
export function startCopy(button: HTMLButtonElement): void {
  const label = button.textContent
  button.addEventListener('click', () => {
    const field = document.getElementById(button.dataset.copy ?? '')
    if (!(field instanceof HTMLTextAreaElement)) return
    field.select()
    navigator.clipboard?.writeText(field.value).then(
      () => {
        button.textContent = button.dataset.copied ?? label
        setTimeout(() => (button.textContent = label), 2500)
      },
      () => field.focus(),
    )
  })
}
