/**
 * What has been played, what plays and what comes next: a list and a place in it, kept for the visit (sessionStorage).
 *
 * Playing a sound puts the sounds of its page around it. What a listener asked for comes before the rest of the page,
 * and survives when they start something else. The queue knows nothing of audio: the player follows its `begin`.
 */
export interface Track {
  id: string
  title: string
  trigger: string
  /** What brings it to the loudness target (dB). */
  gainDb: number
  durationS: number
  url: string
  href: string
  /** The job that is making it: there is no sound yet, and `id` is the job's. */
  jobId?: string
  /** Whether its end leads into its beginning. */
  isLoop?: boolean
}

/** A track's place in the queue: the same sound may stand in it twice. */
export interface Entry {
  key: number
  track: Track
  /** Whether the listener put it here, rather than the page it is on. */
  isAsked: boolean
}

/** Fetches more tracks for an endless queue; an empty answer is asked for again when the next sound begins. */
export type Refill = () => Promise<Track[]>

const STORED_AS = 'deepasmr.queue'
const MAX_PLAYED = 50
const FEW_LEFT = 2

/** `change`: the list or the place in it. `begin`: another entry should be played now. */
export const queue = new EventTarget()

let entries: Entry[] = []
let at = -1
let nextKey = 1
let refill: Refill | null = null
let isRefilling = false

function entryOf(track: Track, isAsked: boolean): Entry {
  return { key: nextKey++, track, isAsked }
}

function changed(): void {
  if (at > MAX_PLAYED) {
    entries = entries.slice(at - MAX_PLAYED)
    at = MAX_PLAYED
  }
  sessionStorage.setItem(STORED_AS, JSON.stringify({ entries, at }))
  queue.dispatchEvent(new Event('change'))
  void topUp()
}

function begin(): void {
  changed()
  queue.dispatchEvent(new Event('begin'))
}

async function topUp(): Promise<void> {
  const fetchMore = refill
  if (!fetchMore || isRefilling || upcoming().length >= FEW_LEFT) return
  isRefilling = true
  let more: Track[] = []
  try {
    more = await fetchMore()
  } catch {
    // Asked again when the next sound begins.
  } finally {
    isRefilling = false
  }
  if (refill !== fetchMore || more.length === 0) return
  entries.push(...more.map((track) => entryOf(track, false)))
  changed()
}

export function current(): Entry | null {
  return entries[at] ?? null
}

export function upcoming(): readonly Entry[] {
  return entries.slice(at + 1)
}

export function hasPrevious(): boolean {
  return at > 0
}

export function hasNext(): boolean {
  return at < entries.length - 1
}

/** What the listener asks for comes once: not again when the rest of its page does. */
function dropUnasked(tracks: readonly Track[]): void {
  const ids = new Set(tracks.map((track) => track.id))
  entries = entries.filter((entry, place) => place <= at || entry.isAsked || !ids.has(entry.track.id))
}

/** Add tracks behind what the listener asked for before, ahead of the rest of the page. */
export function enqueue(tracks: Track[]): void {
  dropUnasked(tracks)
  let place = at + 1
  while (entries[place]?.isAsked) place += 1
  entries.splice(place, 0, ...tracks.map((track) => entryOf(track, true)))
  changed()
}

/** Add a track right behind the one that plays. */
export function playNext(track: Track): void {
  dropUnasked([track])
  entries.splice(at + 1, 0, entryOf(track, true))
  changed()
}

/** Replace everything, and begin with the first. An endless queue ends: set its refill after this, not before. */
export function replaceQueue(tracks: Track[]): void {
  if (tracks.length === 0) return
  refill = null
  entries = tracks.map((track) => entryOf(track, true))
  at = 0
  begin()
}

/**
 * Make the queue endless: `fetchMore` is called whenever fewer than two tracks are left; null ends it.
 * It also ends, with a `change`, when a sound of a page is played or the queue is cleared.
 */
export function setRefill(fetchMore: Refill | null): void {
  refill = fetchMore
  void topUp()
}

export function isEndless(): boolean {
  return refill !== null
}

/** Make a track the present one, among the tracks of its page; what the listener had asked for comes right after it. */
export function settle(track: Track, around: readonly Track[]): void {
  const known = refill ? entries.findIndex((entry) => entry.track.id === track.id) : -1
  if (known >= 0) {
    // A sound of an endless queue, chosen on its page, does not end it.
    at = known
    changed()
    return
  }
  const asked = upcoming().filter((entry) => entry.isAsked && entry.track.id !== track.id)
  const place = around.findIndex((other) => other.id === track.id)
  const [before, after] = place < 0 ? [[], []] : [around.slice(0, place), around.slice(place + 1)]
  refill = null
  entries = [
    ...before.map((other) => entryOf(other, false)),
    entryOf(track, false),
    ...asked,
    ...after.map((other) => entryOf(other, false)),
  ]
  at = before.length
  dropUnasked(asked.map((entry) => entry.track))
  changed()
}

/** Let a track that was being made be the sound that came of it, wherever it stands. */
export function become(id: string, made: Track): void {
  entries = entries.map((entry) => (entry.track.id === id ? { ...entry, track: made } : entry))
  changed()
}

/** Go to another entry and begin it; false where there is none. */
export function go(by: -1 | 1): boolean {
  if (!entries[at + by]) return false
  at += by
  begin()
  return true
}

/** Go to an entry and begin it. */
export function jump(key: number): void {
  const place = entries.findIndex((entry) => entry.key === key)
  if (place < 0) return
  at = place
  begin()
}

/** Make an entry the present one without beginning it: it is what still plays. */
export function stayAt(key: number): void {
  const place = entries.findIndex((entry) => entry.key === key)
  if (place < 0 || place === at) return
  at = place
  changed()
}

/** Take out an entry that is yet to come. */
export function remove(key: number): void {
  const place = entries.findIndex((entry) => entry.key === key)
  if (place <= at) return
  entries.splice(place, 1)
  changed()
}

/** Move an upcoming entry to a place among the upcoming ones (0: right after what plays). */
export function move(key: number, to: number): void {
  const from = entries.findIndex((entry) => entry.key === key)
  if (from <= at) return
  const [entry] = entries.splice(from, 1)
  if (!entry) return
  entries.splice(at + 1 + Math.min(Math.max(0, to), upcoming().length), 0, { ...entry, isAsked: true })
  changed()
}

/** Take out all that is yet to come. */
export function clear(): void {
  refill = null
  entries = entries.slice(0, at + 1)
  changed()
}

function restore(): void {
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORED_AS) ?? 'null') as { entries: Entry[]; at: number } | null
    if (!stored || !Array.isArray(stored.entries) || !Number.isInteger(stored.at)) return
    entries = stored.entries
    at = Math.min(stored.at, entries.length - 1)
    nextKey = Math.max(0, ...entries.map((entry) => entry.key)) + 1
  } catch {
    // Written by another version: the queue starts empty.
  }
}

restore()
