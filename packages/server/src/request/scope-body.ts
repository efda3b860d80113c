import { z } from 'zod'
import { DarkroomError } from '../errors.ts'
import { modelField, scopeField } from './fields.ts'
import { projectField } from './key-body.ts'
import { parseWith } from './query.ts'

/** What `POST /v1/scopes` sets: the whole scope, what is left out has its default. */
export interface ScopeBody {
  name: string
  project?: string | undefined
  visibility?: 'public' | 'private' | undefined
  unsignedLive?: boolean | undefined
  enabled?: boolean | undefined
  maxPerHour?: number | null | undefined
  maxTotal?: number | null | undefined
  maxUsdPerDay?: number | null | undefined
  assumedUsd?: number | undefined
  models?: string[] | null | undefined
  sizes?: string[] | null | undefined
  origins?: string[] | null | undefined
  prediction?: { dailyGenerations?: number | undefined; dailyUsd?: number | undefined } | null | undefined
  retention?: { maxAgeDays?: number | null | undefined; unusedDays?: number | null | undefined } | undefined
}

const limit = z.int('must be a whole number').min(0, 'must be 0 or more').max(1_000_000_000)
const days = z
  .number('must be a number of days, or null for ever')
  .gt(0, 'must be above 0; null keeps pictures for ever')
  .max(100_000)
const usd = z.number().min(0, 'must be 0 or more').max(1_000_000)

const retention = z.strictObject({
  maxAgeDays: days.nullable().optional().meta({
    description: 'Days after they were made; null: for ever; left out: DARKROOM_RETENTION_DAYS.',
  }),
  unusedDays: days.nullable().optional().meta({
    description: 'Days after they were last asked for; left out: DARKROOM_RETENTION_UNUSED_DAYS.',
  }),
})

const prediction = z
  .strictObject({
    dailyGenerations: limit.optional().meta({ description: 'Pictures from midnight to midnight UTC.' }),
    dailyUsd: usd.optional().meta({ description: 'US dollars from midnight to midnight UTC.' }),
  })
  .refine(
    ({ dailyGenerations, dailyUsd }) => dailyGenerations !== undefined || dailyUsd !== undefined,
    'must have a budget: dailyGenerations, dailyUsd or both',
  )

export const scopeBodySchema: z.ZodType<ScopeBody> = z.strictObject({
  name: scopeField,
  project: projectField.optional(),
  visibility: z.enum(['public', 'private'], 'must be public or private').optional(),
  unsignedLive: z
    .boolean()
    .optional()
    .meta({ description: 'Prompt URLs need neither key nor signature, and stay within the budget.' }),
  enabled: z.boolean().optional().meta({ description: 'false: nothing new is generated.' }),
  maxPerHour: limit.nullable().optional().meta({ description: 'New generations within any hour.' }),
  maxTotal: limit.nullable().optional().meta({ description: 'New generations in all.' }),
  maxUsdPerDay: usd.nullable().optional().meta({ description: 'US dollars from midnight to midnight UTC.' }),
  assumedUsd: usd
    .optional()
    .meta({ description: 'What a generation counts until its backend has told its cost.' }),
  models: z.array(modelField).min(1).max(100).nullable().optional(),
  sizes: z
    .array(z.string().regex(/^[1-9]\d{1,3}x[1-9]\d{1,3}$/u, 'must list sizes like 1024x768'))
    .min(1)
    .max(100)
    .nullable()
    .optional(),
  origins: z
    .array(
      z
        .string()
        .refine(
          (text) => URL.canParse(text) && new URL(text).origin === text,
          'must list origins like https://shop.example',
        ),
    )
    .min(1)
    .max(100)
    .nullable()
    .optional(),
  prediction: prediction
    .nullable()
    .optional()
    .meta({ description: 'Opts in to pictures made ahead of demand, within this budget; null: none are.' }),
  retention: retention.optional().meta({ description: 'How long pictures and carousels are kept.' }),
})

/** @throws DarkroomError invalid_request, unknown_parameter */
export function parseScopeBody(body: unknown): ScopeBody {
  const parsed = parseWith(scopeBodySchema, body)
  if (parsed.unsignedLive === true && parsed.visibility === 'private') {
    throw new DarkroomError('invalid_request', 'unsignedLive: a private scope is open to nobody.', {
      param: 'unsignedLive',
    })
  }
  return parsed
}
