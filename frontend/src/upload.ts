import htmx from 'htmx.org'
import { say } from './messages'
import { visit } from './pages'
import { part } from './parts'
import { startRecorder } from './record'
import { add, list, remove, resume, sendAll, sendings, stop, type Sending } from './sendings'

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)
}

/** Let files be chosen, dropped or recorded, and show each on its way. Without scripts the form posts one by itself. */
export function startUpload(form: HTMLFormElement): () => void {
  const input = part<HTMLInputElement>(form, 'input[type=file]')
  const problem = part<HTMLElement>(form, '[data-problem]')
  const submit = part<HTMLButtonElement>(document, 'button[form=upload]')
  const template = part<HTMLTemplateElement>(form, 'template[data-sending-row]')
  const place = part<HTMLElement>(document, '[data-sendings]')
  const maxBytes = Number(form.dataset.maxBytes)
  const rows = new Map<number, HTMLElement>()
  const addresses: string[] = []

  const take = (files: Iterable<File>): void => {
    const [sendable, complaints]: [File[], string[]] = [[], []]
    for (const file of files) {
      if (file.size > maxBytes) complaints.push(`${file.name}: ${say('upload.too_large', { limit: megabytes(maxBytes) })}`)
      else if (file.size === 0) complaints.push(`${file.name}: ${say('upload.empty')}`)
      else sendable.push(file)
    }
    problem.textContent = complaints.join(' ')
    problem.hidden = complaints.length === 0
    add(sendable)
  }

  const words = (sending: Sending): string => {
    const { state, file, sentBytes, refusal } = sending
    const sizes = { sent: megabytes(sentBytes), total: megabytes(file.size) }
    switch (state) {
      case 'chosen':
        return ''
      case 'waiting':
        return say('upload.waiting')
      case 'sending':
        return say(sending.resumedBytes ? 'upload.resumed' : 'upload.sent', sizes)
      case 'lost':
        return say('upload.lost')
      case 'stopped':
        return say('upload.stopped', sizes)
      case 'submitting':
        return say('upload.checking')
      case 'taken':
        return say('upload.taken')
      case 'refused':
        return refusal || say('upload.failed')
    }
  }

  const rowFor = (sending: Sending): HTMLElement => {
    const row = template.content.firstElementChild!.cloneNode(true) as HTMLElement
    const { file } = sending
    part(row, '[data-name]').textContent = say('upload.chosen', { name: file.name, size: megabytes(file.size) })
    part(row, 'progress').setAttribute('aria-label', file.name)
    part(row, '[data-stop]').addEventListener('click', () => stop(sending))
    part(row, '[data-resume]').addEventListener('click', () => resume(sending))
    part(row, '[data-remove]').addEventListener('click', () => remove(sending))
    for (const button of row.querySelectorAll('button')) button.setAttribute('aria-label', `${button.textContent}: ${file.name}`)
    // What was just recorded can be heard before it is sent.
    if (file.name.startsWith(say('upload.recording_name'))) {
      const audio = part<HTMLAudioElement>(row, 'audio')
      audio.src = URL.createObjectURL(file)
      addresses.push(audio.src)
      audio.hidden = false
    }
    return row
  }

  const show = (sending: Sending): void => {
    const row = rows.get(sending.key)
    if (!row) return
    const { state, file, sentBytes, sourceId, jobId } = sending
    row.dataset.state = state
    const bar = part<HTMLProgressElement>(row, 'progress')
    bar.hidden = state === 'chosen' || state === 'taken'
    bar.value = file.size ? sentBytes / file.size : 0
    const status = part(row, '[data-status]')
    const sentence = words(sending)
    if (status.textContent !== sentence) status.textContent = sentence
    part<HTMLElement>(row, '[data-stop]').hidden = !['waiting', 'sending'].includes(state)
    part<HTMLElement>(row, '[data-resume]').hidden = !['lost', 'stopped'].includes(state)
    part<HTMLElement>(row, '[data-remove]').hidden = ['sending', 'submitting', 'taken'].includes(state)
    const link = part<HTMLAnchorElement>(row, '[data-open]')
    const job = part<HTMLElement>(row, '[data-job]')
    if (state === 'taken' && link.hidden) {
      link.hidden = false
      link.href = `/sources/${sourceId}`
      htmx.process(link)
      void htmx.ajax('get', `/jobs/${jobId}/fragment`, { target: job, select: 'unset', swap: 'innerHTML' })
    }
    submit.disabled = !list().some((each) => each.state === 'chosen')
  }

  const showAll = (): void => {
    const keys = new Set(list().map(({ key }) => key))
    for (const [key, row] of rows) {
      if (keys.has(key)) continue
      row.remove()
      rows.delete(key)
    }
    for (const sending of list()) {
      if (!rows.has(sending.key)) {
        const row = rowFor(sending)
        rows.set(sending.key, row)
        place.append(row)
      }
      show(sending)
    }
    submit.disabled = !list().some(({ state }) => state === 'chosen')
  }
  const changed = (event: Event): void => {
    const sending = (event as CustomEvent<Sending | undefined>).detail
    if (sending) show(sending)
    else showAll()
  }
  const taken = (event: Event): void => {
    const sending = (event as CustomEvent<Sending>).detail
    // One file alone is followed to its page; several stay together here.
    if (list().length === 1) {
      remove(sending)
      visit(`/sources/${sending.sourceId}`, 'push')
    }
  }
  const over = (event: DragEvent): void => {
    event.preventDefault()
    form.classList.add('is-over')
  }
  const leave = (): void => form.classList.remove('is-over')

  // What became sources on an earlier visit of this page is in the library by now.
  list().filter(({ state }) => state === 'taken').forEach(remove)
  input.multiple = true
  input.required = false
  const choose = (): void => {
    take(input.files ?? [])
    input.value = ''
  }
  showAll()
  input.addEventListener('change', choose)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    sendAll()
  })
  form.addEventListener('dragover', over)
  form.addEventListener('dragleave', leave)
  form.addEventListener('drop', (event) => {
    event.preventDefault()
    leave()
    take(event.dataTransfer?.files ?? [])
  })
  sendings.addEventListener('change', changed)
  sendings.addEventListener('taken', taken)
  // What was chosen before this script had come; from here on it is shown.
  if (input.files?.length) choose()
  const endRecorder = startRecorder(part(form, '[data-recorder]'), maxBytes, (file) => take([file]))
  return () => {
    endRecorder()
    sendings.removeEventListener('change', changed)
    sendings.removeEventListener('taken', taken)
    addresses.forEach((address) => URL.revokeObjectURL(address))
  }
}
