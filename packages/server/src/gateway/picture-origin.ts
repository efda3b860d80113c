import type { Origin } from '@darkroom/edge'
import { cacheHeaders } from '@darkroom/edge'
import { mediaTypeOf, pictureFormats, resolveVariant } from '@darkroom/picture'
import { defaultProject } from '../access/rights.ts'
import { DarkroomError } from '../errors.ts'
import type { StoredTimings } from '../generation/generation-row.ts'
import type { Ensured, Generations } from '../generation/generations.ts'
import type { Images } from '../generation/images.ts'
import type { ImageAsk } from '../request/image-query.ts'
import { parseImageUrl } from '../request/image-query.ts'
import type { LiveAsk } from '../request/live-query.ts'
import { parseLiveUrl } from '../request/live-query.ts'
import type { PictureSpec } from '../request/picture-spec.ts'
import type { Variant, Variants } from '../storage/variants.ts'
import type { CacheClass } from '../latency/labels.ts'
import { scopeLabel } from '../latency/labels.ts'
import type { Recorder } from '../latency/recorder.ts'
import type { StageTimings } from '../latency/stage-timings.ts'
import type { Models } from './models.ts'
import { pictureTags } from './picture-tags.ts'
import { darkroomErrorOf, errorResponse } from './problem.ts'

export interface PictureOriginOptions {
  generations: Generations
  images: Images
  variants: Variants
  models: Models
  liveWaitMs: number
  /** The sharing domain of a project. */
  domainOf: (project: string) => string
  recorder: Recorder
}

/** An hour at the edge, then stale for a day while one refresh runs behind, and for a week when we are down. */
const edgeFreshness = { freshS: 3600, staleWhileRevalidateS: 86_400, staleIfErrorS: 604_800 }
const yearS = 31_536_000

/**
 * What stands behind the edge: canonical picture URLs in, whole pictures out. It knows nothing of clients; the
 * edge answers their conditions and ranges.
 */
export function createPictureOrigin(options: PictureOriginOptions): Origin {
  // The edge keeps pictures apart by project, and hands the project on as its domain.
  return async (request, { addTags, domain: project }) => {
    const url = new URL(request.url)
    // Purges name URLs by it, here and at CDNs: those have a copy for each way to write a URL.
    const urlTag = pictureTags.url(url.pathname + url.search)
    addTags([urlTag])
    try {
      const [, room, name] = url.pathname.split('/')
      if (room === 'live' && name !== undefined) {
        return await livePicture(request, url, { project, scope: name, urlTag }, options)
      }
      if (room === 'images' && name !== undefined)
        return await storedPicture(request, url, { project, name }, options)
      throw new DarkroomError('not_found', 'There is nothing here.')
    } catch (error) {
      // The edge shares an error answer with those that already wait for it; an exception would reach them as 502.
      const known = darkroomErrorOf(error)
      if (known.code === 'internal') throw error
      const response = errorResponse(known, '')
      // Without `no-store` here (readers get it later), or each of those who wait would have to ask alone.
      response.headers.delete('cache-control')
      return response
    }
  }
}

/** The picture of a prompt, as the model table reads it today. */
export function specOfLive(ask: LiveAsk, domain: string, models: Models): PictureSpec {
  return {
    domain,
    model: models.resolve(ask.model),
    prompt: ask.prompt,
    negative: ask.negative,
    style: ask.style,
    widthPx: ask.widthPx,
    heightPx: ask.heightPx,
    seed: ask.seed,
  }
}

async function livePicture(
  request: Request,
  url: URL,
  place: Place & { urlTag: string },
  options: PictureOriginOptions,
): Promise<Response> {
  const ask = parseLiveUrl(url)
  const spec = specOfLive(ask, options.domainOf(place.project), options.models)
  const { recorder } = options
  const startedMs = recorder.now()
  const stages = recorder.stages()
  const own = recorder.stages()
  const { generation: row, waited } = await stages.measure('generation', () =>
    findOrMake(request, ask, place, spec, options),
  )
  const isAhead = !waited && row.priority === 'speculative'
  // Work of long ago is not this answer's time.
  if (waited) {
    addWorkerStages(stages, row.timings)
    own.add('told', Math.max(0, Date.now() - (row.settled_at?.getTime() ?? Date.now())))
  }
  const variant = await own.measure('encode', () =>
    deliver(
      options.variants,
      row.object_hash,
      { widthPx: row.width_px, heightPx: row.height_px, format: row.format },
      {
        format: ask.delivery.format,
        q: ask.delivery.quality,
      },
      spec.domain,
    ),
  )
  for (const [at, stage] of own.names.entries()) stages.add(stage, own.valuesMs[at] ?? 0)
  if (isAhead) stages.add('ahead', 0)
  const cacheClass: CacheClass = isAhead ? 'pre-generated' : 'miss'
  const scope = scopeLabel(place.project, place.scope)
  recorder.record({ route: '/live/{scope}', cacheClass, scope, model: spec.model.alias }, own, undefined)
  stages.add('origin', recorder.now() - startedMs)
  return pictureResponse(request, variant, stages, {
    imageId: row.image_id,
    seed: Number(row.seed),
    tags: [pictureTags.scope(place.scope), pictureTags.model(spec.model.alias), row.image_id, place.urlTag],
    cache: { ...edgeFreshness, browserS: 60 },
  })
}

async function findOrMake(
  request: Request,
  ask: LiveAsk,
  place: Place,
  spec: PictureSpec,
  options: PictureOriginOptions,
): Promise<Ensured> {
  const { generations, liveWaitMs } = options
  if (request.method === 'HEAD') {
    const found = await generations.find(spec)
    if (found !== undefined) return { generation: found, waited: false }
    throw new DarkroomError('not_generated', 'This picture is not made yet, and HEAD makes none: use GET.')
  }
  const signal = AbortSignal.timeout(liveWaitMs)
  try {
    const traceparent = request.headers.get('traceparent') ?? undefined
    return await generations.ensure(liveRequest(ask, place, traceparent), spec, signal)
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
    throw new DarkroomError(
      'generation_pending',
      'The picture is still being made; ask for the same URL again.',
      {
        retryAfterS: 5,
      },
    )
  }
}

/** Where a prompt URL belongs. */
export interface Place {
  project: string
  scope: string
}

/** The request that a prompt URL stands for. */
export function liveRequest(
  ask: LiveAsk,
  place: Place,
  traceparent: string | undefined,
): Parameters<Generations['ensure']>[0] {
  return {
    project: place.project,
    scope: place.scope,
    source: 'live',
    prompt: ask.prompt,
    model: ask.model ?? 'default',
    tags: [],
    priority: 'demand',
    traceparent,
  }
}

async function storedPicture(
  request: Request,
  url: URL,
  { project, name }: { project: string; name: string },
  options: PictureOriginOptions,
): Promise<Response> {
  const ask = parseImageUrl(url, name)
  const { recorder } = options
  const startedMs = recorder.now()
  const stages = recorder.stages()
  const image = await stages.measure('database', () => options.images.read(ask.id))
  const variant = await stages.measure('encode', () =>
    deliver(
      options.variants,
      image.object_hash,
      { widthPx: image.width_px, heightPx: image.height_px, format: image.format },
      ask,
      project,
    ),
  )
  const labels = { route: '/images/{id}', cacheClass: 'miss', scope: '', model: '' } as const
  recorder.record(labels, stages, undefined)
  stages.add('origin', recorder.now() - startedMs)
  return pictureResponse(request, variant, stages, {
    imageId: image.id,
    seed: image.seed,
    tags: [image.id],
    cache: { ...edgeFreshness, freshS: yearS, browserS: yearS, immutable: true },
  })
}

/** The stored bytes, or the variant of them that was asked for. */
export async function deliver(
  variants: Variants,
  objectHash: string,
  source: { widthPx: number; heightPx: number; format: string },
  asked: Partial<Pick<ImageAsk, 'w' | 'h' | 'fit' | 'format' | 'q'>>,
  domain: string,
): Promise<Variant> {
  const format = pictureFormats.find((known) => known === source.format)
  // Uploads may be GIF or TIFF, which are kept as they came and delivered as PNG: nothing is lost in it.
  const spec = resolveVariant({ ...source, format: format ?? 'png' }, definedOnly(asked))
  return await variants.get(objectHash, spec, format === undefined ? undefined : { ...source, format }, {
    domain: variantDomain(domain),
  })
}

/** Variants of the default project have no mark: they were there before there were others. */
export function variantDomain(domain: string): string | undefined {
  return domain === defaultProject ? undefined : domain
}

function definedOnly<T extends object>(fields: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>
  }
}

function addWorkerStages(stages: StageTimings, timings: StoredTimings): void {
  for (const [stage, durationMs] of [
    ['queue', timings.queueMs],
    ['warm', timings.loadMs],
    ['generate', timings.generateMs],
    ['store', timings.storeMs],
  ] as const) {
    if (durationMs !== undefined) stages.add(stage, durationMs)
  }
}

interface PictureFacts {
  imageId: string
  seed: number | undefined
  tags: readonly string[]
  cache: Parameters<typeof cacheHeaders>[0]
}

function pictureResponse(
  request: Request,
  variant: Variant,
  stages: StageTimings,
  facts: PictureFacts,
): Response {
  const headers = new Headers({
    ...cacheHeaders({ ...facts.cache, tags: [...facts.tags] }),
    etag: `"${variant.hash}"`,
    'x-image-id': facts.imageId,
    'server-timing': stages.header(),
  })
  if (facts.seed !== undefined) headers.set('x-image-seed', String(facts.seed))
  // A revalidating edge knows the picture: 304 spares it the bytes (RFC 9110 §13.1.2).
  if (request.headers.get('if-none-match') === `"${variant.hash}"`)
    return new Response(null, { status: 304, headers })
  headers.set('content-type', mediaTypeOf(variant.format))
  headers.set('content-length', String(variant.bytes.byteLength))
  const body = request.method === 'HEAD' ? null : new Uint8Array(variant.bytes)
  return new Response(body, { status: 200, headers })
}
