import './style.css'
import 'htmx.org'
import { startBar } from './bar'
import { startConnection } from './connection'
import { startHeart } from './favourites'
import { startArrivals, startJob } from './jobs'
import { startInstallable } from './installable'
import { startKeys } from './keys'
import { startAutoSubmit, startNewSeed, startSeed, startSlider } from './knobs'
import { startMap } from './map'
import { startBlend } from './mix'
import { mount } from './mount'
import { startNavigation } from './navigation'
import { startQueueList } from './queuelist'
import { startSession } from './session'
import { startSleep } from './sleep'
import { startTimeline } from './timeline'
import { startTracks } from './tracks'
import { startTrayButton, startTrayPage, startTrays } from './trays'
import { startUpload } from './upload'

startNavigation()
startTracks()
startBar()
startQueueList()
startSleep()
startSession()
startKeys()
startConnection()
startInstallable()
startTrays()
mount('[data-job-events]', startJob)
mount('.jobs[aria-live]', startArrivals)
mount('[data-arrivals]', startArrivals)
mount('[data-tray]', startTrayButton)
mount('[data-trays]', startTrayPage)
mount('[data-timeline]', startTimeline)
mount('form[data-upload]', (form) => startUpload(form as HTMLFormElement))
mount('form[data-heart]', startHeart)
mount('[data-map]', startMap)
mount('input[data-says]', (input) => startSlider(input as HTMLInputElement))
mount('input[data-blend]', (input) => startBlend(input as HTMLInputElement))
mount('button[data-seed-for]', (button) => startSeed(button as HTMLButtonElement))
mount('form[data-new-seed]', (form) => startNewSeed(form as HTMLFormElement))
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
