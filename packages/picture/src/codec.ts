import { availableParallelism } from 'node:os'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { PictureError } from './picture-error.ts'
import { createTurns } from './turns.ts'
import type { Turns } from './turns.ts'

/** 64 mebipixels: 8192 × 8192. Decoded, that is 256 MiB. */
export const defaultMaxPixels: number = 64 * 1024 * 1024

// Every source is read once under its hash; libvips' own cache would keep pixels that nobody asks for again.
sharp.cache(false)
// One thread a picture and several pictures at a time do more work on few cores than the reverse: a second
// thread shortened an AVIF encode from 56 to 41 ms and no other format's.
sharp.concurrency(1)
// The loaders of this list are fuzzed and are what people send. SVG, PDF, raw photographs and ImageMagick are
// refused by the library itself, should bytes ever get past sniffFormat.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif', 'Tiff'].map((name) => `VipsForeignLoad${name}`),
})

/** Threads of libuv's pool, where sharp works, and every file read and DNS lookup of this process too. */
const poolThreads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) || 4

/**
 * Pictures being decoded or encoded at a time, in this process: one a core, and always a thread of the pool
 * left, or cached pictures could not be read from disk while others are made.
 */
export const turns: Turns = createTurns(Math.max(1, Math.min(availableParallelism(), poolThreads - 1)))

/**
 * A source with every limit set. The first frame only: pictures are still.
 * `failOn: 'warning'` refuses data that decoders could gloss over with grey.
 * @param source bytes, or the path of a file, which libvips' options for its loader may follow in brackets
 */
export function openSource(source: Uint8Array | string, maxPixels: number): Sharp {
  return sharp(source, {
    limitInputPixels: maxPixels,
    failOn: 'warning',
    unlimited: false,
    page: 0,
    pages: 1,
  })
}

/** What libvips says when a file is shorter than its picture, by format. */
const endsEarly = /premature end|unexpected end|end of file|not enough data|outside of file bounds/iu

/** An error of decoding as one of ours; the library's words go into the cause. */
export function decodeError(error: unknown): PictureError {
  if (error instanceof PictureError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (message.includes('exceeds pixel limit')) {
    return new PictureError('IMAGE_TOO_LARGE', 'The picture has more pixels than the limit.', {
      cause: error,
    })
  }
  if (endsEarly.test(message)) {
    return new PictureError('TRUNCATED', 'The file ends before its picture does.', { cause: error })
  }
  return new PictureError('DECODE_FAILED', 'The picture is damaged and cannot be decoded.', { cause: error })
}
