import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import { startModuleServer } from '../test/support/module-server.ts'
import { brotliBytes, elementFiles, makeBrowserFiles } from '../scripts/browser-files.ts'
import { deliveryRows } from './client/delivery.ts'
import { pageCostRows } from './client/page-cost.ts'
import { qualityRows } from './client/quality.ts'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'

/** Resizing in the browser beside pica, interleaved in one page: pixels to pixels, and file to bitmap. */

const rounds = 15
const sizes: readonly [number, number, number, number][] = [
  [4000, 3000, 1080, 810],
  [2048, 2048, 512, 512],
  [1080, 1350, 400, 500],
]

/** What the page can measure, one run each. */
type Run = 'ours linear' | 'ours srgb' | 'pica' | 'file linear' | 'file planes' | 'file pica'

const script = `
import pica from '/pica.mjs'
import { createResizer } from '/packages/client/src/resize/resizer.ts'
import { loadKernel } from '/packages/client/src/resize/kernel.ts'
import { resizePixels } from '/packages/client/src/resize/resize-pixels.ts'
const kernel = await loadKernel(new Uint8Array(await (await fetch('/packages/client/src/resize/kernel.wasm')).arrayBuffer()))
const theirs = pica()
const resizer = createResizer({ workerUrl: '/packages/client/src/resize/worker.ts', workers: 1 })
await resizer.available
const pictures = new Map()
async function picture(width, height) {
  const key = width + 'x' + height
  if (!pictures.has(key)) {
    const blob = await (await fetch('/photo-' + key + '.jpg')).blob()
    const bitmap = await createImageBitmap(blob)
    const canvas = new OffscreenCanvas(width, height)
    const context = canvas.getContext('2d', { willReadFrequently: true })
    context.drawImage(bitmap, 0, 0)
    pictures.set(key, { blob, data: context.getImageData(0, 0, width, height).data })
  }
  return pictures.get(key)
}
globalThis.measure = async (name, w, h, W, H) => {
  const { blob, data } = await picture(w, h)
  const source = { widthPx: w, heightPx: h, opaque: true, row: (y) => data.subarray(y * w * 4, (y + 1) * w * 4) }
  const target = { widthPx: W, heightPx: H }
  const startedAt = performance.now()
  if (name === 'ours linear') resizePixels(kernel, source, target, 'linear')
  if (name === 'ours srgb') resizePixels(kernel, source, target, 'srgb')
  if (name === 'pica') await theirs.resizeBuffer({ src: data, width: w, height: h, toWidth: W, toHeight: H })
  if (name === 'file linear') (await resizer.resize(blob, { ...target, light: 'linear' })).bitmap.close()
  if (name === 'file planes') (await resizer.resize(blob, { ...target, light: 'srgb' })).bitmap.close()
  if (name === 'file pica') {
    const bitmap = await createImageBitmap(blob)
    const canvas = document.createElement('canvas')
    canvas.width = W
    canvas.height = H
    await theirs.resize(bitmap, canvas)
    const made = await createImageBitmap(canvas)
    made.close()
    bitmap.close()
  }
  return performance.now() - startedAt
}
const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
globalThis.byPica = async (text, w, h, W, H) => {
  const src = bytesOf(text)
  const made = await theirs.resizeBuffer({ src, width: w, height: h, toWidth: W, toHeight: H, filter: 'lanczos3' })
  return btoa(Array.from(made, (byte) => String.fromCharCode(byte)).join(''))
}
let blob
let longTasks = 0
new PerformanceObserver((list) => { longTasks += list.getEntries().length }).observe({ type: 'longtask' })
globalThis.prepareCost = async () => {
  blob = await (await fetch('/photo-4000x3000.jpg')).blob()
  await new Promise((resolve) => setTimeout(resolve, 300))
}
globalThis.runCost = async (light, count) => {
  longTasks = 0
  for (let i = 0; i < count; i++) (await resizer.resize(blob, { widthPx: 1080, light })).bitmap.close()
  await new Promise((resolve) => setTimeout(resolve, 100))
  return longTasks
}
globalThis.pageReady = true
`

export async function clientBench(): Promise<BenchResult> {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    existsSync,
  )
  if (executablePath === undefined)
    return { name: 'client', method: 'Not run: no Chromium is installed here.', rows: [] }
  const root = resolve(import.meta.dirname, '..')
  const server = await startModuleServer(root)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    server.serve(
      '/pica.mjs',
      'text/javascript',
      await readFile(resolve(root, 'node_modules/pica/dist/pica.mjs')),
    )
    server.serve('/page.js', 'text/javascript', script)
    server.serve(
      '/',
      'text/html',
      '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
    )
    for (const [width, height] of sizes)
      server.serve(`/photo-${width}x${height}.jpg`, 'image/jpeg', await photo(width, height))
    const page = await browser.newPage()
    page.on('pageerror', (error) => process.stderr.write(`${error.message}\n`))
    await page.goto(server.url)
    await page.waitForFunction('globalThis.pageReady === true')
    const rows = await rowsOf(page)
    const more = [
      { title: qualityText, rows: await qualityRows(page) },
      { title: costText, rows: await pageCostRows(browser, server.url) },
      { title: deliveryText, rows: await deliveryRows(await realPhoto()) },
      { title: wireText, rows: await wireRows() },
    ]
    return { name: 'client', method: methodText, rows, more }
  } finally {
    await browser.close()
    await server.close()
  }
}

const methodText = `Chromium, ${rounds} interleaved rounds, medians in ms. "pixels": RGBA to RGBA, one thread. "file": JPEG to ImageBitmap, one worker; pica with its own defaults.`

const qualityText =
  'Beside 64-bit Lanczos-3: 640×480 → 200×150, and the rings of a zone plate 512² → 128² that must vanish (1 is as good as gold).'
const costText =
  'A fresh page, 4000×3000 JPEG → 1080 wide, one worker: resident memory that its process took more at its peak, and tasks of the main thread over 50 ms in five runs.'
const deliveryText =
  'One photo on seven devices, WebP: a variant for each size that is needed, and rungs that pages make smaller. KB a device; processor time of all encodes, each once.'
const wireText = 'Bytes over the wire in brotli: at most 12288 for the element.'

/** A photograph where there is one beside the checkout; else one of the project's pictures, enlarged. */
async function realPhoto(): Promise<Buffer> {
  const beside = resolve(import.meta.dirname, '../../shared/photos/workshop-2160x2700.jpg')
  if (existsSync(beside)) return await readFile(beside)
  const own = resolve(import.meta.dirname, '../docs/pictures/fox.jpg')
  return await sharp(own).resize({ width: 2048 }).jpeg({ quality: 92 }).toBuffer()
}

async function wireRows(): Promise<Record<string, string | number>[]> {
  const files = await makeBrowserFiles()
  const rows = Object.entries(files).map(([file, bytes]) => ({ file, brotliBytes: brotliBytes(bytes) }))
  const sum = rows.reduce(
    (total, { file, brotliBytes: size }) => total + (elementFiles.includes(file) ? size : 0),
    0,
  )
  return [...rows, { file: 'the element: all but upload.js', brotliBytes: sum }]
}

async function rowsOf(page: Page): Promise<BenchResult['rows']> {
  const rows: Record<string, string | number>[] = []
  const runs: readonly Run[] = ['ours linear', 'pica', 'ours srgb', 'file linear', 'file pica', 'file planes']
  for (const size of sizes) {
    const samples = new Map<Run, number[]>(runs.map((run) => [run, []]))
    for (let turn = -2; turn < rounds; turn++) {
      for (const run of runs) {
        const durationMs = (await page.evaluate(
          `measure(${JSON.stringify(run)}, ${size.join(', ')})`,
        )) as number
        if (turn >= 0) samples.get(run)?.push(durationMs)
      }
    }
    const median = (run: Run): number => percentile(samples.get(run) ?? [], 0.5)
    const [w, h, W, H] = size
    const name = `${w}×${h} → ${W}×${H}`
    for (const [run, peer] of [
      ['ours linear', 'pica'],
      ['ours srgb', 'pica'],
      ['file linear', 'file pica'],
      ['file planes', 'file pica'],
    ] as const) {
      rows.push({
        size: name,
        what: run.startsWith('file') ? `file, ${run.slice(5)}` : `pixels, ${run.slice(5)}`,
        oursMs: round(median(run)),
        picaMs: round(median(peer)),
        ratio: round(median(peer) / median(run)),
      })
    }
  }
  return rows
}

/** Light, edges and grain. */
async function photo(width: number, height: number): Promise<Buffer> {
  const noise = { type: 'gaussian' as const, mean: 120, sigma: 20 }
  const create = { width, height, channels: 3 as const, background: '#446688', noise }
  return await sharp({ create }).blur(1.2).jpeg({ quality: 88 }).toBuffer()
}
