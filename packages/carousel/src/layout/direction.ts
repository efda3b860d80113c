import type { SlideText } from '../slide.ts'

const letter = /\p{L}/u
const rightToLeft =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u

/**
 * Whether a slide reads from right to left: as its first letter does (UAX #9, P2 and P3), of the title before the
 * others. A figure alone takes the direction of the words below it.
 */
export function isMirrored(slide: SlideText): boolean {
  for (const text of [slide.title, slide.body, slide.label]) {
    const first = text === undefined ? undefined : letter.exec(text)?.[0]
    if (first !== undefined) return rightToLeft.test(first)
  }
  return false
}
