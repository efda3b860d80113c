import { z } from 'zod'
import { DarkroomError } from '../errors.ts'
import { textField, titleField } from './carousel-body.ts'
import { parseWith } from './query.ts'

/** A change to one slide: what is absent stays, `null` removes. */
export interface SlideChange {
  title?: string | undefined
  body?: string | null | undefined
  label?: string | null | undefined
}

/** The body of `PATCH /v1/carousels/{id}/slides/{n}`. */
export const slideChangeSchema: z.ZodType<SlideChange> = z.strictObject({
  title: titleField.optional(),
  body: textField.nullable().optional(),
  label: textField.nullable().optional(),
})

/** @throws DarkroomError invalid_request (also when nothing is to be changed), unknown_parameter */
export function parseSlideChange(body: unknown): SlideChange {
  const change = parseWith(slideChangeSchema, body)
  if (Object.values(change).every((value) => value === undefined)) {
    throw new DarkroomError('invalid_request', 'Give title, body or label: what is to be changed.', {
      param: 'title',
    })
  }
  return {
    ...(change.title === undefined ? {} : { title: change.title }),
    ...(change.body === undefined ? {} : { body: change.body === '' ? null : change.body }),
    ...(change.label === undefined ? {} : { label: change.label === '' ? null : change.label }),
  }
}
