import { hash } from 'node:crypto'
import type { Caller } from '../access/rights.ts'
import { requireScope } from '../access/rights.ts'
import type { AcceptedBase, CarouselOrder } from '../carousels/accept-carousel.ts'
import { DarkroomError } from '../errors.ts'
import type { BaseAsk, BrandAsk, CarouselAsk } from '../request/carousel-body.ts'
import { carouselFingerprint, parseCarouselBody } from '../request/carousel-body.ts'
import { maxJsonBytes, mediaTypeOfRequest, parseJson, readFormData, readJsonBody } from './body.ts'
import type { RouteContext } from './route.ts'
import { ownImage } from './own-image.ts'
import { storeUpload } from './store-upload.ts'
import type { GatewayServices } from './services.ts'

/** What a request for a carousel brings: JSON, and in a multipart body the photograph beside it. */
interface CarouselInput {
  ask: CarouselAsk
  file: Uint8Array | undefined
}

/**
 * Reads and checks a request for a carousel. Everything that can be refused without fetching is refused here; a
 * photograph in the body is stored as an upload is.
 * @throws DarkroomError invalid_request, unknown_parameter, unknown_image, unknown_model, base_forbidden,
 * webhook_forbidden, not_an_image, image_too_large, body_too_large, unsupported_media_type, invalid_json
 */
export async function readCarouselOrder(
  context: RouteContext,
  services: GatewayServices,
  idempotencyKey: string | undefined,
): Promise<CarouselOrder> {
  const { caller } = context
  const { project } = caller
  const { ask, file } = await readInput(context.request, services)
  requireScope(caller, ask.scope)
  const design = designOf(ask)
  services.carousels.check({ slides: ask.slides, design, urls: urlsOf(ask) })
  if (ask.webhook !== undefined) services.webhooks.check(ask.webhook.url)
  const logoHash = await storedLogo(ask.brand.logo, services, caller)
  return {
    project,
    scope: ask.scope,
    tags: ask.tags,
    base: await acceptedBase(ask.base, file, services, caller),
    slides: ask.slides,
    design,
    logoHash,
    webhook: ask.webhook,
    idempotency:
      idempotencyKey === undefined
        ? undefined
        : {
            owner: caller.owner,
            key: idempotencyKey,
            fingerprint: carouselFingerprint(ask, file === undefined ? undefined : hash('sha256', file)),
          },
  }
}

async function readInput(request: Request, services: GatewayServices): Promise<CarouselInput> {
  if (mediaTypeOfRequest(request) !== 'multipart/form-data') {
    return { ask: parseCarouselBody(await readJsonBody(request), { hasFile: false }), file: undefined }
  }
  const form = await readFormData(request, services.maxUploadBytes + maxJsonBytes)
  for (const name of form.keys()) {
    if (name === 'file' || name === 'carousel') continue
    throw new DarkroomError('unknown_parameter', 'The parts are file and carousel; remove the others.', {
      param: name.slice(0, 64),
    })
  }
  const text = await partText(form)
  const file = form.get('file')
  if (!(file instanceof Blob)) {
    throw new DarkroomError('invalid_request', 'Put the photograph in a part named file.', { param: 'file' })
  }
  if (file.size > services.maxUploadBytes) {
    throw new DarkroomError(
      'body_too_large',
      `The photograph may have at most ${services.maxUploadBytes} bytes.`,
      {
        param: 'file',
      },
    )
  }
  return {
    ask: parseCarouselBody(parseJson(text), { hasFile: true }),
    file: new Uint8Array(await file.arrayBuffer()),
  }
}

/** With or without a file name: clients differ in how they send JSON as a part. */
async function partText(form: FormData): Promise<string> {
  const part = form.get('carousel')
  if (part === null) {
    throw new DarkroomError('invalid_request', 'Put the JSON of the carousel in a part named carousel.', {
      param: 'carousel',
    })
  }
  return typeof part === 'string' ? part : await part.text()
}

function urlsOf({ base, brand }: CarouselAsk): Record<string, string> {
  return {
    ...(base.kind === 'url' ? { 'base.url': base.url } : {}),
    ...(brand.logo !== undefined && 'url' in brand.logo ? { 'brand.logo.url': brand.logo.url } : {}),
  }
}

function designOf({ size, format, quality, theme, brand }: CarouselAsk): CarouselOrder['design'] {
  const { logo, ...rest } = brand
  return {
    ...size,
    format,
    ...(quality === undefined ? {} : { quality }),
    theme,
    brand: { ...definedOnly(rest), ...(logo === undefined ? {} : { logo }) },
  }
}

function definedOnly<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>
  }
}

async function storedLogo(
  logo: BrandAsk['logo'],
  services: GatewayServices,
  caller: Caller,
): Promise<string | undefined> {
  if (logo === undefined || 'url' in logo) return undefined
  return (await ownImage(logo.image, 'brand.logo.image', services, caller)).object_hash
}

async function acceptedBase(
  base: BaseAsk,
  file: Uint8Array | undefined,
  services: GatewayServices,
  caller: Caller,
): Promise<AcceptedBase> {
  switch (base.kind) {
    case 'url':
      return base
    case 'image': {
      const image = await ownImage(base.image, 'base.image', services, caller)
      return { kind: 'image', image: image.id, hash: image.object_hash }
    }
    case 'file': {
      const image = await storeUpload(file ?? new Uint8Array(), services, caller.project)
      return { kind: 'image', image: image.id, hash: image.object_hash }
    }
    default: {
      const { model, ...spec } = base.prompt
      return {
        kind: 'prompt',
        model,
        spec: { ...spec, domain: caller.domain, model: services.models.resolve(model) },
      }
    }
  }
}
