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
        costUsd: z
          .number()
          .optional()
          .meta({ description: 'What making it cost, where that is known; whoever asked first paid.' }),
        gpuSeconds: z
          .number()
          .optional()
          .meta({ description: 'How long an accelerator was this picture’s alone, where that is known.' }),
      }),
    ),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
  })
  .meta({ id: 'Generation' })

/** The data of an event of a request; what else it has is of its type. */
export const generationEventSchema: z.ZodType = z
  .looseObject({
    index: z.int().meta({ description: 'Which picture of the request, from 0.' }),
    imageId: z.string().nullable().meta({ description: 'The id that the picture has once it is stored.' }),
    image: z.int().meta({ description: 'The same as index.', deprecated: true }),
    at: z.iso.datetime(),
  })
  .meta({ id: 'GenerationEvent' })

const counts = z.record(z.string(), z.int())
const details = z.record(z.string(), z.object({ ran: z.int(), joined: z.int(), cached: z.int() }))
const problem = z.object({ code: z.string(), message: z.string() })

export const carouselSchema: z.ZodType = z
  .object({
    id: z.string().meta({ example: 'car_2Zk0V1nR3m8c0kq3T4hX1w' }),
    status: status.meta({ description: 'Settled when all slides are, and then failed if one of them is.' }),
    base: z.object({
      url: z.string().optional(),
      prompt: z.string().optional(),
      model: z.string().optional(),
      seed: z.int().optional(),
      size: z.string().optional(),
      generation: z.string().optional().meta({ description: 'The request that generates the base.' }),
      image: z.string().nullable().meta({ description: 'The id of the base, null until it is here.' }),
    }),
    theme: z.string().nullable(),
    size: z.string(),
    format: z.enum(['jpeg', 'png', 'webp', 'avif']),
    scope: z.string(),
    tags: z.array(z.string()),
    createdAt: z.iso.datetime(),
    slides: z.array(
      z.object({
        index: z.int().meta({ description: 'From 0.' }),
        kind: z.enum(['hook', 'credibility', 'point', 'cta']),
        title: z.string(),
        body: z.string().nullable(),
        label: z.string().nullable(),
        status: z.enum(['queued', 'stored', 'failed', 'cancelled']),
        id: z.string().nullable(),
        url: z.string().nullable().meta({ description: 'Immutable: a changed slide has another one.' }),
        width: z.int(),
        height: z.int(),
        bytes: z.int().nullable(),
        fit: z
          .record(z.string(), z.unknown())
          .nullable()
          .meta({ description: 'How the text came to stand.' }),
        error: problem.optional(),
      }),
    ),
    work: counts.meta({ description: 'Distinct units that this carousel needed.' }),
    workDetail: details,
    edit: z.object({ slides: z.array(z.int()), work: counts, workDetail: details }).optional(),
    error: problem.optional(),
  })
  .meta({ id: 'Carousel' })

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

export const webhookSchema: z.ZodType = z
  .object({
    id: z.string().meta({ example: 'msg_2Zk0V1nR3m8c0kq3T4hX1w', description: 'What webhook-id carries.' }),
    status: z.enum(['waiting', 'pending', 'delivered', 'failed', 'gone']).meta({
      description:
        'waiting: what it is about has not ended. failed: every attempt did. gone: the receiver answered 410.',
    }),
    type: z.string().nullable().meta({ example: 'generation.stored' }),
    subject: z.string().meta({ description: 'The generation or carousel that it is about.' }),
    scope: z.string(),
    url: z.string(),
    attemptCount: z.int(),
    nextAttemptAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    attempts: z.array(
      z.object({
        number: z.int(),
        at: z.iso.datetime(),
        durationMs: z.int(),
        status: z.int().nullable().meta({ description: 'What the receiver answered.' }),
        code: z.string().nullable().meta({ description: 'What went wrong where there was no answer.' }),
        reason: z.string(),
      }),
    ),
  })
  .meta({ id: 'Webhook' })

export const webhookSecretSchema: z.ZodType = z
  .object({
    secret: z.string().meta({ example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }),
    createdAt: z.iso.datetime(),
    previousUntil: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'The secret before it also signs until then.' }),
  })
  .meta({ id: 'WebhookSecret' })
