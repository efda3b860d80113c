// The same, with the shared work before the fan-out.
import { setTimeout as sleep } from 'node:timers/promises'
import { servePhoto } from './photo-server.mjs'

const photoUrl = await servePhoto()
const titles = ['Hook', 'Credibility', 'Point one', 'Point two', 'Point three', 'Call to action']

async function loadBase() {
  const response = await fetch(photoUrl)
  return response.arrayBuffer()
}

async function renderSlide(base, title) {
  await sleep(100) // drawing
  return `${title}: ${base.byteLength} bytes drawn upon`
}

const startedAt = performance.now()
const base = await loadBase()
const slides = await Promise.all(titles.map((title) => renderSlide(base, title)))
console.log(`${slides.length} slides in ${Math.round(performance.now() - startedAt)} ms`)
