import { jpegOrientation } from '../resize/jpeg-orientation.ts'
import type { Resizer, ResizerOptions } from '../resize/resizer.ts'
import { createResizer, ResizeError } from '../resize/resizer.ts'
import { encodeUnaided } from './encode-unaided.ts'
import { stripMetadata } from './strip-metadata.ts'

export interface PrepareUploadOptions extends ResizerOptions {
  /** Width times height that the picture has at most. Default 4,194,304: 2048 × 2048. */
  maxPixels?: number | undefined
  /** Default: the file's own; JPEG where that is none of these. `jpeg` puts white where a picture is transparent. */
  format?: 'jpeg' | 'png' | 'webp' | undefined
  /** 1 to 100, for JPEG and WebP. Default 90. */
  quality?: number | undefined
  onProgress?: ((progress: UploadProgress) => void) | undefined
  signal?: AbortSignal | undefined
  /** A resizer of the page's own; without one there is one for this file, which ends with it. */
  resizer?: Resizer | undefined
}

export interface UploadProgress {
  stage: 'read' | 'resize' | 'encode' | 'done'
  /** 0 to 1. */
  fraction: number
}

/** A file that may leave the device. It is a `File` as any: `client.upload(file)`, `FormData`. */
export interface PreparedFile extends File {
  readonly widthPx: number
  readonly heightPx: number
  /**
   * `none`: as it was, since it was small and had no metadata. `stripped`: the same pixels, without metadata.
   * `encoded`: made smaller, or into another format.
   */
  readonly change: 'none' | 'stripped' | 'encoded'
}

const defaultMaxPixels = 2048 * 2048
const defaultQuality = 90
const mediaTypes: Readonly<Record<string, string>> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
}
const fractions = { read: 0, resize: 0.4, encode: 0.7, done: 1 } as const

/**
 * A picture as it is to be sent: no larger than it is good for, upright, and without the place and the time where it
 * was taken. Works off the main thread where that is allowed. A small file keeps its pixels and loses its metadata.
 * @throws TypeError for options that are out of range, ResizeError `failed` for what is no picture that this browser
 * can read, and `unavailable` where it must be encoded and the browser, resisting fingerprinting, would encode noise
 */
export async function prepareUpload(file: Blob, options: PrepareUploadOptions = {}): Promise<PreparedFile> {
  const { maxPixels = defaultMaxPixels, quality = defaultQuality, format, signal } = options
  if (!(maxPixels >= 1)) throw new TypeError('maxPixels must be 1 or more.')
  if (!(quality >= 1 && quality <= 100)) throw new TypeError('quality must be from 1 to 100.')
  const tell = (stage: UploadProgress['stage']): void =>
    options.onProgress?.({ stage, fraction: fractions[stage] })
  signal?.throwIfAborted()
  tell('read')
  const bytes = new Uint8Array(await file.arrayBuffer())
  const ownType = typeOf(bytes) ?? file.type
  const wanted = format === undefined ? undefined : mediaTypes[format]
  const size = await sizeOf(file)
  signal?.throwIfAborted()
  const isSmall = size.widthPx * size.heightPx <= maxPixels
  const stripped = stripMetadata(bytes, jpegOrientation(bytes))
  if (isSmall && stripped !== undefined && (wanted === undefined || wanted === ownType)) {
    tell('done')
    const change = stripped.removedBytes > 0 ? 'stripped' : 'none'
    return fileOf(file, change === 'none' ? [file] : stripped.parts, ownType, { ...size, change })
  }
  const mediaType = wanted ?? (Object.values(mediaTypes).includes(ownType) ? ownType : 'image/jpeg')
  const ask = { maxPixels, mediaType, quality: quality / 100, onProgress: tell, signal }
  const made = await encode(file, ask, options)
  tell('done')
  const { widthPx, heightPx } = made
  return fileOf(file, [made.blob], made.blob.type, { widthPx, heightPx, change: 'encoded' })
}

async function encode(
  file: Blob,
  ask: Parameters<Resizer['encode']>[1],
  options: PrepareUploadOptions,
): Promise<{ blob: Blob; widthPx: number; heightPx: number }> {
  const resizer = options.resizer ?? createResizer({ workers: 1, timeoutMs: 60_000, ...options })
  try {
    return await resizer.encode(file, ask)
  } catch (error) {
    // A page without workers or WebAssembly sends no metadata either.
    if (error instanceof ResizeError && error.code === 'unavailable') return await encodeUnaided(file, ask)
    throw error
  } finally {
    if (options.resizer === undefined) resizer.close()
  }
}

/** Upright, and without decoding more than once: the browser keeps what it has decoded for the moment. */
async function sizeOf(file: Blob): Promise<{ widthPx: number; heightPx: number }> {
  try {
    const bitmap = await createImageBitmap(file)
    const { width: widthPx, height: heightPx } = bitmap
    bitmap.close()
    return { widthPx, heightPx }
  } catch {
    throw new ResizeError('failed', 'This file is no picture that this browser can read.')
  }
}

/** By what it begins with: a name or a type may say anything. */
function typeOf(bytes: Uint8Array): string | undefined {
  const begins = (...wanted: number[]): boolean => wanted.every((byte, i) => bytes[i] === byte)
  if (begins(0xff, 0xd8, 0xff)) return 'image/jpeg'
  if (begins(0x89, 0x50, 0x4e, 0x47)) return 'image/png'
  if (begins(0x52, 0x49, 0x46, 0x46) && bytes[8] === 0x57) return 'image/webp'
  if (begins(0x47, 0x49, 0x46, 0x38)) return 'image/gif'
  return undefined
}

function fileOf(
  file: Blob,
  parts: BlobPart[],
  type: string,
  facts: Pick<PreparedFile, 'widthPx' | 'heightPx' | 'change'>,
): PreparedFile {
  const name = file instanceof File ? file.name : 'picture'
  const ending = type.replace('image/', '').replace('jpeg', 'jpg')
  const named =
    facts.change === 'encoded' || !name.includes('.') ? `${name.replace(/\.\w+$/u, '')}.${ending}` : name
  return Object.assign(new File(parts, named, { type }), facts)
}
