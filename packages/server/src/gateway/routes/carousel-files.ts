import { mediaTypeOf } from '@darkroom/picture'
import { storedErrorOf } from '../../carousels/carousel-row.ts'
import { DarkroomError } from '../../errors.ts'
import { noSuchSlide, ownCarousel, ownSlide } from '../own-carousel.ts'
import type { Route, RouteContext } from '../route.ts'
import type { GatewayServices } from '../services.ts'

const one = '/v1/carousels/{id}'

/** The path of one slide. */
export const slidePath: string = `${one}/slides/{n}`

/** Slides as files: one as it is now, or all of them. */
export function carouselFileRoutes(services: GatewayServices): Route[] {
  return [
    {
      method: 'GET',
      path: slidePath,
      right: 'read',
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
    right: 'read',
    summary,
    answers: { 200: { about: 'The file.', mediaType }, 409: { about: 'Slides are still being made.' } },
    handle: async (context) => {
      const { carousel } = await ownCarousel(context, services)
      const { body, fileName } = await services.carousels.archive(carousel.project, carousel.id, kind)
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

async function slidePicture(context: RouteContext, services: GatewayServices): Promise<Response> {
  const { project, carouselId, index } = await ownSlide(context, services)
  const { record: found } = await services.carousels.read(project, carouselId)
  const wanted = found.slides[index]
  if (wanted === undefined) throw noSuchSlide()
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
  services.imageUse.note(image.id)
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
