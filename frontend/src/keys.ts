import { visit } from './pages'
import { seek, state, step, toggle } from './player'
import { playFirst } from './tracks'

const ARROW_S = 5
const LETTER_S = 10
const STORED_AS = 'deepasmr.keys'
/** What the keys J, K and L write while a Korean layout is on. */
const LATIN: Record<string, string> = { ㅓ: 'j', ㅏ: 'k', ㅣ: 'l' }
/** These have their own use for keys. */
const OWN_KEYS = 'a, button, input, select, textarea, summary, audio, dialog, [popover], [role=slider], [tabindex="0"]'
/** Of them, these write: a letter or sign belongs to them. The others leave letters alone. */
const WRITES = 'input:not([type=range], [type=checkbox], [type=radio]), select, textarea, dialog, [contenteditable]'

/** Keys that somebody who dictates would press by accident can be turned off (WCAG 2.1.4). */
export function areKeysOn(): boolean {
  return localStorage.getItem(STORED_AS) !== 'off'
}

function search(): void {
  const field = document.querySelector<HTMLInputElement>('#page input[type=search]')
  if (field) {
    field.focus()
    field.select()
    return
  }
  document.addEventListener('htmx:afterSettle', () => document.querySelector<HTMLInputElement>('#page input[type=search]')?.focus(), {
    once: true,
  })
  visit('/', 'push')
}

function help(): void {
  const dialog = document.getElementById('help')
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal()
}

function playOrPause(): boolean {
  if (!state.track && !state.hasNext) return playFirst()
  void toggle()
  return true
}

/** What a key does, and whether it did it. */
const deeds: Record<string, () => boolean | void> = {
  ' ': playOrPause,
  k: playOrPause,
  j: () => seek(state.timeS - LETTER_S),
  l: () => seek(state.timeS + LETTER_S),
  ArrowLeft: () => seek(state.timeS - ARROW_S),
  ArrowRight: () => seek(state.timeS + ARROW_S),
  'Shift+ArrowLeft': () => step(-1),
  'Shift+ArrowRight': () => step(1),
  '/': search,
  '?': help,
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !areKeysOn()) return
  const written = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const isSign = event.key.length === 1 && event.key !== ' '
  if (event.target instanceof Element && event.target.closest(isSign ? WRITES : OWN_KEYS)) return
  const key = LATIN[written] ?? (event.shiftKey && !isSign ? `Shift+${written}` : written)
  const deed = deeds[key]
  if (deed && deed() !== false) event.preventDefault()
}

/** Keys that work wherever nothing else wants them, and the dialog that lists them and turns them off. */
export function startKeys(): void {
  document.addEventListener('keydown', onKey)
  const dialog = document.getElementById('help')
  const box = document.getElementById('help-keys')
  if (!(dialog instanceof HTMLDialogElement) || !(box instanceof HTMLInputElement)) throw new Error('layout.html has no #help')
  box.checked = areKeysOn()
  box.addEventListener('change', () => localStorage.setItem(STORED_AS, box.checked ? 'on' : 'off'))
  document.getElementById('player-help')?.addEventListener('click', help)
  dialog.querySelector('[data-close]')?.addEventListener('click', () => dialog.close())
  // A click on the backdrop lands on the dialog itself.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close()
  })
}
