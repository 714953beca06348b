import { clock, say } from './messages'

const PIECE_MS = 1000
const BITS_PER_SECOND = 192_000
const FORMATS = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus']
/** Quieter than this (dB re full scale) the meter shows nothing. */
const FLOOR_DB = -70

/** Why the microphone cannot be had, and what to do about it. */
function refusal(error: unknown): string {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return say('upload.mic_refused')
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return say('upload.mic_none')
  return say('upload.mic_busy')
}

/** Record from the microphone, with its level; what was recorded is given as a file. Quiet sounds stay as they are. */
export function startRecorder(root: HTMLElement, maxBytes: number, onFile: (file: File) => void): () => void {
  const button = root.querySelector<HTMLButtonElement>('[data-record]')!
  const meter = root.querySelector<HTMLMeterElement>('meter')!
  const time = root.querySelector<HTMLElement>('[data-record-time]')!
  const problem = root.querySelector<HTMLElement>('[data-record-problem]')!
  let recorder: MediaRecorder | null = null
  let end: () => void = () => undefined

  const complain = (sentence: string): void => {
    problem.textContent = sentence
    problem.hidden = sentence === ''
  }
  const show = (isRecording: boolean): void => {
    button.textContent = say(isRecording ? 'upload.record_stop' : 'upload.record')
    button.setAttribute('aria-pressed', String(isRecording))
    meter.hidden = time.hidden = !isRecording
  }

  const begin = async (): Promise<void> => {
    complain('')
    if (!navigator.mediaDevices || !window.MediaRecorder) {
      complain(say('upload.mic_unsupported'))
      return
    }
    let stream: MediaStream
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        // What makes calls clear takes away what makes these sounds: no gain, no gate, no echo canceller.
        audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: { ideal: 2 } },
      })
    } catch (error) {
      complain(refusal(error))
      return
    }
    const mimeType = FORMATS.find((format) => MediaRecorder.isTypeSupported(format)) ?? ''
    const pieces: Blob[] = []
    let nBytes = 0
    recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: BITS_PER_SECOND })
    const context = new AudioContext()
    const analyser = context.createAnalyser()
    context.createMediaStreamSource(stream).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    const beganAt = Date.now()
    const timer = window.setInterval(() => {
      analyser.getFloatTimeDomainData(samples)
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
      const level = Math.max(0, 1 - (10 * Math.log10(power + 1e-12)) / FLOOR_DB)
      meter.value = level
      meter.textContent = `${Math.round(level * 100)} %`
      time.textContent = clock((Date.now() - beganAt) / 1000)
    }, 100)
    end = () => {
      clearInterval(timer)
      stream.getTracks().forEach((track) => track.stop())
      void context.close()
      recorder = null
      end = () => undefined
      show(false)
    }
    recorder.addEventListener('dataavailable', ({ data }) => {
      pieces.push(data)
      nBytes += data.size
      if (nBytes > 0.98 * maxBytes) recorder?.stop()
    })
    recorder.addEventListener('stop', () => {
      end()
      const type = mimeType.split(';')[0] ?? ''
      const at = new Date(beganAt)
      const name = `${say('upload.recording_name')} ${at.toLocaleDateString('sv')} ${at.toLocaleTimeString('sv').replaceAll(':', '.')}`
      if (nBytes) onFile(new File(pieces, `${name}.${type.split('/')[1]}`, { type, lastModified: beganAt }))
    })
    recorder.start(PIECE_MS)
    show(true)
  }

  button.addEventListener('click', () => {
    if (recorder) recorder.stop()
    else void begin()
  })
  show(false)
  button.disabled = false
  return () => end()
}
