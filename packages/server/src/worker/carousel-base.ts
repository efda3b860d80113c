import type { CarouselMaker, SlideText } from '@darkroom/carousel'
import { stripMetadata } from '@darkroom/picture'
import { baseKeyOf } from '../carousels/base-claims.ts'
import type { LeasedCarousel, StoredBase } from '../carousels/carousel-lease.ts'
import { carouselFaultOf } from '../carousels/faults.ts'
import { DarkroomError } from '../errors.ts'
import { errorOf, isSettled, isStored } from '../generation/generation-row.ts'
import type { Objects } from '../storage/objects.ts'

export interface PictureContext {
  maker: Pick<CarouselMaker, 'make'>
  objects: Objects
  now: () => number
}

/** A base or a logo in hand. */
export interface Picture {
  bytes: Uint8Array
  /** The name of its object. */
  hash: string
}

/** `undefined`: another carousel brings it, or the lease is lost; this run is over. */
export async function obtainBase(
  leased: LeasedCarousel,
  context: PictureContext,
  signal: AbortSignal,
): Promise<Picture | undefined> {
  const { row } = leased
  if (row.base_hash !== null) return { bytes: await storedBytes(row.base_hash, context), hash: row.base_hash }
  if (row.base_generation_id !== null) return await obtainGenerated(leased, context)
  const { url } = row.base
  if (url === undefined) throw new Error(`carousel ${row.id} has no base`)
  if ((await leased.claimBase(baseKeyOf(row.project, url))) !== 'mine') return undefined
  const fetched = await fetchPicture(url, 'base.url', leased, context, signal)
  return (await leased.storeBase(fetched.stored)) ? fetched : undefined
}

async function obtainGenerated(
  leased: LeasedCarousel,
  context: PictureContext,
): Promise<Picture | undefined> {
  const generation = await leased.readGeneration()
  if (generation === undefined || !isSettled(generation.status)) {
    throw new Error(`carousel ${leased.row.id} has a job before its base has one`)
  }
  if (!isStored(generation)) throw errorOf(generation, context.now())
  const hash = generation.object_hash
  const bytes = await storedBytes(hash, context)
  const stored = await leased.storeBase({
    objectHash: hash,
    how: undefined,
    image: { id: generation.image_id },
  })
  return stored ? { bytes, hash } : undefined
}

export async function obtainLogo(
  leased: LeasedCarousel,
  context: PictureContext,
  signal: AbortSignal,
): Promise<Picture | undefined> {
  const { row } = leased
  if (row.logo_hash !== null) return { bytes: await storedBytes(row.logo_hash, context), hash: row.logo_hash }
  const url = row.design.brand.logo?.url
  if (url === undefined) return undefined
  const fetched = await fetchPicture(url, 'brand.logo.url', leased, context, signal)
  await leased.storeLogo(fetched.stored)
  return fetched
}

async function storedBytes(hash: string, context: PictureContext): Promise<Uint8Array> {
  const found = await context.objects.get(hash)
  if (found === undefined) throw new DarkroomError('base_gone', 'The base of this carousel was taken down.')
  return found.value
}

/**
 * A picture by its URL, as it is stored: like an upload, without what its owner may not know is in it. The maker's
 * source is the one place that takes a URL; it is asked for the base alone, and no slide is begun.
 */
async function fetchPicture(
  url: string,
  param: string,
  leased: LeasedCarousel,
  context: PictureContext,
  signal: AbortSignal,
): Promise<Picture & { stored: StoredBase }> {
  try {
    const nothing: SlideText = { kind: 'point', title: '-' }
    const sourcing = context.maker.make({
      base: url,
      slides: [nothing, nothing],
      domain: leased.row.project,
      signal,
    })
    const { bytes: fetched, how, facts } = await sourcing.base
    signal.throwIfAborted()
    const isEditable = facts.format === 'jpeg' || facts.format === 'png' || facts.format === 'webp'
    const bytes = isEditable ? await stripMetadata(fetched) : fetched
    const hash = context.objects.hashOf(bytes)
    const put = async (): Promise<void> => {
      await context.objects.put(bytes)
    }
    const image = {
      format: facts.format,
      widthPx: facts.widthPx,
      heightPx: facts.heightPx,
      bytes: bytes.byteLength,
      put,
    }
    return { bytes, hash, stored: { objectHash: hash, how: how === 'given' ? undefined : how, image } }
  } catch (error) {
    throw carouselFaultOf(error, param) ?? error
  }
}
