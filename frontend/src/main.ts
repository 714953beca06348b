import './style.css'
import 'htmx.org'
import { startBar } from './bar'
import { startHeart } from './favourites'
import { startArrivals, startJob } from './jobs'
import { startAutoSubmit, startSeed, startSlider } from './knobs'
import { startMap } from './map'
import { startBlend } from './mix'
import { mount } from './mount'
import { startNavigation } from './navigation'
import { startTimeline } from './timeline'
import { startTracks } from './tracks'
import { startUpload } from './upload'

startNavigation()
startTracks()
startBar()
mount('[data-job-events]', startJob)
mount('.jobs[aria-live]', startArrivals)
mount('[data-timeline]', startTimeline)
mount('form[data-upload]', (form) => startUpload(form as HTMLFormElement))
mount('form[data-heart]', startHeart)
mount('[data-map]', startMap)
mount('input[data-says]', (input) => startSlider(input as HTMLInputElement))
mount('input[data-blend]', (input) => startBlend(input as HTMLInputElement))
mount('button[data-seed-for]', (button) => startSeed(button as HTMLButtonElement))
mount('form[data-auto-submit]', (form) => startAutoSubmit(form as HTMLFormElement))
// wavesurfer.js is fetched only by pages that show a waveform.
mount('[data-peaks]', (element) => {
  let end: (() => void) | null = null
  let isGone = false
  void import('./waveform').then(({ startWaveform }) => {
    if (!isGone) end = startWaveform(element)
  })
  return () => {
    isGone = true
    end?.()
  }
})
