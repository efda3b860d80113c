import type { JsonValue } from '@darkroom/once'
import { keyOf } from '@darkroom/once'
import type { CarouselDesign } from '../database/schema.ts'
import type { SlideRow } from './carousel-row.ts'

/** Changing what the key is made of needs a new number here, or old and new keys would mean different things. */
const keyVersion = 1

/** What all slides of a carousel share, besides their number and kinds. */
export interface SlideGround {
  project: string
  baseHash: string
  logoHash: string | undefined
  design: CarouselDesign
  /** Of the package that draws: other pixels need another version. */
  rendererVersion: string
}

/**
 * The key of one slide: SHA-256 of all that determines its bytes. The kinds of all slides are part of it, since the
 * placement is one for all of them and follows from the kinds; the words of the others are not.
 */
export function slideKey(ground: SlideGround, slides: readonly SlideRow[], index: number): string {
  const slide = slides[index]
  if (slide === undefined) throw new RangeError(`there is no slide ${index}`)
  const { logo: _, ...brand } = ground.design.brand
  const parts = {
    keyVersion,
    project: ground.project,
    base: ground.baseHash,
    rendererVersion: ground.rendererVersion,
    design: { ...ground.design, brand: { ...brand, logo: ground.logoHash ?? null } },
    kinds: slides.map(({ kind }) => kind),
    index,
    text: { title: slide.title, body: slide.body, label: slide.label },
  }
  // Through JSON, which leaves out what is `undefined`.
  return keyOf(JSON.parse(JSON.stringify(parts)) as JsonValue)
}
