import { say } from './messages'
import { visit } from './pages'

interface Accepted {
  source: { id: string }
}

interface Refused {
  title?: string
  detail?: string
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)
}

/**
 * Send a chosen or dropped file with visible progress, then go to its source's page.
 * XMLHttpRequest, because fetch tells nothing about what has been sent. Without scripts the form posts by itself.
 */
export function startUpload(form: HTMLFormElement): () => void {
  const input = form.querySelector<HTMLInputElement>('input[type=file]')
  const chosen = form.querySelector<HTMLElement>('[data-chosen]')
  const sending = form.querySelector<HTMLElement>('[data-sending]')
  const bar = form.querySelector('progress')
  const status = form.querySelector<HTMLElement>('[data-status]')
  const problem = form.querySelector<HTMLElement>('[data-problem]')
  const submit = form.querySelector<HTMLButtonElement>('button[type=submit]')
  const stop = form.querySelector<HTMLButtonElement>('[data-stop]')
  if (!input || !chosen || !sending || !bar || !status || !problem || !submit || !stop) throw new Error('upload form is not whole')
  const maxBytes = Number(form.dataset.maxBytes)
  let request: XMLHttpRequest | null = null
  // The same key for the same file: sent twice after a lost connection, it is catalogued once.
  let key = ''

  const complain = (sentence: string): void => {
    problem.textContent = sentence
    problem.hidden = sentence === ''
  }
  const choose = (): void => {
    const file = input.files?.[0]
    key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`
    chosen.textContent = file ? say('upload.chosen', { name: file.name, size: megabytes(file.size) }) : ''
    const isTooLarge = file !== undefined && file.size > maxBytes
    const isEmpty = file !== undefined && file.size === 0
    complain(isTooLarge ? say('upload.too_large', { limit: megabytes(maxBytes) }) : isEmpty ? say('upload.empty') : '')
    submit.disabled = !file || isTooLarge || isEmpty
  }
  const end = (): void => {
    request = null
    sending.hidden = true
    submit.disabled = false
  }
  const send = (event: SubmitEvent): void => {
    event.preventDefault()
    const file = input.files?.[0]
    if (!file || request) return
    complain('')
    const body = new FormData()
    body.append('file', file)
    request = new XMLHttpRequest()
    request.open('POST', '/api/v1/sources')
    request.setRequestHeader('Accept', 'application/json')
    request.setRequestHeader('Idempotency-Key', key)
    request.responseType = 'json'
    request.upload.addEventListener('progress', ({ loaded, total }) => {
      bar.max = total
      bar.value = loaded
      status.textContent = say(loaded < total ? 'upload.sent' : 'upload.checking', { sent: megabytes(loaded), total: megabytes(total) })
    })
    request.addEventListener('load', () => {
      const answer = request
      end()
      if (answer?.status === 202) {
        const { source } = answer.response as Accepted
        visit(`/sources/${source.id}`, 'push')
      } else {
        const { title, detail } = (answer?.response ?? {}) as Refused
        complain(detail ?? title ?? say('upload.failed'))
      }
    })
    request.addEventListener('error', () => {
      end()
      complain(say('upload.lost'))
    })
    request.addEventListener('abort', end)
    sending.hidden = false
    submit.disabled = true
    bar.value = 0
    status.textContent = ''
    request.send(body)
  }
  const over = (event: DragEvent): void => {
    event.preventDefault()
    form.classList.add('is-over')
  }
  const leave = (): void => form.classList.remove('is-over')
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    leave()
    if (!event.dataTransfer?.files.length || request) return
    input.files = event.dataTransfer.files
    choose()
  }

  submit.disabled = true
  input.addEventListener('change', choose)
  form.addEventListener('submit', send)
  form.addEventListener('dragover', over)
  form.addEventListener('dragleave', leave)
  form.addEventListener('drop', drop)
  stop.addEventListener('click', () => request?.abort())
  return () => request?.abort()
}
