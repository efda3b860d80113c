import { createColumn } from '../column.ts'
import { shownLength } from '../shown-length.ts'
import type { SlideLayout } from '../slide-layout.ts'

/** One or two words are a shout. */
const shortTitle = 14
const shortScale = 1.55

/** The first slide: a headline as large as it can be, and perhaps a line below it. */
export const hook: SlideLayout = {
  compose(input) {
    const { text, theme } = input
    const column = createColumn(input)
    column.text(text.label, {
      style: 'label',
      size: theme.sizes.label,
      ink: 'softInk',
      maxLines: 2,
      leave: 200,
    })
    column.accent(text.label === undefined ? 0 : 28)
    const leave = text.body === undefined ? 0 : 140
    const { sizePx, minSizePx } = theme.sizes.hook
    const isShort = shownLength(text.title) <= shortTitle
    const size = isShort ? { sizePx: sizePx * shortScale, minSizePx } : theme.sizes.hook
    column.text(text.title, { style: 'title', size, isTitle: true, gap: 40, leave })
    column.text(text.body, { style: 'body', size: theme.sizes.body, ink: 'softInk', gap: 54 })
    return column.parts
  },
}
