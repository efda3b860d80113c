import { makeVariant } from '@darkroom/picture'
import type PDFDocument from 'pdfkit'
import { CarouselError } from '../carousel-error.ts'
import type { SlideText } from '../slide.ts'
import type { ArchivedCarousel, ArchivedPicture } from './archive-slide.ts'

/** A carousel for a PDF. */
export interface PrintedCarousel extends ArchivedCarousel {
  /** In the document's properties and window. Default: the title of the first slide. */
  title?: string | undefined
  /** Of the texts, for screen readers (BCP 47). */
  language?: string | undefined
}

/** Slides of other formats become JPEG for the document: at this quality in full colour resolution. */
const conversionQuality = 92

/** Every document has this date, or equal slides would give different bytes. */
const fixedDate = new Date(Date.UTC(1980, 0, 1))

/**
 * A PDF with one slide a page, in their order, as LinkedIn takes it for a document: a pixel is a point, so a page
 * of 1080 × 1350 shows a slide of that size at 72 dots an inch. JPEG slides are embedded byte for byte; others are
 * encoded once as JPEG. Each page is a tagged figure with the slide's words as its alternative text. Failed slides
 * have no page. One slide is held at a time; equal slides give equal bytes.
 * The stream fails with what the slides throw, and with CarouselError ARCHIVE_EMPTY when no slide has a picture.
 */
export function pdfCarousel(carousel: PrintedCarousel): ReadableStream<Uint8Array> {
  const parts = pdfParts(carousel)
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await parts.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      cancel: async () => {
        await parts.return()
      },
    },
    { highWaterMark: 0 },
  )
}

async function* pdfParts(carousel: PrintedCarousel): AsyncGenerator<Uint8Array, void, undefined> {
  let pages: Pages | undefined
  for await (const slide of carousel.slides) {
    if (slide.status === 'rejected') continue
    pages ??= await startPages(carousel.title ?? plainText(slide.text.title), carousel.language)
    pages.add(slide.value, await jpegOf(slide.value), wordsOf(slide.text))
    yield* pages.take()
  }
  if (pages === undefined) throw new CarouselError('ARCHIVE_EMPTY', 'No slide of this carousel was made.')
  pages.end()
  yield* pages.take()
}

interface Pages {
  add(size: { widthPx: number; heightPx: number }, jpeg: Uint8Array, alt: string): void
  end(): void
  /** What has been written since. */
  take(): Iterable<Uint8Array>
}

async function startPages(title: string, language: string | undefined): Promise<Pages> {
  // Loaded by those who want a document: it takes 110 ms and 26 MB.
  const { default: Document } = await import('pdfkit')
  const document: typeof PDFDocument.prototype = new Document({
    autoFirstPage: false,
    pdfVersion: '1.7',
    tagged: true,
    displayTitle: true,
    ...(language === undefined ? {} : { lang: language }),
    info: {
      Title: title,
      Creator: 'Darkroom',
      Producer: 'Darkroom',
      CreationDate: fixedDate,
      ModDate: fixedDate,
    },
  })
  const root = document.struct('Document')
  document.addStructure(root)
  return {
    add: ({ widthPx, heightPx }, jpeg, alt) => {
      document.addPage({ size: [widthPx, heightPx], margin: 0 })
      const draw = (): void => {
        document.image(bufferOf(jpeg), 0, 0, { width: widthPx, height: heightPx })
      }
      const figure = document.struct('Figure', { alt }, draw)
      root.add(figure)
      figure.end()
    },
    end: () => {
      root.end()
      document.end()
    },
    take: function* take() {
      for (;;) {
        const part = document.read() as Buffer | null
        if (part === null) return
        yield part
      }
    },
  }
}

async function jpegOf({ bytes, format }: ArchivedPicture): Promise<Uint8Array> {
  if (format === 'jpeg') return bytes
  const made = await makeVariant(bytes, { fit: 'inside', format: 'jpeg', quality: conversionQuality })
  return made.bytes
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** All that a slide says, a line each, in the order in which it is read. */
function wordsOf({ kind, title, body, label }: SlideText): string {
  const lines = kind === 'cta' ? [title, body, label] : [label, title, body]
  return lines
    .filter((line) => line !== undefined && line !== '')
    .map((line) => plainText(line ?? ''))
    .join('\n')
}

function plainText(markup: string): string {
  return markup.replaceAll('**', '')
}
