import type { PictureFormat } from '@darkroom/picture'
import { formatOfMediaType, makeVariant, resolveVariant } from '@darkroom/picture'
import { z } from 'zod'
import { DarkroomError } from '../../errors.ts'
import type { GenerationRow, StoredGeneration } from '../../generation/generation-row.ts'
import { errorOf, isStored } from '../../generation/generation-row.ts'
import type { RequestWithGenerations } from '../../generation/record.ts'
import type { OpenAIImageAsk } from '../../request/openai-body.ts'
import {
  openAIImageBodySchema,
  parseOpenAIEditBody,
  parseOpenAIImageBody,
  parseOpenAIVariationBody,
} from '../../request/openai-body.ts'
import { maxWaitS } from '../../request/prefer.ts'
import { classOfPictures } from '../cache-class.ts'
import { readJsonBody } from '../body.ts'
import { readOpenAIEditForm } from '../edit-form.ts'
import { requestEvents, streamOf } from '../event-stream.ts'
import { variantDomain } from '../picture-origin.ts'
import { darkroomErrorOf } from '../problem.ts'
import type { Route, RouteContext } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { publicUrlOf } from '../services.ts'
import { requestAskOf } from '../request-ask.ts'
import { json, settledWithin } from './generations.ts'

const imagesResponseSchema = z.object({
  created: z.int(),
  data: z.array(z.object({ url: z.string().optional(), b64_json: z.string().optional() })),
})

/** OpenAI's events, and which picture each is of: theirs do not say, and with `n` above 1 nobody could tell. */
const imageEventSchema = z.looseObject({
  type: z.string().meta({ example: 'image_generation.completed' }),
  image_index: z.int().meta({ description: 'Which picture of the request, from 0; not in OpenAI’s schema.' }),
  image_id: z.string().meta({ description: 'Its id at this server; not in OpenAI’s schema.' }),
  b64_json: z.string(),
  partial_image_index: z.int().optional(),
})

const images = {
  about: 'The images; with stream, events.',
  mediaType: 'application/json',
  schema: imagesResponseSchema,
  events: imageEventSchema,
}

/** The OpenAI wire: its official client works unchanged. */
export function openAIRoutes(services: GatewayServices): Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/images/generations',
      right: 'generate',
      wire: 'openai',
      summary: "Create images (OpenAI's Images API, streaming included)",
      body: { mediaType: 'application/json', schema: openAIImageBodySchema },
      answers: { 200: images },
      handle: async (context) =>
        createImages(
          parseOpenAIImageBody(await readJsonBody(context.request)),
          'image_generation',
          context,
          services,
        ),
    },
    {
      method: 'POST',
      path: '/v1/images/edits',
      right: 'generate',
      wire: 'openai',
      summary: "Change images (OpenAI's Images API, streaming included)",
      body: {
        mediaType: 'multipart/form-data',
        about: 'image (one or image[] up to 17), mask, prompt and the fields of generations.',
      },
      answers: {
        200: images,
        422: { about: 'The model cannot do this; the message names those that can.' },
      },
      handle: async (context) => {
        const { body, files } = await readOpenAIEditForm(context.request, services)
        return await createImages(parseOpenAIEditBody(body, files), 'image_edit', context, services)
      },
    },
    {
      method: 'POST',
      path: '/v1/images/variations',
      right: 'generate',
      wire: 'openai',
      summary: "Vary an image without a prompt (OpenAI's Images API)",
      body: {
        mediaType: 'multipart/form-data',
        about: 'image (one), model, n, size, response_format and user; seed and scope besides.',
      },
      answers: {
        200: { about: 'The images.', mediaType: 'application/json', schema: imagesResponseSchema },
        422: { about: 'The model cannot do this; the message names those that can.' },
      },
      handle: async (context) => {
        const { body, files } = await readOpenAIEditForm(context.request, services)
        if ((files.references ?? []).length > 0 || files.mask !== undefined) {
          const message = 'image: a variation has one picture and no mask; send others to /v1/images/edits.'
          throw new DarkroomError('invalid_request', message, { param: files.mask ? 'mask' : 'image' })
        }
        return await createImages(parseOpenAIVariationBody(body, files), 'image_edit', context, services)
      },
    },
  ]
}

/** What the events of a stream are called. */
type EventFamily = 'image_generation' | 'image_edit'

async function createImages(
  ask: OpenAIImageAsk,
  family: EventFamily,
  context: RouteContext,
  services: GatewayServices,
): Promise<Response> {
  Object.assign(context.about, { scope: ask.scope, model: ask.model ?? 'default' })
  const accepted = await services.generations.accept({
    ...(await requestAskOf(ask, context, services, 'openai')),
    traceparent: context.traceparent,
  })
  if (accepted.kind === 'replayed') throw new Error('the OpenAI wire has no idempotency key')
  const headers: Record<string, string> = { 'x-generation-id': accepted.request.record.id }
  if (ask.ignored.length > 0) headers['x-ignored-parameters'] = ask.ignored.join(', ')
  if (ask.stream) {
    const response = streamOf(context.request.signal, (signal) =>
      imageEvents(services, accepted.request, ask, family, signal),
    )
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
    return response
  }
  const current = await settledWithin(services, accepted.request, maxWaitS * 1000, context.request.signal)
  if (current === undefined) {
    throw new DarkroomError(
      'generation_pending',
      'The images are still being made; send the same request again.',
      {
        retryAfterS: 5,
      },
    )
  }
  context.about.cacheClass = classOfPictures(accepted.request.generations, accepted.started)
  const data = []
  for (const row of current.generations) data.push(await imageObject(row, ask, context, services))
  return json(200, { created: Math.floor(services.now() / 1000), data, output_format: ask.format }, headers)
}

/** All or nothing, as the wire has no place for a picture that failed. */
async function imageObject(
  row: GenerationRow,
  ask: OpenAIImageAsk,
  context: RouteContext,
  services: GatewayServices,
): Promise<{ url?: string; b64_json?: string }> {
  if (!isStored(row)) throw errorOf(row, services.now())
  return {
    ...(ask.responseFormat === 'b64_json' ? {} : { url: imageUrl(row, ask, context, services) }),
    ...(ask.responseFormat === 'url' ? {} : { b64_json: await base64Of(row, ask, services) }),
  }
}

/** The wire's URLs are absolute: without a public address they name the host that the client used. */
function imageUrl(
  row: StoredGeneration,
  ask: OpenAIImageAsk,
  context: RouteContext,
  services: GatewayServices,
): string {
  const quality = ask.quality === undefined ? '' : `?q=${ask.quality}`
  const extension = ask.format === 'jpeg' ? 'jpg' : ask.format
  const path = publicUrlOf(services, `/images/${row.image_id}.${extension}${quality}`)
  return new URL(path, context.url.origin).href
}

async function base64Of(
  row: StoredGeneration,
  ask: OpenAIImageAsk,
  services: GatewayServices,
): Promise<string> {
  const spec = resolveVariant(
    { widthPx: row.width_px, heightPx: row.height_px, format: row.format as PictureFormat },
    { format: ask.format, ...(ask.quality === undefined ? {} : { q: ask.quality }) },
  )
  const variant = await services.variants.get(row.object_hash, spec, sourceOf(row), {
    domain: variantDomain(row.domain),
  })
  return Buffer.from(variant.bytes).toString('base64')
}

function sourceOf(row: StoredGeneration): { widthPx: number; heightPx: number; format: PictureFormat } {
  return { widthPx: row.width_px, heightPx: row.height_px, format: row.format as PictureFormat }
}

/** The wire's stream: partial images as previews come, then one completed event a picture. */
async function* imageEvents(
  services: GatewayServices,
  request: RequestWithGenerations,
  ask: OpenAIImageAsk,
  family: EventFamily,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const partials = request.generations.map(() => 0)
  try {
    for await (const item of requestEvents(services, request, [], signal)) {
      if (item === 'quiet') {
        yield ': still here\n\n'
        continue
      }
      const { event, index } = item
      const sent = partials[index] ?? 0
      if (event.type === 'preview' && sent < ask.partialImages) {
        partials[index] = sent + 1
        yield sse(`${family}.partial_image`, {
          ...commonFields(services, ask),
          ...pictureFields(request, index),
          b64_json: await previewAs(ask.format, event.data),
          partial_image_index: sent,
        })
      }
    }
    const { generations } = await services.generations.read(request.request.project, request.record.id)
    for (const [index, row] of generations.entries()) {
      if (!isStored(row)) throw errorOf(row, services.now())
      yield sse(`${family}.completed`, {
        ...commonFields(services, ask),
        ...pictureFields(request, index),
        b64_json: await base64Of(row, ask, services),
        // Nothing is metered in tokens here.
        usage: {
          total_tokens: 0,
          input_tokens: 0,
          output_tokens: 0,
          input_tokens_details: { text_tokens: 0, image_tokens: 0 },
        },
      })
    }
  } catch (error) {
    if (signal.aborted) return
    const { code, message, facts } = darkroomErrorOf(error)
    yield sse('error', { error: { message, type: 'server_error', param: facts.param ?? null, code } })
  }
}

function commonFields(services: GatewayServices, ask: OpenAIImageAsk): Record<string, unknown> {
  return {
    created_at: Math.floor(services.now() / 1000),
    size: `${ask.widthPx}x${ask.heightPx}`,
    quality: 'auto',
    background: 'opaque',
    output_format: ask.format,
  }
}

function pictureFields({ record }: RequestWithGenerations, index: number): Record<string, unknown> {
  return { image_index: index, image_id: record.images[index]?.id ?? null }
}

/** Previews come in whatever the backend sends; the wire promises the output format. */
async function previewAs(format: PictureFormat, data: Record<string, unknown>): Promise<string> {
  const base64 = String(data['b64'])
  if (formatOfMediaType(String(data['mediaType'])) === format) return base64
  const bytes = Buffer.from(base64, 'base64')
  const preview = await makeVariant(bytes, { fit: 'inside', format, quality: 80 })
  return Buffer.from(preview.bytes).toString('base64')
}

function sse(type: string, data: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
}
