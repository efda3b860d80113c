// Six slides of one photo. Fast, because they are made in parallel?
import { setTimeout as sleep } from 'node:timers/promises'
import { servePhoto } from './photo-server.mjs'

const photoUrl = await servePhoto()
const titles = ['Hook', 'Credibility', 'Point one', 'Point two', 'Point three', 'Call to action']

async function loadBase() {
  const response = await fetch(photoUrl)
  return response.arrayBuffer()
}

async function renderSlide(title) {
  const base = await loadBase()
  await sleep(100) // drawing
  return `${title}: ${base.byteLength} bytes drawn upon`
}

const startedAt = performance.now()
const slides = await Promise.all(titles.map((title) => renderSlide(title)))
console.log(`${slides.length} slides in ${Math.round(performance.now() - startedAt)} ms`)
