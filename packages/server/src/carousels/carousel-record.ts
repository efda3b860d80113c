import type { Kysely } from 'kysely'
import type { PageCursor } from '../database/newest-first.ts'
import { decodeCursor, readPage } from '../database/newest-first.ts'
import type { CarouselDesign, GenerationStatus, Schema } from '../database/schema.ts'
import type { CarouselRow, SlideRow } from './carousel-row.ts'
import type { UnitCounts } from './work-counts.ts'
import { addWork, editWork, noUnits, publicWork, sum } from './work-counts.ts'

/** The public record of a carousel (DESIGN 4.1). URLs are paths; the gateway prefixes the public address. */
export interface CarouselRecord {
  id: string
  /** As of a request for many pictures: settled when all slides are, and then `failed` if one of them is. */
  status: GenerationStatus
  base: BaseRecord
  theme: string | null
  /** `1080x1350`. */
  size: string
  format: CarouselDesign['format']
  scope: string
  tags: string[]
  createdAt: string
  slides: SlideRecord[]
  /** Distinct units that this carousel needed. */
  work: Record<string, number>
  /** How they came about. */
  workDetail: Record<string, UnitCounts>
  /** What the last change or retry of slides made necessary, on its own: what was there already is not counted. */
  edit?: EditRecord
  /** Of the base, or the first of the slides that failed. */
  error?: { code: string; message: string }
}

export interface EditRecord {
  slides: number[]
  work: Record<string, number>
  workDetail: Record<string, UnitCounts>
}

/** The base as it was asked for, and the picture that it is. */
export interface BaseRecord {
  url?: string
  prompt?: string
  model?: string
  seed?: number
  /** `1024x1024`, of a prompt. */
  size?: string
  /** The request that generates it. */
  generation?: string
  /** The picture's id; `null` until it is here, and after it was taken down. */
  image: string | null
}

export interface SlideRecord {
  /** From 0; what `/slides/{n}` takes. */
  index: number
  kind: SlideRow['kind']
  title: string
  body: string | null
  label: string | null
  status: SlideRow['status']
  id: string | null
  /** `null` until the slide is stored, and after it was taken down. A changed slide has another one. */
  url: string | null
  width: number
  height: number
  bytes: number | null
  fit: Record<string, unknown> | null
  error?: { code: string; message: string }
}

/** A record with the rows behind it. */
export interface CarouselWithSlides {
  carousel: CarouselRow
  slides: SlideRow[]
  record: CarouselRecord
}

type Reader = Pick<Kysely<Schema>, 'selectFrom'>

/** Reads carousels with their slides, in their order: two queries for any number. */
export async function withSlides(
  database: Reader,
  carousels: readonly CarouselRow[],
): Promise<CarouselWithSlides[]> {
  if (carousels.length === 0) return []
  const ids = carousels.map(({ id }) => id)
  const slides = await database
    .selectFrom('carousel_slides')
    .selectAll()
    .where('carousel_id', 'in', ids)
    .orderBy('index')
    .execute()
  const shown = await readableImages(database, [
    ...slides.flatMap(({ image_id: id }) => (id === null ? [] : [id])),
    ...carousels.flatMap(({ base_image_id: id }) => (id === null ? [] : [id])),
  ])
  const byCarousel = Map.groupBy(slides, ({ carousel_id: id }) => id)
  return carousels.map((carousel) => {
    const own = byCarousel.get(carousel.id) ?? []
    return { carousel, slides: own, record: recordOf(carousel, own, shown) }
  })
}

/** Which of these pictures have not been taken down. */
async function readableImages(database: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const rows = await database
    .selectFrom('images')
    .select('id')
    .where('id', 'in', [...new Set(ids)])
    .where('deleted_at', 'is', null)
    .execute()
  return new Set(rows.map(({ id }) => id))
}

function recordOf(
  carousel: CarouselRow,
  slides: readonly SlideRow[],
  shown: ReadonlySet<string>,
): CarouselRecord {
  const { design, edit } = carousel
  return {
    id: carousel.id,
    status: carousel.status,
    base: baseRecordOf(carousel, shown),
    theme: design.theme ?? null,
    size: `${design.widthPx}x${design.heightPx}`,
    format: design.format,
    scope: carousel.scope,
    tags: carousel.tags,
    createdAt: carousel.created_at.toISOString(),
    slides: slides.map((slide) => slideRecordOf(slide, design, shown)),
    ...publicWork(addWork({}, carousel.work), fetchesOf(carousel)),
    ...(edit === null
      ? {}
      : { edit: { slides: edit.slides, ...editWork(edit.work, fetchesOfEdit(carousel)) } }),
    ...(carousel.error_code === null
      ? {}
      : { error: { code: carousel.error_code, message: carousel.error_message ?? '' } }),
  }
}

function baseRecordOf(carousel: CarouselRow, shown: ReadonlySet<string>): BaseRecord {
  const { url, prompt } = carousel.base
  const id = carousel.base_image_id
  return {
    ...(url === undefined ? {} : { url }),
    ...(prompt === undefined
      ? {}
      : {
          prompt: prompt.prompt,
          model: prompt.model ?? 'default',
          seed: prompt.seed,
          size: `${prompt.widthPx}x${prompt.heightPx}`,
        }),
    ...(carousel.base_request_id === null ? {} : { generation: carousel.base_request_id }),
    image: id !== null && shown.has(id) ? id : null,
  }
}

/** A base or a logo by its URL is one fetch, whoever ran it; what is stored here was never fetched for this. */
function fetchesOf(carousel: CarouselRow): UnitCounts {
  return [carousel.base_how, carousel.logo_how].reduce(
    (counts, how) => (how === null ? counts : sum(counts, { ...noUnits, [how]: 1 })),
    noUnits,
  )
}

function fetchesOfEdit({ edit, base_how: how }: CarouselRow): UnitCounts {
  return edit?.withBase === true && how !== null ? { ...noUnits, [how]: 1 } : noUnits
}

function slideRecordOf(slide: SlideRow, design: CarouselDesign, shown: ReadonlySet<string>): SlideRecord {
  const id = slide.status === 'stored' ? slide.image_id : null
  return {
    index: slide.index,
    kind: slide.kind,
    title: slide.title,
    body: slide.body,
    label: slide.label,
    status: slide.status,
    id,
    url: id !== null && shown.has(id) ? `/images/${id}` : null,
    width: design.widthPx,
    height: design.heightPx,
    bytes: slide.bytes,
    fit: slide.fit,
    ...(slide.status === 'failed'
      ? { error: { code: slide.error_code ?? 'internal', message: slide.error_message ?? '' } }
      : {}),
  }
}

export interface CarouselListQuery {
  project: string
  /** Only carousels of these scopes; `undefined`: of all. */
  scopes: readonly string[] | undefined
  limit: number
  cursor: string | undefined
}

export interface CarouselPage {
  items: CarouselRecord[]
  nextCursor: string | null
}

/** Carousels, newest first, in pages that rows which arrive meanwhile do not shift. */
export async function listCarousels(
  database: Kysely<Schema>,
  query: CarouselListQuery,
): Promise<CarouselPage> {
  let rows = database.selectFrom('carousels').selectAll().where('project', '=', query.project)
  if (query.scopes !== undefined) rows = rows.where('scope', 'in', [...query.scopes])
  const after = query.cursor === undefined ? undefined : decodeCarouselCursor(query.cursor)
  const { rows: page, nextCursor } = await readPage(rows, { limit: query.limit, after })
  const items = await withSlides(database, page)
  return { items: items.map(({ record }) => record), nextCursor }
}

/** The row a cursor names; `undefined` when the text is no cursor of ours. */
export function decodeCarouselCursor(text: string): PageCursor | undefined {
  return decodeCursor(text, 'car_')
}
