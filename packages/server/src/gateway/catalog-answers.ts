import type { z } from 'zod'
import type { CatalogItemRow, CatalogRow } from '../prediction/catalogs/catalogs.ts'
import type { ItemPlace } from '../prediction/catalogs/item-pictures.ts'
import { picturesOf } from '../prediction/catalogs/item-pictures.ts'
import type { catalogItemSchema, catalogSchema } from './prediction-schemas.ts'
import type { GatewayServices } from './services.ts'

type Item = z.output<typeof catalogItemSchema>

/** Where a catalogue's pictures are made. */
export function placeOf(
  { project, scope, template }: Pick<CatalogRow, 'project' | 'scope' | 'template'>,
  { models, domainOf }: Pick<GatewayServices, 'models' | 'domainOf'>,
): ItemPlace {
  return { scope, template, domain: domainOf(project), resolveModel: (alias) => models.resolve(alias) }
}

/** A catalogue as answers have it. */
export async function publicCatalog(
  row: CatalogRow,
  { catalogs, access }: GatewayServices,
): Promise<z.output<typeof catalogSchema>> {
  const { template } = row
  const { prediction } = await access.scopes.policy(row.project, row.scope)
  return {
    id: row.id,
    name: row.name,
    scope: row.scope,
    prompt: template.prompt,
    negative: template.negative ?? null,
    model: template.model ?? null,
    variations: template.variations.map(({ name, widthPx, heightPx, seed, style, prompt }) => ({
      name,
      size: `${widthPx}x${heightPx}`,
      seed,
      style: style ?? null,
      prompt: prompt ?? null,
    })),
    schedule: row.schedule,
    leadMinutes: row.lead_s / 60,
    nextGoLiveAt: row.next_go_live_at?.toISOString() ?? null,
    lastGoLiveAt: row.last_go_live_at?.toISOString() ?? null,
    madeAhead: prediction !== undefined,
    items: await catalogs.counts(row.id),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}

/** Items with the pictures of what holds and of what will. */
export async function publicItems(
  row: CatalogRow,
  items: readonly CatalogItemRow[],
  services: GatewayServices,
): Promise<Item[]> {
  return await Promise.all(
    items.map(async ({ item_id, live, staged, is_removal, live_at }) => ({
      id: item_id,
      live: live === null ? null : await versionOf(row, item_id, live, services),
      liveAt: live_at?.toISOString() ?? null,
      staged: staged === null ? null : await versionOf(row, item_id, staged, services),
      isRemoval: is_removal,
    })),
  )
}

async function versionOf(
  row: CatalogRow,
  id: string,
  fields: Record<string, string>,
  services: GatewayServices,
): Promise<NonNullable<Item['live']>> {
  const pictures = picturesOf({ id, fields }, placeOf(row, services))
  return {
    fields,
    pictures: await Promise.all(
      pictures.map(async ({ variation, url, spec }) => {
        const found = await services.catalogs.pictureOf(spec)
        return {
          variation,
          url: `${services.publicUrl ?? ''}${url}`,
          status: found?.status ?? ('none' as const),
          ...(found?.status === 'stored' && found.image_id !== null && { imageId: found.image_id }),
        }
      }),
    ),
  }
}
