import { createColumn } from '../column.ts'
import { shownLength } from '../shown-length.ts'
import type { SlideLayout } from '../slide-layout.ts'

/** Figures and single words are set in one line as large as the width lets them be. */
const longestFigure = 11

/** What a figure means is read with it, and may be larger than the body of a longer slide. */
const besideFigure = 1.2

/** One line that earns trust: a number as large as it can be, and where it comes from. */
export const credibility: SlideLayout = {
  compose(input) {
    const { text, theme } = input
    const column = createColumn(input)
    const isFigure = shownLength(text.title) <= longestFigure
    column.text(text.label, {
      style: 'label',
      size: theme.sizes.label,
      ink: 'softInk',
      maxLines: 2,
      leave: 200,
    })
    column.text(text.title, {
      style: 'title',
      size: isFigure ? theme.sizes.figure : theme.sizes.point,
      isTitle: true,
      maxLines: isFigure ? 1 : undefined,
      gap: 30,
      leave: text.body === undefined ? 0 : 110,
    })
    const { sizePx, minSizePx } = theme.sizes.body
    const body = { sizePx: isFigure ? sizePx * besideFigure : sizePx, minSizePx }
    column.text(text.body, { style: 'body', size: body, ink: 'softInk', gap: isFigure ? 44 : 48 })
    return column.parts
  },
}
