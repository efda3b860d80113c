import { z } from 'zod'
import { isPlainText } from './text.ts'

/** `POST /v1/markers`. */
export const markerBodySchema = z.strictObject({
  text: z
    .string({ error: 'is required: say what was changed' })
    .trim()
    .min(1, 'is required: say what was changed')
    .max(200, 'must have at most 200 characters')
    .refine(isPlainText, 'must be plain text'),
  at: z.iso
    .datetime({ offset: true, error: 'must be a time like 2026-11-21T17:30:00Z' })
    .transform((text) => Date.parse(text))
    .refine((atMs) => atMs > 0 && atMs <= Date.now() + 60_000, 'must not be in the future')
    .optional(),
})
