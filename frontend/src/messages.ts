/** Sentences of the page's language, written by the server into an inert JSON block of the layout. */
const sentences = JSON.parse(document.getElementById('messages')?.textContent ?? '{}') as Record<string, string>

/** The sentence under a key, its {names} filled in; the key itself where the catalogue lacks it. */
export function say(key: string, values: Record<string, string | number> = {}): string {
  return (sentences[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

/** Seconds as people read them: 0:07, 12:34, 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const tail = String(s).padStart(2, '0')
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${tail}` : `${m}:${tail}`
}
