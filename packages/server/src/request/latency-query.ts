import { z } from 'zod'
import { parseDurationMs } from './duration.ts'
import { integerText } from './query.ts'

const dayMs = 86_400_000

/** The longest window: what is kept. */
export const maxWindowMs: number = 90 * dayMs

/** A window back from now: `15m`, `24h`, `7d`. In milliseconds. */
function windowField(maxMs: number, words: string): z.ZodType<number | undefined> {
  return z
    .string()
    .transform((text) => parseDurationMs(text) ?? Number.NaN)
    .refine((windowMs) => windowMs >= 60_000 && windowMs <= maxMs, `must be like 15m, 24h or 7d, ${words}`)
    .optional()
    .meta({ type: 'string', description: 'Like 15m, 24h or 7d.' })
}

const longWindow = windowField(maxWindowMs, 'from 1m to 90d')

/** As `latency/labels.ts` has them, which this room does not import; a test compares the two. */
export const classes = ['hit', 'stale', 'collapsed', 'miss', 'pre-generated', 'other'] as const
export const stages = [
  'key',
  'edge',
  'access',
  'queue',
  'warm',
  'generate',
  'encode',
  'store',
  'told',
  'total',
] as const

/** Empty as if it were not there: `class=` is how a form says "all". */
function optionalName<const Names extends readonly [string, ...string[]]>(
  names: Names,
): z.ZodType<Names[number] | undefined> {
  return z
    .union([z.enum(names), z.literal('')], `must be one of ${names.join(', ')}`)
    .transform((name) => (name === '' ? undefined : name))
    .optional()
}

const labelField = z
  .string()
  .max(200)
  .transform((text) => (text === '' ? undefined : text))
  .optional()

export const latencyQuerySchema = z.strictObject({
  window: longWindow,
  by: optionalName(['class', 'stage', 'route', 'scope', 'model']),
  stage: optionalName(stages),
  class: optionalName(classes),
  route: labelField,
  scope: labelField,
  model: labelField,
  points: integerText(1, 500).optional(),
})

export const windowQuerySchema = z.strictObject({ window: longWindow })

export const comparisonQuerySchema = z.strictObject({
  // Minutes are kept for a day.
  window: windowField(dayMs, 'from 1m to 24h'),
  stage: optionalName(stages),
  class: optionalName(classes),
  route: labelField,
})
