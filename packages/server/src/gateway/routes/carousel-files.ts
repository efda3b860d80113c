import { mediaTypeOf } from '@darkroom/picture'
import { z } from 'zod'
import { storedErrorOf } from '../../carousels/carousel-row.ts'
import type { SlideAddress } from '../../carousels/edit-slide.ts'
import { DarkroomError } from '../../errors.ts'
import { parseWith, readQuery } from '../../request/query.ts'
import { defaultProject } from '../picture-origin.ts'
import type { Route, RouteContext } from '../route.ts'
import type { GatewayServices } from '../services.ts'

const noQuery = z.strictObject({})
const one = '/v1/carousels/{id}'

/** The path of one slide. */
export const slidePath: string = `${one}/slides/{n}`

/** Slides as files: one as it is now, or all of them. */
export function carouselFileRoutes(services: GatewayServices): Route[] {
  return [
    {
      method: 'GET',
      path: slidePath,
      summary: 'The picture of one slide, as it is now; the URL in the record is immutable',
      answers: {
        200: { about: 'The slide.', mediaType: 'image/*' },
        304: { about: 'It is the one you have (If-None-Match).' },
        503: { about: 'It is still being made.' },
      },
      handle: (context) => slidePicture(context, services),
    },
    ...archiving(services),
  ]
}

const archives = [
  { kind: 'zip', mediaType: 'application/zip', summary: 'All slides as a ZIP with a manifest' },
  { kind: 'pdf', mediaType: 'application/pdf', summary: 'All slides as a PDF, one a page' },
] as const

function archiving(services: GatewayServices): Route[] {
  return archives.map(({ kind, mediaType, summary }): Route => ({
    method: 'GET',
    path: `${one}.${kind}`,
    summary,
    answers: { 200: { about: 'The file.', mediaType }, 409: { about: 'Slides are still being made.' } },
    handle: async ({ params, url }) => {
      parseWith(noQuery, readQuery(url))
      const id = (params['id'] ?? '').slice(0, -`.${kind}`.length)
      const { body, fileName } = await services.carousels.archive(defaultProject, id, kind)
      return new Response(body, {
        headers: {
          'content-type': mediaType,
          'content-disposition': `attachment; filename="${fileName}"`,
          'cache-control': 'private, no-cache',
        },
      })
    },
  }))
}

/** @throws DarkroomError not_found for what is no number */
export function addressOf({ params, url }: RouteContext): SlideAddress {
  parseWith(noQuery, readQuery(url))
  const number = params['n'] ?? ''
  if (!/^\d{1,4}$/u.test(number)) {
    throw new DarkroomError('not_found', 'There is no such slide; they are numbered from 0.')
  }
  return { project: defaultProject, carouselId: params['id'] ?? '', index: Number(number) }
}

async function slidePicture(context: RouteContext, services: GatewayServices): Promise<Response> {
  const { carouselId, index } = addressOf(context)
  const { record: found } = await services.carousels.read(defaultProject, carouselId)
  const wanted = found.slides[index]
  if (wanted === undefined) {
    throw new DarkroomError('not_found', 'There is no such slide; they are numbered from 0.')
  }
  if (wanted.status === 'queued') {
    throw new DarkroomError('generation_pending', 'This slide is still being made; ask again.', {
      retryAfterS: 1,
    })
  }
  if (wanted.status === 'failed') {
    const { code, message } = wanted.error ?? { code: 'internal', message: '' }
    throw storedErrorOf({ error_code: code, error_message: message }, carouselId)
  }
  if (wanted.id === null || wanted.url === null) {
    throw new DarkroomError('not_found', 'This slide was never made, or it was taken down.')
  }
  const image = await services.images.read(wanted.id)
  const headers = {
    etag: `"${image.object_hash}"`,
    // The same address shows another picture after a change.
    'cache-control': 'private, no-cache',
    'content-location': wanted.url,
  }
  if (context.request.headers.get('if-none-match') === headers.etag) {
    return new Response(null, { status: 304, headers })
  }
  const object = await services.objects.get(image.object_hash)
  if (object === undefined) throw new DarkroomError('not_found', 'This slide was taken down.')
  return new Response(new Uint8Array(object.value), {
    headers: {
      ...headers,
      'content-type': mediaTypeOf(found.format),
      'content-length': String(object.value.byteLength),
    },
  })
}
