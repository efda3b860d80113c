import type { How, Memo, Unit } from '@darkroom/once'
import { createMemo } from '@darkroom/once'
import type { PictureFormat, VariantSpec } from '@darkroom/picture'
import { resolveVariant, variantKey } from '@darkroom/picture'
import type { Objects } from './objects.ts'
import type { MadeVariant, VariantMakerOptions } from './variant-maker.ts'
import { createVariantMaker, folderOf, gone, keyOfName } from './variant-maker.ts'

/** A picture as it is delivered. */
export interface Variant {
  /** Not to be changed: others are given the same bytes. */
  bytes: Uint8Array
  /** SHA-256 of the bytes in lower-case hex: the strong ETag, one in the whole cluster. */
  hash: string
  widthPx: number
  heightPx: number
  format: PictureFormat
  /** `ran`: encoded for this ask. `joined`: for another that asked at the same time. `cached`: it was there. */
  how: How
}

/** What a variant is made from, as its record says. */
export interface VariantSource {
  widthPx: number
  heightPx: number
  format: PictureFormat
}

/** Variants of objects: each encoded once, then kept in the store and in memory. */
export interface Variants {
  /**
   * @param source what the object is; where it is given, an ask that changes nothing is answered with the object
   *   itself. Leave it out for an object that cannot be delivered as it is.
   * @throws DarkroomError `not_found` when there is no such object, `storage_unavailable`
   * @throws PictureError when the object cannot be decoded
   */
  get(
    objectHash: string,
    spec: VariantSpec,
    source?: VariantSource,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<Variant>
  /** Deletes every variant of an object. Call it *after* the object is deleted: `variant-maker.ts` says why. */
  deleteAllOf(objectHash: string): Promise<void>
}

export interface VariantsOptions extends VariantMakerOptions {
  /** How much is kept in memory at most. Default 64 MiB. */
  maxCacheBytes?: number
}

const defaultCacheBytes = 64 * 1024 * 1024

export function createVariants(options: VariantsOptions): Variants {
  const { objects, store, ledger } = options
  const maker = createVariantMaker(options)
  // `finish`: what was begun is soon done and will be asked for again; the next asker finds it made.
  const memo: Memo<MadeVariant> = createMemo({
    whenAbandoned: 'finish',
    maxBytes: options.maxCacheBytes ?? defaultCacheBytes,
    sizeOf: ({ bytes }) => bytes.byteLength,
  })

  return {
    async get(objectHash, spec, source, { signal } = {}) {
      if (source !== undefined && asksForNothing(objectHash, spec, source)) {
        return await objectItself(objects, objectHash, source, signal)
      }
      const unit = unitOf(variantKey(objectHash, spec))
      const outcome = await memo.get(unit, async () => ({ value: await maker.makeOnce(objectHash, spec) }), {
        signal,
      })
      using lease = outcome.value
      const { encoded, encodeMs, ...variant } = lease.value
      const how = outcome.how === 'ran' && !encoded ? 'cached' : outcome.how
      // The runs are counted where they run: a variant that was found in the store is no encode.
      if (how !== 'ran') {
        const axis = how === 'joined' ? 'concurrent' : 'time'
        ledger?.record({ kind: unit.kind, axis, how, durationMs: encodeMs, bytes: variant.bytes.byteLength })
      }
      return { ...variant, how }
    },

    async deleteAllOf(objectHash) {
      for await (const name of store.list(folderOf(objectHash))) {
        await store.delete(name)
        memo.delete(unitOf(keyOfName(name)))
      }
    },
  }
}

/** Same format, size and default quality: encoding again would only lose. */
function asksForNothing(objectHash: string, spec: VariantSpec, source: VariantSource): boolean {
  return variantKey(objectHash, spec) === variantKey(objectHash, resolveVariant(source, {}))
}

async function objectItself(
  objects: Objects,
  objectHash: string,
  { widthPx, heightPx, format }: VariantSource,
  signal: AbortSignal | undefined,
): Promise<Variant> {
  const outcome = await objects.get(objectHash, { signal })
  if (outcome === undefined) throw gone()
  return { bytes: outcome.value, hash: objectHash, widthPx, heightPx, format, how: 'cached' }
}

/** The key names the object, so equal keys are equal bytes, whoever asks. */
function unitOf(key: string): Unit {
  return { kind: 'variant', key, domain: 'content' }
}
