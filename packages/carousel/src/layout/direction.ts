import type { SlideText } from '../slide.ts'
import { directionOf } from '../text/direction.ts'

/**
 * Whether a slide reads from right to left: as its title does, or what follows where that has no letters. A figure
 * takes the direction of the words below it.
 */
export function isMirrored(slide: SlideText): boolean {
  const spoken = [slide.title, slide.body, slide.label].find(
    (text) => text !== undefined && /\p{L}/u.test(text),
  )
  return spoken !== undefined && directionOf(spoken) === 'rtl'
}
