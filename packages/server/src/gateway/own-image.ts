import type { Caller } from '../access/rights.ts'
import { DarkroomError } from '../errors.ts'
import type { GatewayServices } from './services.ts'

/**
 * A stored picture of this project, or of its sharing domain; one of another project is not there, nor is one that
 * the caller may not see because it belongs to scopes of others. Uploads belong to no scope.
 * @throws DarkroomError unknown_image
 */
export async function ownImage(
  id: string,
  param: string,
  services: GatewayServices,
  caller: Caller,
): ReturnType<GatewayServices['images']['read']> {
  const unknown = new DarkroomError(
    'unknown_image',
    `${param}: there is no such picture, or it was taken down.`,
    {
      param,
    },
  )
  try {
    const image = await services.images.read(id)
    const isOwn = image.project === caller.project || image.project === caller.domain
    if (isOwn && (image.kind === 'upload' || (await services.access.pictures.mayUse(caller, image.id))))
      return image
  } catch (error) {
    if (!(error instanceof DarkroomError) || error.code !== 'not_found') throw error
  }
  throw unknown
}
