import { inspectPicture } from '@darkroom/picture'
import type { Caller } from '../access/rights.ts'
import { carouselFaultOf } from '../carousels/faults.ts'
import { DarkroomError } from '../errors.ts'
import type { ImageRow } from '../generation/image-rows.ts'
import type { InputAsk, InputsAsk } from '../request/inputs-field.ts'
import { hasInputs } from '../request/inputs-field.ts'
import type { PictureInputs, ResolvedModel } from '../request/picture-spec.ts'
import type { Size } from '../request/size.ts'
import { sizeLimits } from '../request/size.ts'
import type { ModelEdits } from './models.ts'
import { ownImage } from './own-image.ts'
import { storeUpload } from './store-upload.ts'
import type { GatewayServices } from './services.ts'

/** The pictures that a request starts from, stored, and the size of the one to change. */
export interface ResolvedInputs {
  inputs: PictureInputs
  imageSize: Size | undefined
}

/**
 * Brings the pictures of a request into the store, and says under which names. What the model cannot use is refused
 * before anything is fetched.
 * @returns `undefined` for a request that starts from its prompt alone
 * @throws DarkroomError unsupported_by_backend, unknown_image, invalid_request, not_an_image, and what a URL that
 * leads nowhere is answered with
 */
export async function resolveInputs(
  ask: InputsAsk,
  model: ResolvedModel,
  caller: Caller,
  services: GatewayServices,
  signal: AbortSignal,
): Promise<ResolvedInputs | undefined> {
  if (!hasInputs(ask)) return undefined
  const { image, mask, references } = fittedTo(services.models.editsOf(model), ask, model, services)
  const stored = (input: InputAsk, param: string): Promise<ImageRow> =>
    storedInput(input, param, caller, services, signal)
  const imageRow = image && (await stored(image, 'image'))
  const maskRow = mask && (await stored(mask, 'mask'))
  const referenceRows: ImageRow[] = []
  for (const [index, reference] of references.entries())
    referenceRows.push(await stored(reference, `references.${index}`))
  if (maskRow !== undefined && imageRow !== undefined) await checkMask(maskRow, imageRow, services)
  return {
    inputs: {
      ...(imageRow && { image: nameOf(imageRow) }),
      ...(maskRow && { mask: nameOf(maskRow) }),
      references: referenceRows.map(nameOf),
    },
    imageSize: imageRow && allowedSize(imageRow),
  }
}

function nameOf(row: ImageRow): { hash: string; format: string } {
  return { hash: row.object_hash, format: row.format }
}

/** @throws DarkroomError unsupported_by_backend, naming the models that can; invalid_request */
function fittedTo(
  edits: ModelEdits,
  ask: InputsAsk,
  model: ResolvedModel,
  services: GatewayServices,
): InputsAsk {
  if (ask.mask !== undefined && ask.image === undefined) {
    const message = 'mask: says which part of image is drawn anew; give an image too.'
    throw new DarkroomError('invalid_request', message, { param: 'image' })
  }
  const can = (of: ModelEdits): boolean =>
    (ask.image === undefined || of.image) &&
    (ask.mask === undefined || of.mask) &&
    (ask.isVariation !== true || of.variation) &&
    ask.references.length <= of.references
  if (can(edits)) return ask
  const able = services.models.namesThat(can)
  const wanted = [
    ...(ask.image === undefined ? [] : [ask.isVariation === true ? 'an image alone' : 'an image']),
    ...(ask.mask === undefined ? [] : ['a mask']),
    ...(ask.references.length === 0 ? [] : [`${ask.references.length} references`]),
  ]
  const instead = able.length === 0 ? 'no model here can' : `these can: ${able.join(', ')}`
  throw new DarkroomError(
    'unsupported_by_backend',
    `The model ${model.alias} cannot start from ${wanted.join(' and ')}; ${instead}.`,
    { param: 'model' },
  )
}

async function storedInput(
  input: InputAsk,
  param: string,
  caller: Caller,
  services: GatewayServices,
  signal: AbortSignal,
): Promise<ImageRow> {
  if ('image' in input) return await ownImage(input.image, param, services, caller)
  try {
    const bytes = 'file' in input ? input.file : await services.fetchUrl(input.url, caller.project, signal)
    return await storeUpload(bytes, services, caller.project)
  } catch (error) {
    if (error instanceof DarkroomError)
      throw new DarkroomError(error.code, error.message, { param, cause: error })
    throw carouselFaultOf(error, param) ?? error
  }
}

/** @throws DarkroomError invalid_request */
async function checkMask(mask: ImageRow, image: ImageRow, services: GatewayServices): Promise<void> {
  const refuse = (message: string): never => {
    throw new DarkroomError('invalid_request', `mask: ${message}`, { param: 'mask' })
  }
  if (mask.width_px !== image.width_px || mask.height_px !== image.height_px) {
    refuse(
      `must have the size of image, ${image.width_px}x${image.height_px}; it has ${mask.width_px}x${mask.height_px}.`,
    )
  }
  const found = await services.objects.get(mask.object_hash)
  if (found === undefined) return refuse('there is no such picture any more.')
  const { hasAlpha } = await inspectPicture(found.value)
  if (!hasAlpha) refuse('must have transparency: what is transparent is drawn anew.')
}

/** The size of the image, where a picture may have it. */
function allowedSize({ width_px: widthPx, height_px: heightPx }: ImageRow): Size | undefined {
  const { minSidePx, maxSidePx, maxPixels } = sizeLimits
  const fits = [widthPx, heightPx].every((side) => side >= minSidePx && side <= maxSidePx)
  return fits && widthPx * heightPx <= maxPixels ? { widthPx, heightPx } : undefined
}
