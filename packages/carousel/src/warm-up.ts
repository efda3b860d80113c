import sharp from 'sharp'
import type { CarouselMaker } from './carousel-maker.ts'
import type { SlideText } from './slide.ts'

const slides: readonly SlideText[] = [
  { kind: 'hook', title: 'Warm **up**', body: 'A second line' },
  { kind: 'credibility', title: '9 of 10', body: 'A source' },
  { kind: 'point', title: 'A point', body: 'Its explanation' },
  { kind: 'cta', title: 'A call', label: 'Go' },
]

/** Twice is what the analysis takes to be compiled: 27 ms cold, 4 ms from the third on. */
const rounds = 2

/** Makes carousels of noise, whose every stage does real work, and closes the maker. */
export async function warmUp(maker: CarouselMaker): Promise<void> {
  await using own = maker
  const base = await noise(1080, 1350)
  for (let round = 0; round < rounds; round += 1) {
    for await (const slide of own.make({ base, slides })) {
      // A slide that cannot be made here can be made nowhere.
      if (slide.status === 'rejected') throw slide.reason
    }
  }
}

async function noise(width: number, height: number): Promise<Uint8Array> {
  return sharp({
    create: {
      width,
      height,
      channels: 3,
      background: '#777',
      noise: { type: 'gaussian', mean: 120, sigma: 40 },
    },
  })
    .jpeg()
    .toBuffer()
}
