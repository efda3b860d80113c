import { z } from 'zod'
import {
  modelField,
  negativeField,
  promptField,
  scopeField,
  seedField,
  sideField,
  styleField,
  textLimits,
} from './fields.ts'
import { parseWith } from './query.ts'
import { resolveSize } from './size.ts'

/** One variation, normalised. */
export interface CatalogVariation {
  name: string
  widthPx: number
  heightPx: number
  seed: number
  style: string | undefined
  prompt: string | undefined
}

/** What `POST /v1/catalogs` sets: the whole catalogue but its items. */
export interface CatalogBody {
  name: string
  scope: string
  prompt: string
  negative: string | undefined
  model: string | undefined
  variations: CatalogVariation[]
  schedule: { cron?: string | undefined; rrule?: string | undefined; timeZone: string } | undefined
  leadMinutes: number
  items: CatalogItem[] | undefined
}

/** An item: its id, and the fields that prompts name. */
export interface CatalogItem {
  id: string
  fields: Record<string, string>
}

export interface CatalogImport {
  /** `replace`: items that are not among these leave. */
  mode: 'merge' | 'replace'
  items: CatalogItem[]
}

export const maxCatalogItems = 50_000
const maxVariations = 20
const itemId = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200)
  .refine(isStorable, 'must be text without a NUL character')
const fieldValue = z.union([
  z.string().max(textLimits.promptChars).refine(isStorable),
  z.number(),
  z.boolean(),
])

/** What PostgreSQL's text and JSON can hold. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed()
}

/** An item as people write it: fields beside the id, or in `fields`. */
const itemInput = z
  .looseObject({ id: z.union([itemId, z.number()]) })
  .refine((item) => Object.keys(item).length <= 101, 'must have at most 100 fields')
const itemsField = z.array(itemInput).max(maxCatalogItems)

const variation = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,63}$/u, 'must be 1 to 63 letters, digits, dots, _ and -'),
  size: z.string().optional().meta({ example: '1024x768' }),
  ar: z.string().optional(),
  w: sideField.optional(),
  h: sideField.optional(),
  seed: seedField.optional(),
  style: styleField.optional(),
  prompt: promptField.optional().meta({ description: "Instead of the catalogue's: another language." }),
})

const schedule = z
  .strictObject({
    cron: z.string().min(1).max(200).optional().meta({ example: '0 6 * * 1' }),
    rrule: z
      .string()
      .min(1)
      .max(2000)
      .optional()
      .meta({ example: 'FREQ=WEEKLY;BYDAY=MO;BYHOUR=6;BYMINUTE=0' }),
    timeZone: z.string().max(64).optional().meta({ example: 'Europe/Berlin' }),
  })
  .refine(
    ({ cron, rrule }) => (cron === undefined) !== (rrule === undefined),
    'must have either cron or rrule',
  )

/** The body of `POST /v1/catalogs`. */
export const catalogBodySchema: z.ZodType<CatalogInput> = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(100)
    .refine(isStorable, 'must be text without a NUL character'),
  scope: scopeField.optional(),
  prompt: promptField.meta({ description: 'With fields of the items: A photo of {{name}} in {{colour}}' }),
  negative: negativeField.optional(),
  model: modelField.optional(),
  variations: z.array(variation).min(1).max(maxVariations).optional(),
  schedule: schedule
    .nullable()
    .optional()
    .meta({ description: 'When what was imported goes live; without one at once.' }),
  leadMinutes: z
    .number()
    .min(0)
    .max(60 * 24 * 31)
    .optional()
    .meta({ description: 'How long before a go-live pictures are begun. Default 60.' }),
  items: itemsField.optional(),
})

interface CatalogInput {
  name: string
  scope?: string | undefined
  prompt: string
  negative?: string | undefined
  model?: string | undefined
  variations?: z.output<typeof variation>[] | undefined
  schedule?: z.output<typeof schedule> | null | undefined
  leadMinutes?: number | undefined
  items?: z.output<typeof itemInput>[] | undefined
}

const importObject = z.strictObject({ mode: z.enum(['merge', 'replace']).optional(), items: itemsField })

/** The body of `POST /v1/catalogs/{id}/items`: an object, a list, or one item as a shop's webhook sends it. */
export const catalogImportSchema: z.ZodType<CatalogImportInput> = z.union([
  importObject,
  itemsField,
  itemInput,
])
type CatalogImportInput =
  | z.output<typeof importObject>
  | z.output<typeof itemsField>
  | z.output<typeof itemInput>

/** @throws DarkroomError invalid_request, unknown_parameter */
export function parseCatalogBody(body: unknown): CatalogBody {
  const parsed = parseWith(catalogBodySchema, body)
  const variations = parsed.variations ?? [{ name: 'default' }]
  return {
    name: parsed.name,
    scope: parsed.scope ?? 'default',
    prompt: parsed.prompt,
    negative: parsed.negative === '' ? undefined : parsed.negative,
    model: parsed.model,
    variations: variations.map((each) => ({
      ...resolveSize(each),
      name: each.name,
      seed: each.seed ?? 0,
      style: each.style === '' ? undefined : each.style,
      prompt: each.prompt,
    })),
    schedule:
      parsed.schedule === null || parsed.schedule === undefined
        ? undefined
        : { ...parsed.schedule, timeZone: parsed.schedule.timeZone ?? 'UTC' },
    leadMinutes: parsed.leadMinutes ?? 60,
    items: parsed.items?.map(itemOf),
  }
}

/** @throws DarkroomError invalid_request, unknown_parameter */
export function parseCatalogImport(body: unknown): CatalogImport {
  // Each shape by its own schema: what a union says of a fault names every shape at once.
  if (Array.isArray(body)) return { mode: 'merge', items: parseWith(itemsField, body).map(itemOf) }
  if (typeof body === 'object' && body !== null && !('items' in body) && 'id' in body)
    return { mode: 'merge', items: [itemOf(parseWith(itemInput, body))] }
  const { mode = 'merge', items } = parseWith(importObject, body)
  return { mode, items: items.map(itemOf) }
}

/** Rows of a CSV, the first of which named the columns. @throws DarkroomError invalid_request */
export function itemsOfRows(rows: readonly Record<string, string>[]): CatalogItem[] {
  return parseWith(itemsField, rows).map(itemOf)
}

function itemOf(input: z.output<typeof itemInput>): CatalogItem {
  const { id, fields, ...beside } = input
  const all =
    typeof fields === 'object' && fields !== null
      ? { ...beside, ...fields }
      : { ...beside, ...(fields !== undefined && { fields }) }
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(all)) {
    const text = fieldValue.safeParse(value)
    // Lists and objects are no text of a prompt; a prompt that names one says that the field is missing.
    if (text.success && isStorable(name)) texts[name] = String(text.data)
  }
  return { id: String(id), fields: texts }
}
