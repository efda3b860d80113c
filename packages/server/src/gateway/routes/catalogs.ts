import { parse as parseCsv } from 'csv-parse/sync'
import { z } from 'zod'
import { mayUseScope, requireScope } from '../../access/rights.ts'
import { DarkroomError } from '../../errors.ts'
import type { CatalogRow } from '../../prediction/catalogs/catalogs.ts'
import { picturesOf } from '../../prediction/catalogs/item-pictures.ts'
import { isTimeZone } from '../../prediction/catalogs/schedule.ts'
import type { CatalogBody, CatalogImport, CatalogItem } from '../../request/catalog-body.ts'
import {
  catalogBodySchema,
  catalogImportSchema,
  isStorable,
  itemsOfRows,
  parseCatalogBody,
  parseCatalogImport,
} from '../../request/catalog-body.ts'
import { integerText, parseWith, readQuery } from '../../request/query.ts'
import { readJsonBody, readTextBody } from '../body.ts'
import { placeOf, publicCatalog, publicItems } from '../catalog-answers.ts'
import { catalogImportResultSchema, catalogItemSchema, catalogSchema } from '../prediction-schemas.ts'
import type { Route, RouteContext } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { json } from './generations.ts'

const collection = '/v1/catalogs'
const byId = `${collection}/{id}`
/** Fifty thousand items of some hundred bytes. */
const maxImportBytes = 16 * 1024 * 1024
const noQuery = z.strictObject({})
const itemsQuery = z.strictObject({
  limit: integerText(1, 200).optional(),
  cursor: z.string().max(200).refine(isStorable, 'must be the nextCursor of the page before').optional(),
})
const importQuery = z.strictObject({ mode: z.enum(['merge', 'replace']).optional() })
const catalog = { mediaType: 'application/json', schema: catalogSchema }

/** `/v1/catalogs`: items × a prompt × variations, with a time at which they go live. */
export function catalogRoutes(services: GatewayServices): Route[] {
  return [
    {
      method: 'GET',
      path: collection,
      right: 'read',
      summary: 'Catalogues, by name',
      query: noQuery,
      answers: { 200: { about: 'items.', mediaType: 'application/json' } },
      handle: async ({ url, caller }) => {
        parseWith(noQuery, readQuery(url))
        await services.catalogs.goLive()
        const rows = await services.catalogs.list(caller.project)
        const shown = rows.filter(({ scope }) => mayUseScope(caller, scope))
        return json(200, { items: await Promise.all(shown.map((row) => publicCatalog(row, services))) })
      },
    },
    {
      method: 'POST',
      path: collection,
      right: 'generate',
      summary: 'Make a catalogue, or set the one of this name anew; items that are named are imported',
      body: { mediaType: 'application/json', schema: catalogBodySchema },
      answers: { 201: { about: 'The catalogue.', ...catalog } },
      handle: (context) => create(context, services),
    },
    {
      method: 'GET',
      path: byId,
      right: 'read',
      summary: 'One catalogue',
      query: noQuery,
      answers: { 200: { about: 'The catalogue.', ...catalog } },
      handle: async (context) => json(200, await publicCatalog(await own(context, services), services)),
    },
    {
      method: 'DELETE',
      path: byId,
      right: 'generate',
      summary: 'Forget a catalogue and its items; pictures stay',
      answers: { 204: { about: 'Done.' } },
      handle: async (context) => {
        const row = await own(context, services)
        await services.catalogs.delete(row.project, row.id)
        return new Response(null, { status: 204 })
      },
    },
    ...itemRoutes(services),
  ]
}

function itemRoutes(services: GatewayServices): Route[] {
  return [
    {
      method: 'GET',
      path: `${byId}/items`,
      right: 'read',
      summary: 'Items with the URLs of their pictures: those that hold, and those of the next go-live',
      query: itemsQuery,
      answers: {
        200: {
          about: 'A page: items, and nextCursor or null.',
          mediaType: 'application/json',
          schema: z.object({ items: z.array(catalogItemSchema), nextCursor: z.string().nullable() }),
        },
      },
      handle: (context) => listItems(context, services),
    },
    {
      method: 'GET',
      path: `${byId}/items/{item}`,
      right: 'read',
      summary: 'One item',
      answers: { 200: { about: 'The item.', mediaType: 'application/json', schema: catalogItemSchema } },
      handle: async (context) => {
        const row = await own(context, services)
        const id = context.params['item'] ?? ''
        if (!isStorable(id)) throw new DarkroomError('not_found', 'There is no such item.')
        const [item] = await services.catalogs.items(row.id, { only: id, after: '', limit: 1 })
        if (item === undefined) throw new DarkroomError('not_found', 'There is no such item.')
        const [shown] = await publicItems(row, [item], services)
        return json(200, shown ?? {})
      },
    },
    {
      method: 'POST',
      path: `${byId}/items`,
      right: 'generate',
      summary: "Import items, as JSON, as CSV, or one by one as a shop's webhook sends them",
      query: importQuery,
      body: {
        mediaType: 'application/json',
        schema: catalogImportSchema,
        about: 'Or text/csv, whose first line names the columns, one of them id.',
      },
      answers: {
        200: {
          about: 'How many wait for the go-live.',
          mediaType: 'application/json',
          schema: catalogImportResultSchema,
        },
      },
      handle: (context) => importItems(context, services),
    },
  ]
}

async function create(context: RouteContext, services: GatewayServices): Promise<Response> {
  const body = parseCatalogBody(await readJsonBody(context.request, maxImportBytes))
  const { caller } = context
  requireScope(caller, body.scope)
  if (body.schedule !== undefined && !isTimeZone(body.schedule.timeZone))
    throw new DarkroomError('invalid_request', 'schedule.timeZone must be a name like Europe/Berlin.', {
      param: 'schedule.timeZone',
    })
  services.models.resolve(body.model)
  const facts = { ...factsOf(body), project: caller.project }
  // Checked before anything is written: a prompt that names what an item lacks makes no picture.
  checkItems(facts, body.items ?? [], services)
  await services.catalogs.goLive()
  const row = await services.catalogs.set(facts)
  if (body.items !== undefined) await services.catalogs.import(row, body.items, 'merge')
  return json(201, await publicCatalog(row, services), { location: `${collection}/${row.id}` })
}

async function importItems(context: RouteContext, services: GatewayServices): Promise<Response> {
  const { mode: modeOfQuery } = parseWith(importQuery, readQuery(context.url))
  const row = await own(context, services)
  const { items, mode } = await readImport(context.request, modeOfQuery)
  checkItems(row, items, services)
  const counts = await services.catalogs.import(row, items, mode)
  return json(200, { ...counts, goesLiveAt: row.next_go_live_at?.toISOString() ?? null })
}

async function readImport(
  request: Request,
  modeOfQuery: 'merge' | 'replace' | undefined,
): Promise<CatalogImport> {
  const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== 'text/csv') {
    const parsed = parseCatalogImport(await readJsonBody(request, maxImportBytes))
    return { ...parsed, mode: modeOfQuery ?? parsed.mode }
  }
  const text = await readTextBody(request, maxImportBytes)
  let rows: Record<string, string>[]
  try {
    rows = parseCsv<Record<string, string>>(text, {
      columns: true,
      bom: true,
      trim: true,
      skip_empty_lines: true,
    })
  } catch (error) {
    throw new DarkroomError(
      'invalid_request',
      `The CSV cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  return { items: itemsOfRows(rows), mode: modeOfQuery ?? 'merge' }
}

async function listItems(context: RouteContext, services: GatewayServices): Promise<Response> {
  const { limit = 50, cursor = '' } = parseWith(itemsQuery, readQuery(context.url))
  const row = await own(context, services)
  const items = await services.catalogs.items(row.id, { after: cursor, limit: limit + 1 })
  const page = items.slice(0, limit)
  const more = items.length > limit
  return json(200, {
    items: await publicItems(row, page, services),
    nextCursor: more ? (page.at(-1)?.item_id ?? null) : null,
  })
}

/** The catalogue as it is now: a go-live that has come is carried out by whoever looks first. */
async function own({ params, caller }: RouteContext, services: GatewayServices): Promise<CatalogRow> {
  await services.catalogs.goLive()
  const id = params['id'] ?? ''
  if (!/^cat_[\w-]{22}$/u.test(id)) throw new DarkroomError('not_found', 'There is no such catalogue.')
  const row = await services.catalogs.read(caller.project, id)
  if (!mayUseScope(caller, row.scope)) throw new DarkroomError('not_found', 'There is no such catalogue.')
  return row
}

function factsOf(body: CatalogBody): Omit<Parameters<GatewayServices['catalogs']['set']>[0], 'project'> {
  const { name, scope, prompt, negative, model, variations, schedule, leadMinutes } = body
  return {
    name,
    scope,
    template: { prompt, negative, model, variations },
    schedule,
    leadS: Math.round(leadMinutes * 60),
  }
}

function checkItems(
  row: Pick<CatalogRow, 'project' | 'scope' | 'template'>,
  items: readonly CatalogItem[],
  services: GatewayServices,
): void {
  for (const item of items) picturesOf(item, placeOf(row, services))
}
