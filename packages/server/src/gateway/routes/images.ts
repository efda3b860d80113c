import type { Caller } from '../../access/rights.ts'
import { DarkroomError } from '../../errors.ts'
import type { ImageRow } from '../../generation/image-rows.ts'
import { isImageId } from '../../request/image-query.ts'
import { mediaTypeOfRequest, readBytes, readFormData } from '../body.ts'
import type { Route, RouteContext } from '../route.ts'
import { imageSchema } from '../schemas.ts'
import type { GatewayServices } from '../services.ts'
import { publicUrlOf } from '../services.ts'
import { storeUpload } from '../store-upload.ts'
import { json, purgeImages } from './generations.ts'

/** Uploads and takedowns. */
export function imageRoutes(services: GatewayServices): Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/uploads',
      right: 'generate',
      summary: 'Store a picture of your own: a base, a reference, a logo',
      body: { mediaType: 'image/*', about: 'The bytes, or multipart/form-data with one part named file.' },
      answers: {
        201: {
          about: 'Its id and URL; the same bytes always have the same.',
          mediaType: 'application/json',
          schema: imageSchema,
        },
        413: { about: 'Too many bytes or pixels.' },
        415: { about: 'Not a picture in a supported format.' },
      },
      handle: (context) => upload(context, services),
    },
    {
      method: 'DELETE',
      path: '/v1/images/{id}',
      right: 'purge',
      summary: 'Take a picture down, with everything made from it',
      answers: { 204: { about: 'It is gone, at the edge too.' } },
      handle: async ({ params, caller }) => {
        const id = params['id'] ?? ''
        if (!isImageId(id)) throw new DarkroomError('not_found', 'There is no such picture.')
        const ownNames = services.access.domains.edgeDomainsOf(caller.project)
        try {
          await takeDown(id, caller, services)
          await services.access.record({
            actor: caller.owner,
            act: 'image.delete',
            project: caller.project,
            subject: id,
          })
        } finally {
          // Also where there is nothing to take down any more: who was told of a failure asks again, until every
          // process has heard of it.
          await purgeImages(services, caller.project, [id], false)
          for (const made of await services.images.madeFrom(id)) {
            // The id may be another project's: then there is nothing of the caller's to drop.
            if (ownNames.includes(made.project)) await purgeImages(services, caller.project, [made.id], false)
          }
        }
        return new Response(null, { status: 204 })
      },
    },
  ]
}

/** Uploads are the project's, generated pictures its sharing domain's. @throws DarkroomError not_found */
async function takeDown(id: string, caller: Caller, services: GatewayServices): Promise<void> {
  try {
    await services.images.takeDown(caller.project, id)
  } catch (error) {
    const isShared = caller.domain !== caller.project
    if (!isShared || !(error instanceof DarkroomError) || error.code !== 'not_found') throw error
    await services.images.takeDown(caller.domain, id)
  }
}

async function upload(context: RouteContext, services: GatewayServices): Promise<Response> {
  const bytes = await readUpload(context.request, services.maxUploadBytes)
  const image = await storeUpload(bytes, services, context.caller.project)
  const answer = publicImage(image, services)
  return json(201, answer, { location: answer.url })
}

function publicImage(image: ImageRow, services: GatewayServices): { url: string } & Record<string, unknown> {
  return {
    id: image.id,
    url: publicUrlOf(services, `/images/${image.id}`),
    format: image.format,
    width: image.width_px,
    height: image.height_px,
    bytes: image.bytes,
  }
}

/** @throws DarkroomError unsupported_media_type, body_too_large, invalid_request */
async function readUpload(request: Request, maxBytes: number): Promise<Uint8Array> {
  const mediaType = mediaTypeOfRequest(request)
  if (mediaType === 'multipart/form-data') return await readFilePart(request, maxBytes)
  const isPicture = mediaType.startsWith('image/') || mediaType === 'application/octet-stream'
  // Read all the same: a sender that is cut off half way never sees why.
  const bytes = await readBytes(request, maxBytes)
  if (!isPicture) {
    throw new DarkroomError(
      'unsupported_media_type',
      'Send the bytes as Content-Type: image/…, or multipart/form-data with a part named file.',
      { param: 'Content-Type' },
    )
  }
  if (bytes.byteLength === 0)
    throw new DarkroomError('invalid_request', 'The body is empty; send a picture.', { param: 'body' })
  return bytes
}

async function readFilePart(request: Request, maxBytes: number): Promise<Uint8Array> {
  const form = await readFormData(request, maxBytes)
  const file = form.get('file')
  if (!(file instanceof Blob)) {
    throw new DarkroomError('invalid_request', 'Put the picture in a part named file.', { param: 'file' })
  }
  if (file.size > maxBytes) {
    throw new DarkroomError('body_too_large', `The picture may have at most ${maxBytes} bytes.`, {
      param: 'file',
    })
  }
  return new Uint8Array(await file.arrayBuffer())
}
