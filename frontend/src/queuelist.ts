import { say } from './messages'
import { part } from './parts'
import { player, state } from './player'
import { clear, jump, move, queue, remove, upcoming, type Entry } from './queue'

/** Show what plays and what comes next, to be reordered by keys or by hand, taken out, or jumped to. */
export function startQueueList(): void {
  const panel = part<HTMLElement>(document, '#queue')
  const list = part<HTMLOListElement>(panel, 'ol')
  const blank = part<HTMLTemplateElement>(panel, 'template')
  const now = part<HTMLElement>(panel, '[data-now]')
  const empty = part<HTMLElement>(panel, '[data-empty]')
  const spoken = part<HTMLElement>(panel, '[data-spoken]')
  const clearing = part<HTMLButtonElement>(panel, '[data-clear]')
  const badge = part<HTMLElement>(document, '#player-queue-count')
  let dragged: number | null = null

  const row = ({ key, track, isAsked }: Entry): Element => {
    const item = part<HTMLLIElement>(blank.content.cloneNode(true) as DocumentFragment, 'li')
    item.dataset.key = String(key)
    item.classList.toggle('is-asked', isAsked)
    const name = part<HTMLElement>(item, '[data-jump]')
    part(name, '[data-title]').textContent = track.title
    part(name, '[data-trigger]').textContent = track.trigger
    // All that is seen on it is in its name, for those who press it by saying what they see.
    name.setAttribute('aria-label', say('player.play_title', { title: `${track.title}, ${track.trigger}` }))
    part(item, '[data-move]').setAttribute('aria-label', say('player.move', { title: track.title }))
    part(item, '[data-remove]').setAttribute('aria-label', say('player.remove', { title: track.title }))
    return item
  }
  const show = (): void => {
    const next = upcoming()
    badge.textContent = next.length > 0 ? String(Math.min(99, next.length)) : ''
    if (!panel.matches(':popover-open') || dragged !== null) return
    empty.hidden = next.length > 0
    clearing.hidden = next.length === 0
    const held = document.activeElement instanceof HTMLElement && list.contains(document.activeElement) ? document.activeElement : null
    const [heldKey, heldPart] = [held?.closest('li')?.dataset.key, held ? Object.keys(held.dataset)[0] : undefined]
    const heldAt = held ? [...list.children].indexOf(held.closest('li') as Element) : -1
    list.replaceChildren(...next.map(row))
    if (!held) return
    // Whoever works with keys stays on the row, or on the one that took its place.
    const rowNow = list.querySelector(`li[data-key="${heldKey}"]`) ?? list.children[Math.min(heldAt, list.children.length - 1)]
    const focused = rowNow?.querySelector<HTMLElement>(`[data-${heldPart}]`) ?? clearing
    focused.focus()
  }
  const keyOf = (target: EventTarget | null): number | null => {
    const item = target instanceof Element ? target.closest<HTMLElement>('li[data-key]') : null
    return item ? Number(item.dataset.key) : null
  }
  const place = (key: number): number => upcoming().findIndex((entry) => entry.key === key)
  const tell = (key: number): void => {
    const entry = upcoming()[place(key)]
    if (entry) spoken.textContent = say('player.moved', { title: entry.track.title, place: place(key) + 1, n: upcoming().length })
  }

  list.addEventListener('click', (event) => {
    const key = keyOf(event.target)
    if (key === null || !(event.target instanceof Element)) return
    if (event.target.closest('[data-jump]')) jump(key)
    else if (event.target.closest('[data-remove]')) remove(key)
  })
  list.addEventListener('keydown', (event) => {
    const key = keyOf(event.target)
    if (key === null || !(event.target instanceof Element)) return
    const last = upcoming().length - 1
    const moves: Record<string, number> = { ArrowUp: place(key) - 1, ArrowDown: place(key) + 1, Home: 0, End: last }
    const to = moves[event.key]
    if (event.key === 'Delete') remove(key)
    else if (to !== undefined && event.target.closest('[data-move]')) {
      if (to < 0 || to > last) return event.preventDefault()
      move(key, to)
      tell(key)
    } else return
    event.preventDefault()
  })

  // By hand: the list holds the pointer, because a row that changes its place would lose it.
  list.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !(event.target instanceof Element) || !event.target.closest('[data-move]')) return
    dragged = keyOf(event.target)
    list.setPointerCapture(event.pointerId)
    event.target.closest('li')?.classList.add('is-dragged')
  })
  list.addEventListener('pointermove', (event) => {
    const item = dragged === null ? null : list.querySelector<HTMLElement>(`li[data-key="${dragged}"]`)
    if (!item) return
    const below = [...list.children].find((other) => {
      const box = other.getBoundingClientRect()
      return other !== item && event.clientY < box.top + box.height / 2
    })
    if (item.nextElementSibling !== (below ?? null)) list.insertBefore(item, below ?? null)
  })
  const drop = (): void => {
    if (dragged === null) return
    const key = dragged
    const to = [...list.children].findIndex((item) => (item as HTMLElement).dataset.key === String(key))
    dragged = null
    move(key, to)
    tell(key)
  }
  list.addEventListener('pointerup', drop)
  list.addEventListener('pointercancel', drop)

  clearing.addEventListener('click', clear)
  panel.addEventListener('toggle', show)
  queue.addEventListener('change', show)
  player.addEventListener('change', () => {
    now.textContent = state.track?.title ?? say('player.nothing')
  })
  show()
}
