import { randomBytes } from 'node:crypto'
import type { Kysely, Selectable, Transaction } from 'kysely'
import { sql } from 'kysely'
import type {
  CatalogItemsTable,
  CatalogsTable,
  StoredSchedule,
  StoredTemplate,
} from '../../database/prediction-schema.ts'
import type { Schema } from '../../database/schema.ts'
import { DarkroomError } from '../../errors.ts'
import type { CatalogItem } from '../../request/catalog-body.ts'
import { currentRow } from '../../generation/arm.ts'
import type { GenerationRow } from '../../generation/generation-row.ts'
import { generationKey } from '../../request/picture-spec.ts'
import type { PictureSpec } from '../../request/picture-spec.ts'
import { nextGoLive, withStart } from './schedule.ts'

export type CatalogRow = Selectable<CatalogsTable>
export type CatalogItemRow = Selectable<CatalogItemsTable>

/** What a catalogue is set to. */
export interface CatalogFacts {
  project: string
  scope: string
  name: string
  template: StoredTemplate
  schedule: StoredSchedule | undefined
  leadS: number
}

/** What an import did. */
export interface ImportCounts {
  /** Wait for the go-live, or went live at once where there is no schedule. */
  changed: number
  unchanged: number
  removed: number
}

/** Catalogues: items that hold now, items that hold from the next go-live on. */
export interface Catalogs {
  /** Makes a catalogue, or sets the one of this name anew; its items stay. */
  set(facts: CatalogFacts): Promise<CatalogRow>
  list(project: string): Promise<CatalogRow[]>
  /** @throws DarkroomError not_found */
  read(project: string, id: string): Promise<CatalogRow>
  delete(project: string, id: string): Promise<void>
  import(catalog: CatalogRow, items: readonly CatalogItem[], mode: 'merge' | 'replace'): Promise<ImportCounts>
  /** After an item's id, in their order. */
  items(catalogId: string, page: { after: string; limit: number; only?: string }): Promise<CatalogItemRow[]>
  /** The current record of a picture. */
  pictureOf(spec: PictureSpec): Promise<GenerationRow | undefined>
  counts(catalogId: string): Promise<{ live: number; staged: number }>
  /** Swaps in what waits for a go-live that has come. */
  goLive(): Promise<void>
  /** Those that have something to make: within their lead time, or without a schedule. */
  toPrepare(): Promise<CatalogRow[]>
}

const rowsPerInsert = 1000

export function createCatalogs({ database, now }: { database: Kysely<Schema>; now: () => number }): Catalogs {
  async function read(project: string, id: string): Promise<CatalogRow> {
    const row = await database
      .selectFrom('catalogs')
      .selectAll()
      .where('project', '=', project)
      .where('id', '=', id)
      .executeTakeFirst()
    if (row === undefined) throw new DarkroomError('not_found', 'There is no such catalogue.')
    return row
  }
  return {
    set: (facts) => setCatalog(database, facts, now()),
    list: (project) =>
      database.selectFrom('catalogs').selectAll().where('project', '=', project).orderBy('name').execute(),
    read,
    delete: async (project, id) => {
      await read(project, id)
      await database.deleteFrom('catalogs').where('id', '=', id).execute()
    },
    import: (catalog, items, mode) => importItems(database, catalog, items, mode, now()),
    pictureOf: async (spec) => {
      const row = await currentRow(database, generationKey(spec))
      return row?.retired_at === null ? row : undefined
    },
    items: (catalogId, { after, limit, only }) =>
      database
        .selectFrom('catalog_items')
        .selectAll()
        .where('catalog_id', '=', catalogId)
        .where('item_id', only === undefined ? '>' : '=', only ?? after)
        .orderBy('item_id')
        .limit(limit)
        .execute(),
    counts: (catalogId) =>
      database
        .selectFrom('catalog_items')
        .select([
          sql<number>`(count(*) filter (where live is not null))::int`.as('live'),
          sql<number>`(count(*) filter (where staged is not null or is_removal))::int`.as('staged'),
        ])
        .where('catalog_id', '=', catalogId)
        .executeTakeFirstOrThrow(),
    goLive: () => goLive(database, now()),
    toPrepare: () =>
      database
        .selectFrom('catalogs')
        .selectAll()
        .where((eb) =>
          eb.or([
            eb('next_go_live_at', 'is', null),
            eb(sql`next_go_live_at - lead_s * interval '1 second'`, '<=', new Date(now())),
          ]),
        )
        .orderBy('next_go_live_at')
        .execute(),
  }
}

async function setCatalog(database: Kysely<Schema>, facts: CatalogFacts, nowMs: number): Promise<CatalogRow> {
  const { project, scope, name, template, leadS } = facts
  const schedule =
    facts.schedule?.rrule === undefined
      ? facts.schedule
      : { ...facts.schedule, rrule: withStart(facts.schedule.rrule, facts.schedule.timeZone, nowMs) }
  const next = schedule === undefined ? undefined : nextGoLive(schedule, nowMs)
  if (schedule !== undefined && next === undefined)
    throw new DarkroomError('invalid_request', 'schedule: it has no time after now.', { param: 'schedule' })
  const values = {
    scope,
    template: JSON.stringify(template),
    schedule: schedule === undefined ? null : JSON.stringify(schedule),
    lead_s: leadS,
    next_go_live_at: next === undefined ? null : new Date(next),
    updated_at: new Date(nowMs),
  }
  return await database
    .insertInto('catalogs')
    .values({
      id: `cat_${randomBytes(16).toString('base64url')}`,
      project,
      name,
      created_at: new Date(nowMs),
      ...values,
    })
    .onConflict((conflict) => conflict.columns(['project', 'name']).doUpdateSet(values))
    .returningAll()
    .executeTakeFirstOrThrow()
}

async function importItems(
  database: Kysely<Schema>,
  catalog: CatalogRow,
  items: readonly CatalogItem[],
  mode: 'merge' | 'replace',
  nowMs: number,
): Promise<ImportCounts> {
  // The last of several items of one id holds, as if they had come one after the other.
  const byId = new Map(items.map((item) => [item.id, item]))
  return await database.transaction().execute(async (transaction) => {
    // Two imports and a go-live come one after the other.
    const current = await transaction
      .selectFrom('catalogs')
      .select('next_go_live_at')
      .where('id', '=', catalog.id)
      .forUpdate()
      .executeTakeFirst()
    if (current === undefined) throw new DarkroomError('not_found', 'There is no such catalogue.')
    const known = await transaction
      .selectFrom('catalog_items')
      .selectAll()
      .where('catalog_id', '=', catalog.id)
      .execute()
    const knownById = new Map(known.map((row) => [row.item_id, row]))
    const changed = [...byId.values()].filter((item) => {
      const row = knownById.get(item.id)
      return row === undefined || row.is_removal || !isSame(row.staged ?? row.live, item.fields)
    })
    await stage(transaction, catalog.id, changed, nowMs)
    const gone = mode === 'merge' ? [] : known.filter((row) => !byId.has(row.item_id) && !row.is_removal)
    if (gone.length > 0)
      await transaction
        .updateTable('catalog_items')
        .set({ is_removal: true, staged: null, staged_at: new Date(nowMs) })
        .where('catalog_id', '=', catalog.id)
        .where(
          'item_id',
          'in',
          gone.map((row) => row.item_id),
        )
        .execute()
    await transaction
      .updateTable('catalogs')
      .set({ updated_at: new Date(nowMs) })
      .where('id', '=', catalog.id)
      .execute()
    // Without a schedule there is nothing to wait for.
    if (current.next_go_live_at === null) await swap(transaction, catalog.id, new Date(nowMs))
    return { changed: changed.length, unchanged: byId.size - changed.length, removed: gone.length }
  })
}

async function stage(
  transaction: Transaction<Schema>,
  catalogId: string,
  items: readonly CatalogItem[],
  nowMs: number,
): Promise<void> {
  for (let from = 0; from < items.length; from += rowsPerInsert) {
    await transaction
      .insertInto('catalog_items')
      .values(
        items.slice(from, from + rowsPerInsert).map(({ id, fields }) => ({
          catalog_id: catalogId,
          item_id: id,
          staged: JSON.stringify(fields),
          staged_at: new Date(nowMs),
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['catalog_id', 'item_id']).doUpdateSet((eb) => ({
          staged: eb.ref('excluded.staged'),
          staged_at: eb.ref('excluded.staged_at'),
          is_removal: false,
        })),
      )
      .execute()
  }
}

async function goLive(database: Kysely<Schema>, nowMs: number): Promise<void> {
  const due = await database
    .selectFrom('catalogs')
    .select('id')
    .where('next_go_live_at', '<=', new Date(nowMs))
    .execute()
  for (const { id } of due)
    await database.transaction().execute(async (transaction) => {
      const row = await transaction
        .selectFrom('catalogs')
        .selectAll()
        .where('id', '=', id)
        .where('next_go_live_at', '<=', new Date(nowMs))
        .forUpdate()
        .executeTakeFirst()
      // Another process was faster.
      if (row === undefined || row.next_go_live_at === null) return
      await swap(transaction, id, row.next_go_live_at)
      const next = row.schedule === null ? undefined : nextGoLive(row.schedule, nowMs)
      await transaction
        .updateTable('catalogs')
        .set({
          last_go_live_at: row.next_go_live_at,
          next_go_live_at: next === undefined ? null : new Date(next),
        })
        .where('id', '=', id)
        .execute()
    })
}

async function swap(transaction: Transaction<Schema>, catalogId: string, at: Date): Promise<void> {
  await transaction
    .deleteFrom('catalog_items')
    .where('catalog_id', '=', catalogId)
    .where('is_removal', '=', true)
    .execute()
  await sql`
    update catalog_items set live = staged, staged = null, staged_at = null, live_at = ${at}
    where catalog_id = ${catalogId} and staged is not null
  `.execute(transaction)
}

function isSame(a: Readonly<Record<string, string>> | null, b: Readonly<Record<string, string>>): boolean {
  if (a === null || Object.keys(a).length !== Object.keys(b).length) return false
  return Object.entries(b).every(([name, value]) => a[name] === value)
}
