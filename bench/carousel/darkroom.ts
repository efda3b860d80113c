import { createCarouselMaker } from '@darkroom/carousel'
import type { Ask } from './variants.ts'

/** As the other variants encode. */
const quality = 85

/** As a server has one, warmed up; but nothing of one carousel is kept for the next. */
const maker = createCarouselMaker({
  maxKeptBytes: 0,
  outbound: { allow: ['127.0.0.1'], cache: { maxBytes: 0 } },
})
await maker.warm()
let carousels = 0

export async function makeDarkroom({ url, slides, only }: Ask): Promise<number> {
  carousels += 1
  let bytes = 0
  // A domain of its own, or the header of the base would be known from the carousel before.
  for await (const outcome of maker.make({ base: url, slides, only, quality, domain: `run-${carousels}` })) {
    if (outcome.status === 'rejected') throw outcome.reason
    bytes += outcome.value.bytes.byteLength
  }
  return bytes
}
