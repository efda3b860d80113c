import type { ArchivedPicture, ArchiveSlide, SlideFormat } from '@darkroom/carousel'
import { pdfCarousel, zipCarousel } from '@darkroom/carousel'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import type { Objects } from '../storage/objects.ts'
import type { CarouselWithSlides } from './carousel-record.ts'
import { storedErrorOf } from './carousel-row.ts'

export type ArchiveKind = 'zip' | 'pdf'

/** The slides of a carousel as one file, read one by one while it is sent. */
export interface CarouselArchive {
  mediaType: string
  /** `car_….zip` */
  fileName: string
  body: ReadableStream<Uint8Array>
}

/**
 * A ZIP with a manifest, or a PDF with one slide a page. What has failed is in the manifest, and has no page.
 * @throws DarkroomError not_settled; the carousel's error when it has no slide at all
 */
export function archiveOf(
  found: CarouselWithSlides,
  kind: ArchiveKind,
  context: { database: Kysely<Schema>; objects: Objects },
): CarouselArchive {
  const { carousel, record } = found
  if (record.status === 'queued' || record.status === 'running') {
    throw new DarkroomError('not_settled', 'The slides are still being made; ask when status is stored.', {
      retryAfterS: 1,
    })
  }
  if (!record.slides.some(({ url }) => url !== null)) {
    if (record.status === 'failed') throw storedErrorOf(carousel, carousel.id)
    throw new DarkroomError('not_found', 'This carousel has no slides that could be shown.')
  }
  const slides = archivedSlides(found, context)
  const { design } = carousel
  const fileName = `${carousel.id}.${kind}`
  if (kind === 'pdf') return { mediaType: 'application/pdf', fileName, body: pdfCarousel({ slides }) }
  const body = zipCarousel({
    slides,
    size: { widthPx: design.widthPx, heightPx: design.heightPx },
    theme: design.theme,
    baseHash: carousel.base_hash ?? undefined,
    work: record.work,
  })
  return { mediaType: 'application/zip', fileName, body }
}

async function* archivedSlides(
  { carousel, record }: CarouselWithSlides,
  context: { database: Kysely<Schema>; objects: Objects },
): AsyncGenerator<ArchiveSlide> {
  for (const slide of record.slides) {
    const { index, kind, title } = slide
    const text = { kind, title, body: slide.body ?? undefined, label: slide.label ?? undefined }
    const bytes = slide.id === null || slide.url === null ? undefined : await bytesOf(slide.id, context)
    if (bytes === undefined) {
      const error = slide.error ?? { code: 'not_found', message: 'This slide was not made, or taken down.' }
      yield { index, text, status: 'rejected', error }
      continue
    }
    const value: ArchivedPicture = {
      bytes,
      format: carousel.design.format satisfies SlideFormat,
      widthPx: slide.width,
      heightPx: slide.height,
      // Written by a run from what the package gave it.
      fit: slide.fit as unknown as ArchivedPicture['fit'],
    }
    yield { index, text, status: 'fulfilled', value }
  }
}

/** `undefined`: taken down meanwhile. */
async function bytesOf(
  imageId: string,
  { database, objects }: { database: Kysely<Schema>; objects: Objects },
): Promise<Uint8Array | undefined> {
  const image = await database
    .selectFrom('images')
    .select('object_hash')
    .where('id', '=', imageId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return image === undefined ? undefined : (await objects.get(image.object_hash))?.value
}
