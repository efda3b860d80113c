import { hash as digest } from 'node:crypto'
import type { LedgerWriter } from '@darkroom/once'
import type { PictureFormat, VariantSpec } from '@darkroom/picture'
import { extensionOf, inspectPicture, makeVariant, variantKey } from '@darkroom/picture'
import { DarkroomError } from '../errors.ts'
import { createConcurrencyLimit } from './concurrency-limit.ts'
import type { ObjectStore } from './object-store.ts'
import type { Objects, StorageLog } from './objects.ts'
import { objectName } from './objects.ts'

export interface VariantMakerOptions {
  objects: Objects
  store: ObjectStore
  /** Default 2. An encode keeps a core busy; more at once only take longer each, and hold more pixels. */
  maxConcurrentEncodes?: number
  /** How pictures are read and made. Default: `@darkroom/picture`. */
  picture?: { inspectPicture: typeof inspectPicture; makeVariant: typeof makeVariant }
  ledger?: LedgerWriter | undefined
  log?: StorageLog | undefined
  /** Milliseconds, monotonic; for durations only. */
  now?: () => number
}

/** A variant as its run brought it. */
export interface MadeVariant {
  bytes: Uint8Array
  /** SHA-256 of the bytes in lower-case hex. */
  hash: string
  widthPx: number
  heightPx: number
  format: PictureFormat
  /** Whether it was encoded by this run, or found in the store. */
  encoded: boolean
  /** What the encode took; 0 when it was found. */
  encodeMs: number
}

/** Brings one variant: from the store, or made and stored. */
export interface VariantMaker {
  /**
   * Not collapsed here: the caller's memo sees to it that one runs at a time.
   * @throws DarkroomError `not_found` when there is no such object, `storage_unavailable`
   */
  makeOnce(objectHash: string, spec: VariantSpec, domain?: string): Promise<MadeVariant>
}

export function createVariantMaker(options: VariantMakerOptions): VariantMaker {
  const { objects, store, ledger, log, now = () => performance.now() } = options
  const picture = options.picture ?? { inspectPicture, makeVariant }
  const encodes = createConcurrencyLimit(options.maxConcurrentEncodes ?? 2)

  /** A variant that was kept, if what lies there is one. */
  async function find(name: string, spec: VariantSpec): Promise<MadeVariant | undefined> {
    const bytes = await store.get(name)
    if (bytes === undefined) return undefined
    try {
      const { widthPx, heightPx, format } = await picture.inspectPicture(bytes)
      if (format === spec.format)
        return { ...madeOf(bytes, widthPx, heightPx, spec.format), encoded: false, encodeMs: 0 }
      log?.error({ variant: name, format }, 'a stored variant has the wrong format; it is made anew')
    } catch (error) {
      log?.error({ variant: name, err: error }, 'a stored variant is damaged; it is made anew')
    }
    await store.delete(name)
    return undefined
  }

  async function encode(objectHash: string, spec: VariantSpec): Promise<MadeVariant> {
    return await encodes.run(async () => {
      // Read when its turn has come: waiting encodes hold no pictures.
      const source = await objects.get(objectHash)
      if (source === undefined) throw gone()
      const startedAtMs = now()
      const record = (bytes: number, failed: boolean): void => {
        const durationMs = now() - startedAtMs
        ledger?.record({ kind: 'variant', axis: 'concurrent', how: 'ran', durationMs, bytes, failed })
      }
      try {
        const made = await picture.makeVariant(source.value, spec)
        record(made.bytes.byteLength, false)
        const encodeMs = now() - startedAtMs
        return { ...madeOf(made.bytes, made.widthPx, made.heightPx, made.format), encoded: true, encodeMs }
      } catch (error) {
        record(0, true)
        throw error
      }
    })
  }

  return {
    async makeOnce(objectHash, spec, domain) {
      const name = nameOf(objectHash, spec, domain)
      const found = await find(name, spec)
      if (found !== undefined) return found
      const made = await encode(objectHash, spec)
      const { created } = await store.put(name, made.bytes)
      // Taken down meanwhile: the object goes first and its variants after it, so either this look finds it gone,
      // or the one who deletes finds this variant in the list. Nothing stays behind.
      if (!(await objects.has(objectHash))) {
        await store.delete(name)
        throw gone()
      }
      // Another process was first; its bytes are the variant now, or one URL would have two ETags.
      return created ? made : ((await find(name, spec)) ?? made)
    },
  }
}

function madeOf(
  bytes: Uint8Array,
  widthPx: number,
  heightPx: number,
  format: PictureFormat,
): Omit<MadeVariant, 'encoded' | 'encodeMs'> {
  return { bytes, hash: digest('sha256', bytes, 'hex'), widthPx, heightPx, format }
}

/** The answer for a picture that was taken down. */
export function gone(): DarkroomError {
  return new DarkroomError('not_found', 'The picture is no longer stored.')
}

/**
 * Where the variants of an object lie.
 * @throws DarkroomError `invalid_request` for what is no hash
 */
export function folderOf(objectHash: string): string {
  // Checked as an object's name is.
  objectName(objectHash)
  return `variants/${objectHash}/`
}

function nameOf(objectHash: string, spec: VariantSpec, domain: string | undefined): string {
  return `${folderOf(objectHash)}${variantNameKey(objectHash, spec, domain)}.${extensionOf(spec.format)}`
}

/** What tells variants of one object apart: what they are, and, where it is named, whose. */
export function variantNameKey(objectHash: string, spec: VariantSpec, domain: string | undefined): string {
  const key = variantKey(objectHash, spec)
  return domain === undefined ? key : digest('sha256', `${key}\n${domain}`, 'base64url')
}

/** The key of a variant from its name in the store. */
export function keyOfName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1, name.lastIndexOf('.'))
}
