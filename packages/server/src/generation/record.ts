import type { Kysely, Selectable } from 'kysely'
import type { PageCursor } from '../database/newest-first.ts'
import { decodeCursor, readPage } from '../database/newest-first.ts'
import type { GenerationStatus, RequestsTable, Schema } from '../database/schema.ts'
import type { GenerationRow } from './generation-row.ts'
import { isSettled, isStored } from './generation-row.ts'

/** The public record of one request (DESIGN 4.1). URLs are paths; the gateway prefixes the public address. */
export interface GenerationRecord {
  id: string
  status: GenerationStatus
  prompt: string
  model: string
  scope: string
  tags: string[]
  createdAt: string
  images: ImageRecord[]
  /** The first failure among its pictures. */
  error?: { code: string; message: string }
}

export interface ImageRecord {
  id: string | null
  key: string
  /** `null` until the picture is stored, and after it was taken down. */
  url: string | null
  width: number
  height: number
  seed: number
  status: GenerationStatus
  warnings: string[]
  /** What making it cost in US dollars, where that is known; whoever asked for it first paid. */
  costUsd?: number
  /** For how many seconds an accelerator was this picture's alone, where the model server lets us know. */
  gpuSeconds?: number
}

/** A record with the rows behind it, for those that wait for them or listen to them. */
export interface RequestWithGenerations {
  request: Selectable<RequestsTable>
  record: GenerationRecord
  generations: GenerationRow[]
}

/** One status for n pictures: settled when all are, and then the worst of them. */
export function statusOf(generations: readonly GenerationRow[]): GenerationStatus {
  const statuses = generations.map((row) => row.status)
  if (!statuses.every(isSettled)) return statuses.some((status) => status !== 'queued') ? 'running' : 'queued'
  if (statuses.includes('failed')) return 'failed'
  return statuses.includes('cancelled') ? 'cancelled' : 'stored'
}

/** A request as its generations stand. */
export function withRecord(
  request: Selectable<RequestsTable>,
  generations: GenerationRow[],
): RequestWithGenerations {
  return { request, record: recordOf(request, generations), generations }
}

function recordOf(
  request: Selectable<RequestsTable>,
  generations: readonly GenerationRow[],
): GenerationRecord {
  const failed = generations.find((row) => row.status === 'failed')
  const status = statusOf(generations)
  return {
    id: request.id,
    // A cancelled request may share a generation that others still want: its own status is what it was told.
    status: request.cancelled_at !== null && status !== 'stored' ? 'cancelled' : status,
    prompt: request.prompt,
    model: request.model,
    scope: request.scope,
    tags: request.tags,
    createdAt: request.created_at.toISOString(),
    images: generations.map(imageRecordOf),
    ...(failed === undefined
      ? {}
      : { error: { code: failed.error_code ?? 'backend_failed', message: failed.error_message ?? '' } }),
  }
}

function imageRecordOf(row: GenerationRow): ImageRecord {
  const shown = isStored(row) && row.taken_down_at === null
  return {
    id: row.image_id,
    key: row.key,
    url: shown ? `/images/${row.image_id}` : null,
    width: row.width_px,
    height: row.height_px,
    seed: Number(row.seed),
    status: row.status,
    warnings: row.warnings,
    ...(row.cost_usd === null ? {} : { costUsd: row.cost_usd }),
    ...(row.gpu_seconds === null ? {} : { gpuSeconds: row.gpu_seconds }),
  }
}

/** Reads requests with their generations, each request's pictures in order: two queries for any number. */
export async function withGenerations(
  database: Pick<Kysely<Schema>, 'selectFrom'>,
  requests: readonly Selectable<RequestsTable>[],
): Promise<RequestWithGenerations[]> {
  if (requests.length === 0) return []
  const rows = await database
    .selectFrom('request_images')
    .innerJoin('generations', 'generations.id', 'request_images.generation_id')
    .selectAll('generations')
    .select(['request_images.request_id', 'request_images.index'])
    .where(
      'request_images.request_id',
      'in',
      requests.map((request) => request.id),
    )
    .orderBy('request_images.index')
    .execute()
  const byRequest = Map.groupBy(rows, (row) => row.request_id)
  return requests.map((request) => {
    const generations = byRequest.get(request.id) ?? []
    return withRecord(request, generations)
  })
}

export interface ListQuery {
  project: string
  /** Only requests of these scopes; `undefined`: of all. */
  scopes: readonly string[] | undefined
  limit: number
  cursor: string | undefined
  /** Text that the prompt contains, in any case. */
  search: string | undefined
}

export interface RecordPage {
  items: GenerationRecord[]
  nextCursor: string | null
}

/**
 * Requests, newest first. The cursor names the last row of the page before, so that rows which arrive meanwhile
 * shift nothing.
 */
export async function listRecords(database: Kysely<Schema>, query: ListQuery): Promise<RecordPage> {
  let rows = database.selectFrom('requests').selectAll().where('project', '=', query.project)
  if (query.scopes !== undefined) rows = rows.where('scope', 'in', [...query.scopes])
  if (query.search !== undefined && query.search !== '') {
    const pattern = `%${query.search.replaceAll(/[\\%_]/gu, String.raw`\$&`)}%`
    rows = rows.where('prompt', 'ilike', pattern)
  }
  const after = query.cursor === undefined ? undefined : decodeRequestCursor(query.cursor)
  const { rows: page, nextCursor } = await readPage(rows, { limit: query.limit, after })
  const items = await withGenerations(database, page)
  return { items: items.map(({ record }) => record), nextCursor }
}

/** The row a cursor names; `undefined` when the text is no cursor of ours. */
export function decodeRequestCursor(text: string): PageCursor | undefined {
  return decodeCursor(text, 'req_')
}
