import { createColumn } from '../column.ts'
import type { SlideLayout } from '../slide-layout.ts'

/** One point of several: its number, a headline, an explanation. */
export const point: SlideLayout = {
  compose(input) {
    const { text, theme } = input
    const column = createColumn(input)
    column.number(input.number)
    column.text(text.label, {
      style: 'label',
      size: theme.sizes.label,
      ink: 'softInk',
      maxLines: 1,
      gap: 34,
      leave: 200,
    })
    const leave = text.body === undefined ? 0 : 210
    column.text(text.title, { style: 'title', size: theme.sizes.point, isTitle: true, gap: 44, leave })
    column.text(text.body, { style: 'body', size: theme.sizes.body, ink: 'softInk', gap: 50 })
    return column.parts
  },
}
