import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { ArchiveSlide } from './archive-slide.ts'
import { pdfCarousel } from './pdf-carousel.ts'
import { archiveSlides, bytesOf, failedSlide } from './testing/archive-slides.ts'
import { outputOf } from './testing/output-of.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-pdf-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The streams of image objects, in order. */
function imagesIn(pdf: Buffer): Buffer[] {
  const images: Buffer[] = []
  const text = pdf.toString('latin1')
  for (const { 0: head, index } of text.matchAll(/\/Subtype \/Image[^>]*>>\nstream\n/gu)) {
    const length = Number(/\/Length (\d+)/u.exec(head)?.[1])
    images.push(pdf.subarray(index + head.length, index + head.length + length))
  }
  return images
}

/** How PDF writes text beyond ASCII: UTF-16 with a byte order mark, its delimiters escaped (ISO 32000-1, 7.3.4.2). */
function pdfText(text: string): string {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le').swap16().toString('latin1')
  return `(${bytes.replaceAll(/[()\\]/gu, (delimiter) => `\\${delimiter}`).replaceAll('\n', '\\n')})`
}

test('one slide a page, at a point a pixel, the JPEG as it is', async () => {
  const slides = await archiveSlides(3)
  const pdf = await bytesOf(pdfCarousel({ slides, title: 'Three greys', language: 'de' }))
  const text = pdf.toString('latin1')
  expect(text.match(/\/Type \/Page\n/gu)).toHaveLength(3)
  expect(text.match(/\/MediaBox \[0 0 240 300\]/gu)).toHaveLength(3)
  expect(imagesIn(pdf).map(sha256)).toEqual(
    slides.map((slide) => (slide.status === 'fulfilled' ? sha256(slide.value.bytes) : '')),
  )
  expect(text.match(/\/Filter \/DCTDecode/gu)).toHaveLength(3)
  expect(text).toContain('(Three greys)')
  expect(text).toContain('(Darkroom)')
  expect(text).toContain('/Lang (de)')
})

test('each page is a figure with its words, in every script, without markup', async () => {
  const pdf = await bytesOf(pdfCarousel({ slides: await archiveSlides(1) }))
  const text = pdf.toString('latin1')
  expect(text).toContain(`/S /Figure\n/Alt ${pdfText('Größe مرحبا 0\nZwei 😀')}`)
  // Without a title of its own, the document has the first slide's.
  expect(text).toContain(pdfText('Größe مرحبا 0'))
})

test.each(['png', 'webp', 'avif'] as const)('a %s slide is encoded once as JPEG', async (format) => {
  const pdf = await bytesOf(pdfCarousel({ slides: await archiveSlides(2, format) }))
  const images = imagesIn(pdf)
  expect(images).toHaveLength(2)
  for (const image of images) {
    const { format: made, width, height } = await sharp(image).metadata()
    expect({ made, width, height }).toEqual({ made: 'jpeg', width: 240, height: 300 })
  }
})

test('slides that failed have no page; without any picture there is no document', async () => {
  const [slide] = await archiveSlides(1)
  if (slide === undefined) throw new Error('one was asked for')
  const pdf = await bytesOf(pdfCarousel({ slides: [failedSlide(0), { ...slide, index: 1 }] }))
  expect(imagesIn(pdf)).toHaveLength(1)
  await expect(bytesOf(pdfCarousel({ slides: [failedSlide(0), failedSlide(1)] }))).rejects.toMatchObject({
    code: 'ARCHIVE_EMPTY',
  })
})

test('equal slides give equal bytes, at another time too', async () => {
  const slides = await archiveSlides(2)
  const hashes = []
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    for (const now of ['2026-11-21T12:00:00Z', '2031-02-03T04:05:06Z']) {
      vi.setSystemTime(new Date(now))
      hashes.push(sha256(await bytesOf(pdfCarousel({ slides }))))
    }
  } finally {
    vi.useRealTimers()
  }
  expect(hashes[1]).toBe(hashes[0])
})

test('the next slide is asked for when the one before has been read', async () => {
  const slides = await archiveSlides(5)
  let asked = 0
  let ended = false
  async function* counted(): AsyncGenerator<ArchiveSlide> {
    try {
      for (const slide of slides) {
        asked += 1
        await Promise.resolve()
        yield slide
      }
    } finally {
      ended = true
    }
  }
  const reader = pdfCarousel({ slides: counted() }).getReader()
  await reader.read()
  expect({ asked, ended }).toEqual({ asked: 1, ended: false })
  await reader.cancel()
  expect({ asked, ended }).toEqual({ asked: 1, ended: true })
})

test.for([
  ['qpdf', (path: string) => ['--check', path], /No syntax or stream encoding errors/u],
  ['pdfinfo', (path: string) => [path], /Tagged: +yes[^]*Pages: +3[^]*Page size: +240 x 300 pts/u],
  ['pdftoppm', (path: string) => ['-r', '72', '-png', path, join(path, '..', 'page')], /^$/u],
] as const)('%s reads it without a complaint', async ([tool, args, says], { skip }) => {
  const path = join(folder, `${tool}.pdf`)
  await writeFile(path, await bytesOf(pdfCarousel({ slides: await archiveSlides(3) })))
  const said = await outputOf(tool, args(path))
  if (said === undefined) skip(`${tool} is not installed`)
  expect(said?.stdout).toMatch(says)
  expect(said?.stderr).toBe('')
})
