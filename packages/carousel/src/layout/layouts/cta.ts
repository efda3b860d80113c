import { createColumn } from '../column.ts'
import type { SlideLayout } from '../slide-layout.ts'

/** The last slide: a call, a button that says what to do, and whom to follow. */
export const cta: SlideLayout = {
  compose(input) {
    const { text, theme } = input
    const column = createColumn(input)
    const handle = input.handle === undefined ? 0 : 80
    const below = (text.body === undefined ? 0 : 120) + (text.label === undefined ? 0 : 170) + handle
    column.text(text.title, { style: 'title', size: theme.sizes.cta, isTitle: true, leave: below })
    const leave = (text.label === undefined ? 0 : 170) + handle
    column.text(text.body, { style: 'body', size: theme.sizes.body, ink: 'softInk', gap: 46, leave })
    if (text.label !== undefined && text.label.trim() !== '') column.button(text.label, 60)
    column.text(input.handle, {
      style: 'label',
      size: theme.sizes.handle,
      ink: 'softInk',
      maxLines: 1,
      gap: 46,
    })
    return column.parts
  },
}
