import type { ZipWriter } from '@zip.js/zip.js'
import type { ArchivedCarousel } from './archive-slide.ts'
import { slideFileName } from './archive-slide.ts'
import type { ManifestFacts, ManifestSlide } from './manifest.ts'
import { manifestOf, manifestSlide } from './manifest.ts'

/** A carousel for a ZIP. */
export interface ZippedCarousel extends ArchivedCarousel, ManifestFacts {}

/**
 * A ZIP of the slides in their order (`01-hook.jpg` …), then `manifest.json` with sizes, texts, fits, hashes and,
 * where a slide failed, why. Entries are stored: pictures are compressed already. The next slide is asked for when
 * the stream has taken the one before, so one is held at a time. Equal slides give equal bytes: names are UTF-8,
 * every date is 1980-01-02, sizes stand before the data, where readers of streams want them.
 * The stream fails with what the slides throw; cancelling it ends their iteration.
 */
export function zipCarousel(carousel: ZippedCarousel): ReadableStream<Uint8Array> {
  let fail: ((reason: unknown) => void) | undefined
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => {
      fail = (reason) => controller.error(reason)
    },
  })
  void writeZip(carousel, writable).catch((error: unknown) => fail?.(error))
  return readable
}

async function writeZip(carousel: ZippedCarousel, writable: WritableStream<Uint8Array>): Promise<void> {
  // Loaded by those who want an archive: it takes 40 ms and 12 MB.
  const { Uint8ArrayReader, ZipWriter: Writer } = await import('@zip.js/zip.js')
  const zip: ZipWriter<unknown> = new Writer(writable, {
    level: 0,
    dataDescriptor: false,
    extendedTimestamp: false,
    // A ZIP's dates have no time zone: the library writes the local one, and moves what is before the first that
    // the format knows, by the zone it was loaded in. The second day is after it in every zone.
    lastModDate: new Date(1980, 0, 2),
    useWebWorkers: false,
  })
  const slides: ManifestSlide[] = []
  for await (const slide of carousel.slides) {
    slides.push(manifestSlide(slide))
    if (slide.status === 'rejected') continue
    const { bytes, format } = slide.value
    await zip.add(slideFileName(slide.index, slide.text.kind, format), new Uint8ArrayReader(bytes))
  }
  const manifest = `${JSON.stringify(manifestOf(carousel, slides), undefined, 2)}\n`
  await zip.add('manifest.json', new Uint8ArrayReader(new TextEncoder().encode(manifest)))
  await zip.close()
}
