import './style.css'
import 'htmx.org'
import { startBar } from './bar'
import { startCopy } from './copy'
import { startConnection } from './connection'
import { startHeart } from './favourites'
import { startFilters } from './filters'
import { startArrivals, startJob } from './jobs'
import { startAtOnce, startMaking, startPlayingArrivals } from './making'
import { startInstallable } from './installable'
import { startKeys } from './keys'
import { startAutoSubmit, startNewSeed, startSeed, startSlider } from './knobs'
import { startBlend } from './mix'
import { mount, mountLater } from './mount'
import { startNavigation } from './navigation'
import { startPager } from './pager'
import { startPlays } from './plays'
import { startPosition } from './position'
import { startQueueList } from './queuelist'
import { startRefusals } from './refusals'
import { restoreList, startReturning } from './returning'
import { startSession } from './session'
import { startSleep } from './sleep'
import { startSpectrogram } from './spectrogram'
import { startStream, startStreamPanel } from './stream'
import { startHearing, startTimeline } from './timeline'
import { startTracks } from './tracks'
import { startTrayButton, startTrayPage, startTrays } from './trays'
import { startWaves } from './waves'

startNavigation()
startRefusals()
startTracks()
startWaves()
startReturning()
startBar()
startQueueList()
startSleep()
startSession()
startKeys()
startConnection()
startInstallable()
startTrays()
startPlays()
startStream()
startHearing()
startMaking()
mount('[data-job-events]', startJob)
mount('.jobs[aria-live]', startArrivals)
mount('[data-arrivals]', startArrivals)
mount('[data-arrivals]', startPlayingArrivals)
mount('[data-at-once]', startAtOnce)
mount('[data-tray]', startTrayButton)
mount('[data-trays]', startTrayPage)
mount('[data-timeline]', startTimeline)
mount('form[data-heart]', startHeart)
mount('[data-stream]', startStreamPanel)
mount('input[data-says]', (input) => startSlider(input as HTMLInputElement))
mount('input[data-blend]', (input) => startBlend(input as HTMLInputElement))
mount('button[data-seed-for]', (button) => startSeed(button as HTMLButtonElement))
mount('form[data-new-seed]', (form) => startNewSeed(form as HTMLFormElement))
mount('#results', restoreList)
mount('a[data-more]', (link) => startPager(link as HTMLAnchorElement))
mount('[data-peaks]', startPosition)
mount('[data-reading]', startSpectrogram)
mount('button[data-copy]', (button) => startCopy(button as HTMLButtonElement))
mount('form[role=search]', (form) => startFilters(form as HTMLFormElement))
mount('form[data-auto-submit]', (form) => startAutoSubmit(form as HTMLFormElement))
// What only some pages show is fetched by those alone: the map, sending in pieces, wavesurfer.js.
mountLater('[data-map]', async () => (await import('./map')).startMap)
mountLater('form[data-upload]', async () => (await import('./upload')).startUpload)
mountLater('[data-peaks]', async () => (await import('./waveform')).startWaveform)
