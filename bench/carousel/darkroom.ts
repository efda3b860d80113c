import { createCarouselMaker } from '@darkroom/carousel'
import type { Ask } from './variants.ts'

/** As the other variants encode. */
const quality = 85

/** With a maker of its own, or the second carousel would find everything kept. */
export async function makeDarkroom({ url, slides, only }: Ask): Promise<number> {
  await using maker = createCarouselMaker({ outbound: { allow: ['127.0.0.1'] } })
  let bytes = 0
  for await (const outcome of maker.make({ base: url, slides, only, quality })) {
    if (outcome.status === 'rejected') throw outcome.reason
    bytes += outcome.value.bytes.byteLength
  }
  return bytes
}
