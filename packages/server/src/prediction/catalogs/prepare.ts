import type { Kysely } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { DarkroomError } from '../../errors.ts'
import type { ResolvedModel } from '../../request/picture-spec.ts'
import { generationKey } from '../../request/picture-spec.ts'
import { askKeyOf, familyOf } from '../ask-key.ts'
import type { SpeculationRound } from '../speculation.ts'
import type { CatalogRow, Catalogs } from './catalogs.ts'
import type { ItemPicture } from './item-pictures.ts'
import { picturesOf } from './item-pictures.ts'

export interface PrepareParts {
  database: Kysely<Schema>
  catalogs: Catalogs
  resolveModel(alias: string | undefined): ResolvedModel
  domainOf(project: string): string
}

/** What has been prepared, so that a catalogue that has not changed is not read again. */
export type PreparedCatalogs = Map<string, string>

const itemsPerPage = 200

/** Has the pictures made of catalogues that go live soon, those that go live first before the others. */
export async function prepareCatalogs(
  parts: PrepareParts,
  round: SpeculationRound,
  prepared: PreparedCatalogs,
): Promise<void> {
  for (const catalog of await parts.catalogs.toPrepare()) {
    const version = `${catalog.updated_at.getTime()} ${catalog.next_go_live_at?.getTime() ?? ''}`
    if (prepared.get(catalog.id) === version) continue
    if (await prepare(catalog, parts, round)) prepared.set(catalog.id, version)
  }
}

/** @returns whether every picture is there or on its way */
async function prepare(catalog: CatalogRow, parts: PrepareParts, round: SpeculationRound): Promise<boolean> {
  for (let after = ''; ;) {
    if (round.allowance(catalog.project, catalog.scope) < 1) return false
    const items = await parts.catalogs.items(catalog.id, { after, limit: itemsPerPage })
    const last = items.at(-1)
    if (last === undefined) return true
    after = last.item_id
    // With a schedule what is coming is prepared; what is live was prepared for the go-live before.
    const pictures = items.flatMap(({ item_id, staged, live }) => {
      const fields = catalog.next_go_live_at === null ? live : staged
      return fields === null ? [] : readable(catalog, { id: item_id, fields }, parts)
    })
    for (const { picture, item } of await missing(parts.database, pictures)) {
      const made = await round.make(
        {
          project: catalog.project,
          scope: catalog.scope,
          kind: 'catalog',
          key: askKeyOf(picture.spec),
          family: familyOf(picture.spec),
          reason: reasonOf(catalog, item, picture.variation),
          probability: null,
          catalog_id: catalog.id,
        },
        picture.spec,
      )
      if (made === 'full') return false
    }
  }
}

/** An item whose prompt cannot be made any more, since the catalogue was set anew, is left out. */
function readable(
  catalog: CatalogRow,
  item: { id: string; fields: Readonly<Record<string, string>> },
  { resolveModel, domainOf }: PrepareParts,
): { picture: ItemPicture; item: string }[] {
  try {
    const place = {
      scope: catalog.scope,
      domain: domainOf(catalog.project),
      template: catalog.template,
      resolveModel,
    }
    return picturesOf(item, place).map((picture) => ({ picture, item: item.id }))
  } catch (error) {
    if (error instanceof DarkroomError) return []
    throw error
  }
}

async function missing<T extends { picture: ItemPicture }>(
  database: Kysely<Schema>,
  pictures: readonly T[],
): Promise<T[]> {
  const keys = pictures.map(({ picture }) => generationKey(picture.spec))
  if (keys.length === 0) return []
  const rows = await database
    .selectFrom('generations')
    .select('key')
    .where('key', 'in', keys)
    .where('retired_at', 'is', null)
    .execute()
  const there = new Set(rows.map(({ key }) => key))
  return pictures.filter((_, index) => !there.has(keys[index] ?? ''))
}

function reasonOf({ name, next_go_live_at }: CatalogRow, item: string, variation: string): string {
  const when = next_go_live_at === null ? 'is live' : `goes live ${next_go_live_at.toISOString()}`
  return `item ${item} (${variation}) of the catalogue ${name}, which ${when}`
}
