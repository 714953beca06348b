/**
 * Files on their way to the server, piece by piece (tus): a dropped line is waited out, and what was sent before a page
 * was closed is not sent twice. They go on while their listener moves between pages.
 */
import { Upload, type DetailedError } from 'tus-js-client'

const ENDPOINT = '/api/v1/uploads'
/** Small enough for proxies that hold requests back until they are whole. */
const PIECE_BYTES = 8 * 1024 * 1024
const RETRY_MS = [0, 1000, 2000, 4000, 8000, 15000]
const AT_ONCE = 2

/** chosen: not sent yet. lost: the line broke, and retrying was given up for now. refused: sending again is no use. */
export type State = 'chosen' | 'waiting' | 'sending' | 'lost' | 'stopped' | 'submitting' | 'taken' | 'refused'

export interface Sending {
  readonly key: number
  readonly file: File
  state: State
  sentBytes: number
  /** How much was here already when sending began. */
  resumedBytes: number
  /** Why it was refused, in the server's words. */
  refusal: string
  sourceId: string
  jobId: string
}

/** `change` carries the sending that has changed; `taken` the one that has become a source. */
export const sendings = new EventTarget()

let nextKey = 1
let all: Sending[] = []
const uploads = new Map<number, Upload>()

export function list(): readonly Sending[] {
  return all
}

export function add(files: Iterable<File>): Sending[] {
  const added = [...files].map<Sending>((file) => ({
    key: nextKey++,
    file,
    state: 'chosen',
    sentBytes: 0,
    resumedBytes: 0,
    refusal: '',
    sourceId: '',
    jobId: '',
  }))
  all = [...all, ...added]
  sendings.dispatchEvent(new CustomEvent('change'))
  return added
}

export function remove(sending: Sending): void {
  // What is here of it is deleted as well; a line that is down leaves that to the day's end.
  void uploads.get(sending.key)?.abort(sending.state !== 'taken').catch(() => undefined)
  uploads.delete(sending.key)
  all = all.filter((other) => other !== sending)
  sendings.dispatchEvent(new CustomEvent('change'))
  next()
}

export function sendAll(): void {
  all.filter(({ state }) => state === 'chosen').forEach((sending) => set(sending, { state: 'waiting' }))
  next()
}

export function stop(sending: Sending): void {
  void uploads.get(sending.key)?.abort().catch(() => undefined)
  set(sending, { state: 'stopped' })
  next()
}

export function resume(sending: Sending): void {
  set(sending, { state: 'waiting', refusal: '' })
  next()
}

function set(sending: Sending, news: Partial<Sending>): void {
  Object.assign(sending, news)
  sendings.dispatchEvent(new CustomEvent('change', { detail: sending }))
}

function next(): void {
  const nBusy = all.filter(({ state }) => state === 'sending' || state === 'submitting').length
  all.filter(({ state }) => state === 'waiting').slice(0, Math.max(0, AT_ONCE - nBusy)).forEach((sending) => void send(sending))
}

async function send(sending: Sending): Promise<void> {
  set(sending, { state: 'sending' })
  const upload =
    uploads.get(sending.key) ??
    new Upload(sending.file, {
      endpoint: ENDPOINT,
      chunkSize: PIECE_BYTES,
      retryDelays: RETRY_MS,
      metadata: { filename: sending.file.name, filetype: sending.file.type },
      removeFingerprintOnSuccess: true,
      onShouldRetry: (error) => mayPass(statusOf(error)),
      onProgress: (sentBytes) => set(sending, { sentBytes }),
      onError: (error) => {
        if (sending.state !== 'sending') return
        const status = 'originalResponse' in error ? statusOf(error) : 0
        if (mayPass(status)) set(sending, { state: 'lost' })
        else set(sending, { state: 'refused', refusal: wordsOf((error as DetailedError).originalResponse?.getBody()) })
        next()
      },
      onSuccess: () => void submit(sending, upload),
    })
  if (!uploads.has(sending.key)) {
    uploads.set(sending.key, upload)
    const [known] = await upload.findPreviousUploads()
    if (known) {
      upload.resumeFromPreviousUpload(known)
      set(sending, { resumedBytes: 1 })
    }
  }
  if (sending.state === 'sending') upload.start()
}

/** All bytes are there: have them catalogued. Asked twice, the server gives the same source. */
async function submit(sending: Sending, upload: Upload): Promise<void> {
  set(sending, { state: 'submitting', sentBytes: sending.file.size })
  try {
    const answer = await fetch(`${upload.url}/source`, { method: 'POST', headers: { accept: 'application/json' } })
    if (answer.status === 202) {
      const { source, job } = (await answer.json()) as { source: { id: string }; job: { id: string } }
      set(sending, { state: 'taken', sourceId: source.id, jobId: job.id })
      sendings.dispatchEvent(new CustomEvent('taken', { detail: sending }))
    } else {
      set(sending, { state: 'refused', refusal: wordsOf(await answer.text()) })
    }
  } catch {
    set(sending, { state: 'lost' })
  }
  next()
}

function statusOf(error: Error | DetailedError): number {
  return ('originalResponse' in error && error.originalResponse?.getStatus()) || 0
}

/** No answer, another connection that still holds the file, or a server in trouble: it may work in a moment. */
function mayPass(status: number): boolean {
  return status === 0 || status === 408 || status === 409 || status === 423 || (status >= 500 && status !== 507)
}

function wordsOf(body: string | undefined): string {
  try {
    const { detail, title } = JSON.parse(body ?? '') as { detail?: string; title?: string }
    return detail ?? title ?? ''
  } catch {
    return ''
  }
}

addEventListener('online', () => {
  all.filter(({ state }) => state === 'lost').forEach((sending) => set(sending, { state: 'waiting' }))
  next()
})
addEventListener('beforeunload', (event) => {
  if (all.some(({ state }) => state === 'sending' || state === 'submitting')) event.preventDefault()
})
