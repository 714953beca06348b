import { clock, say } from './messages'
import { trackOf } from './tracks'
import type { Track } from './player'

/** What GET map/sounds tells of a point's sound, as far as the map needs it. */
export interface MapSound {
  id: string
  number: number
  title: string | null
  trigger: { slug: string; name_en: string; name_ko: string }
  duration_s: number
  play_gain_db: number
  source: { title: string | null } | null
}

export const MAX_ASKED = 100

const known = new Map<number, MapSound>()

/** Ask for the sounds of some points; those that are known already are not asked for again. */
export async function soundsAt(address: string, numbers: number[], signal: AbortSignal): Promise<MapSound[]> {
  const missing = numbers.filter((number) => !known.has(number))
  if (missing.length) {
    const answer = await fetch(`${address}?${missing.map((number) => `number=${number}`).join('&')}`, {
      signal,
      headers: { accept: 'application/json' },
    })
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`)
    const { items } = (await answer.json()) as { items: MapSound[] }
    items.forEach((sound) => known.set(sound.number, sound))
  }
  return numbers.flatMap((number) => known.get(number) ?? [])
}

function triggerName(sound: MapSound): string {
  return document.documentElement.lang === 'ko' ? sound.trigger.name_ko : sound.trigger.name_en
}

export function titleOf(sound: MapSound): string {
  return sound.title ?? sound.source?.title ?? triggerName(sound)
}

/** Fill the page's template for one sound: the same attributes as a card, so that the player knows it. */
export function rowOf(template: HTMLTemplateElement, sound: MapSound): HTMLElement {
  const row = template.content.firstElementChild!.cloneNode(true) as HTMLElement
  const title = titleOf(sound)
  row.classList.add(`trigger-${sound.trigger.slug}`)
  Object.assign(row.dataset, {
    soundId: sound.id,
    title,
    trigger: triggerName(sound),
    gainDb: String(sound.play_gain_db),
    durationS: String(sound.duration_s),
  })
  row.querySelector('[data-play]')?.setAttribute('aria-label', say('player.play_title', { title }))
  row.querySelector('[data-enqueue]')?.setAttribute('aria-label', `${say('map.queue')}: ${title}`)
  const link = row.querySelector('a')
  if (link) {
    link.textContent = title
    link.href = `/sounds/${sound.id}`
  }
  const facts = row.querySelector('[data-map-facts]')
  if (facts) facts.textContent = say('map.facts', { trigger: triggerName(sound), time: clock(sound.duration_s) })
  return row
}

export function mapTrack(template: HTMLTemplateElement, sound: MapSound): Track {
  return trackOf(rowOf(template, sound))
}
