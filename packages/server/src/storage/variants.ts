import type { How, Memo, Unit } from '@darkroom/once'
import { createMemo } from '@darkroom/once'
import type { PictureFormat, VariantSource, VariantSpec } from '@darkroom/picture'
import { isSourceItself } from '@darkroom/picture'
import type { MadeVariant, VariantMakerOptions } from './variant-maker.ts'
import { createVariantMaker, folderOf, gone, keyOfName, variantNameKey } from './variant-maker.ts'

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

/** Variants of objects: each encoded once, then kept in the store and in memory. */
export interface Variants {
  /**
   * @param source what the object is; an ask that changes nothing of it is answered with the object itself. Without
   *   it every ask is encoded.
   * @param options `domain`: whose it is. Two domains may have objects of the same bytes; each then has variants of
   *   its own, or the speed of one would tell what the other has made.
   * @throws DarkroomError `not_found` when there is no such object, `storage_unavailable`
   * @throws PictureError when the object cannot be decoded
   */
  get(
    objectHash: string,
    spec: VariantSpec,
    source?: VariantSource,
    options?: { signal?: AbortSignal | undefined; domain?: string | undefined },
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

  async function bytesOf(objectHash: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const outcome = await objects.get(objectHash, { signal })
    if (outcome === undefined) throw gone()
    return outcome.value
  }

  return {
    async get(objectHash, spec, source, { signal, domain } = {}) {
      if (source !== undefined && isSourceItself(source, spec)) {
        const bytes = await bytesOf(objectHash, signal)
        const { widthPx, heightPx } = source
        return { bytes, hash: objectHash, widthPx, heightPx, format: spec.format, how: 'cached' }
      }
      const unit = unitOf(variantNameKey(objectHash, spec, domain))
      const outcome = await memo.get(
        unit,
        async () => ({ value: await maker.makeOnce(objectHash, spec, domain) }),
        { signal },
      )
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

/** The key names the object and whose it is, so equal keys are equal bytes, whoever asks. */
function unitOf(key: string): Unit {
  return { kind: 'variant', key, domain: 'content' }
}
