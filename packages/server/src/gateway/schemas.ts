import { z } from 'zod'
import { errorTable } from '../errors.ts'

/** Schemas of answers, for the OpenAPI document. */

const status = z.enum(['queued', 'running', 'stored', 'failed', 'cancelled'])

export const recordSchema: z.ZodType = z
  .object({
    id: z.string().meta({ example: 'req_2Zk0V1nR3m8c0kq3T4hX1w' }),
    status,
    prompt: z.string(),
    model: z.string(),
    scope: z.string(),
    tags: z.array(z.string()),
    createdAt: z.iso.datetime(),
    images: z.array(
      z.object({
        id: z.string().nullable(),
        key: z
          .string()
          .meta({ description: 'The generation key: SHA-256 of all that determines the pixels.' }),
        url: z.string().nullable().meta({ description: 'null until the picture is stored.' }),
        width: z.int(),
        height: z.int(),
        seed: z.int(),
        status,
        warnings: z.array(z.string()),
      }),
    ),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
  })
  .meta({ id: 'Generation' })

export const problemSchema: z.ZodType = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What to change.' }),
    code: z.enum(Object.keys(errorTable) as [string, ...string[]]),
    requestId: z.string(),
    param: z.string().optional(),
    generationId: z.string().optional(),
    carouselId: z.string().optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' })

export const imageSchema: z.ZodType = z
  .object({
    id: z.string(),
    url: z.string(),
    format: z.string(),
    width: z.int(),
    height: z.int(),
    bytes: z.int(),
  })
  .meta({ id: 'Image' })
