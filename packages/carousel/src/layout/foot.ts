import type { Image } from '@napi-rs/canvas'
import { setText } from '../text/set-text.ts'
import type { TextBlock } from '../text/text-block.ts'
import { styleOf } from './column.ts'
import type { Fonts } from '../text/fonts.ts'
import type { Theme } from './theme.ts'

/** The row at the foot of each slide: whose it is, where one is, and that there is more. */
export interface Foot {
  readonly heightPx: number
  readonly logo: { readonly image: Image; readonly widthPx: number; readonly heightPx: number } | undefined
  readonly handle: TextBlock | undefined
  readonly mark: TextBlock | undefined
  /** Instead of `mark`: one dot a slide, the present one longer. */
  readonly dots: { readonly count: number; readonly current: number } | undefined
  readonly hasCue: boolean
}

/** What the foot of one slide is made of. */
export interface FootInput {
  readonly index: number
  readonly count: number
  readonly theme: Theme
  readonly unitPx: number
  readonly widthPx: number
  readonly handle: string | undefined
  readonly logo: Image | undefined
  readonly hasPageMark: boolean
  readonly hasCue: boolean
  readonly fonts: Fonts
}

/** Height of the row, of a slide whose short side is 1080. */
export const footHeight = 56
/** More slides than this are counted in figures even where the theme has dots. */
const mostDots = 10

/** Sets the foot of one slide. Its height does not depend on what is in it. */
export function composeFoot(input: FootInput): Foot {
  const { theme, unitPx, index, count } = input
  const heightPx = Math.round(footHeight * unitPx)
  const boxOf = (share: number): { widthPx: number; heightPx: number } => ({
    widthPx: Math.floor(input.widthPx * share),
    heightPx,
  })
  const set = (text: string, share: number): TextBlock =>
    setText(
      text,
      { ...styleOf(input, theme.label, theme.sizes.mark, 1), align: 'start' },
      boxOf(share),
      input.fonts,
    )
  const isDotted = theme.pageMark === 'dots' && count <= mostDots
  return {
    heightPx,
    logo: input.logo === undefined ? undefined : contain(input.logo, boxOf(0.3)),
    handle: input.handle === undefined ? undefined : set(input.handle, 0.5),
    mark: input.hasPageMark && !isDotted ? set(markOf(theme, index, count), 0.3) : undefined,
    dots: input.hasPageMark && isDotted ? { count, current: index } : undefined,
    hasCue: input.hasCue && index < count - 1,
  }
}

function markOf(theme: Theme, index: number, count: number): string {
  if (theme.pageMark !== 'padded') return `${index + 1}/${count}`
  const padded = (value: number): string => String(value).padStart(2, '0')
  return `${padded(index + 1)} — ${padded(count)}`
}

function contain(image: Image, box: { widthPx: number; heightPx: number }): Foot['logo'] {
  const scale = Math.min(box.widthPx / image.width, box.heightPx / image.height)
  return { image, widthPx: image.width * scale, heightPx: image.height * scale }
}
