import { jpegOrientation } from './jpeg-orientation.ts'
import type { PlanarSource } from './resize-planes.ts'
import type { PixelSource, StripSource } from './resize-pixels.ts'

/** A decoded picture, as the browser gives it cheapest. */
export type Decoded =
  | { kind: 'planes'; planes: PlanarSource; widthPx: number; heightPx: number; close(): void }
  | {
      kind: 'pixels'
      /** The rows from the first on; only the last source asked for may be read. */
      pixels(): PixelSource
      widthPx: number
      heightPx: number
      /** Whether it can have no transparency: known of JPEG. */
      opaque: boolean
      close(): void
    }
  | {
      kind: 'strips'
      strips(): StripSource
      widthPx: number
      heightPx: number
      close(): void
    }

/** Rows that are read back at once: some 1 MB of a wide photograph. */
const stripRows = 64

/**
 * Decodes a picture; never in WebAssembly, which every browser's own decoder outruns.
 * @param picture a file; or a bitmap, which is closed with what is made of it
 * @param wantsPlanes planes where the decoder has them: only good for resizing in the numbers of the file
 * @throws DOMException for what is no picture
 */
export async function decode(picture: Blob | ImageBitmap, wantsPlanes: boolean): Promise<Decoded> {
  if (picture instanceof ImageBitmap) return pixelsOf(picture, false)
  const isJpeg = picture.type === 'image/jpeg'
  if (wantsPlanes && isJpeg && 'ImageDecoder' in globalThis) {
    const planes = await decodePlanes(picture).catch(() => undefined)
    if (planes !== undefined) return planes
  }
  // Turned as its EXIF data asks, and in sRGB whatever its profile is.
  const bitmap = await createImageBitmap(picture, {
    colorSpaceConversion: 'default',
    premultiplyAlpha: 'default',
  })
  // A frame has the pixels as they are stored, neither turned nor in sRGB.
  const isPlain = isJpeg && isUprightAndPlain(new Uint8Array(await picture.slice(0, 2 ** 18).arrayBuffer()))
  return (isPlain ? stripsOf(bitmap) : undefined) ?? pixelsOf(bitmap, isJpeg)
}

function isUprightAndPlain(bytes: Uint8Array): boolean {
  return jpegOrientation(bytes) === 1 && !hasProfile(bytes)
}

/**
 * Rows by `VideoFrame`, where the browser has an opaque picture's pixels in one of the usual orders: twice as fast as
 * by canvas, which takes a second copy of the whole picture. @returns `undefined` where it does not, and the bitmap is
 * as it was
 */
function stripsOf(bitmap: ImageBitmap): Decoded | undefined {
  // Firefox has frames, and takes many times longer for strips than by canvas.
  if (!('VideoFrame' in globalThis) || !('userAgentData' in navigator)) return undefined
  const { width: widthPx, height: heightPx } = bitmap
  const frame = new VideoFrame(bitmap, { timestamp: 0 })
  const { format } = frame
  if (format !== 'BGRX' && format !== 'RGBX') {
    frame.close()
    return undefined
  }
  bitmap.close()
  const strips = (): StripSource => {
    const bytes = new Uint8Array(widthPx * Math.min(stripRows, heightPx) * 4)
    let start = 0
    return {
      widthPx,
      heightPx,
      opaque: true,
      stripRows,
      blueFirst: format === 'BGRX',
      async load(y) {
        start = y
        const rect = { x: 0, y, width: widthPx, height: Math.min(stripRows, heightPx - y) }
        await frame.copyTo(bytes, { rect, layout: [{ offset: 0, stride: widthPx * 4 }] })
      },
      row: (y) => bytes.subarray((y - start) * widthPx * 4, (y - start + 1) * widthPx * 4),
    }
  }
  return { kind: 'strips', strips, widthPx, heightPx, close: () => frame.close() }
}

/** Samples of brightness a sample of colour, across and down. */
const sampleShares: Readonly<Record<string, readonly [number, number]>> = {
  I420: [2, 2],
  I422: [2, 1],
  I444: [1, 1],
}
const matrices: Readonly<Record<string, PlanarSource['matrix']>> = {
  smpte170m: 'bt601',
  bt470bg: 'bt601',
  bt709: 'bt709',
}

/** `undefined` where the decoder gives other things than 8-bit planes of a picture that stands upright. */
async function decodePlanes(blob: Blob): Promise<Decoded | undefined> {
  const bytes = await blob.arrayBuffer()
  if (!isUprightAndPlain(new Uint8Array(bytes))) return undefined
  // A complete buffer: from a stream the decoder gives RGB.
  const decoder = new ImageDecoder({ data: bytes, type: blob.type })
  try {
    const { image: frame } = await decoder.decode()
    try {
      return await planesOf(frame)
    } finally {
      frame.close()
    }
  } finally {
    decoder.close()
  }
}

async function planesOf(frame: VideoFrame): Promise<Decoded | undefined> {
  const { format, colorSpace, visibleRect } = frame
  const shares = sampleShares[format ?? '']
  const matrix = matrices[colorSpace.matrix ?? '']
  if (shares === undefined || matrix === undefined || visibleRect === null) return undefined
  const { width, height } = visibleRect
  const bytes = new Uint8Array(frame.allocationSize())
  const layout = await frame.copyTo(bytes)
  const planes = layout.map(({ offset, stride }, i) => ({
    bytes,
    offset,
    stride,
    widthPx: i === 0 ? width : Math.ceil(width / shares[0]),
    heightPx: i === 0 ? height : Math.ceil(height / shares[1]),
  }))
  const [luma, blueness, redness] = planes
  if (luma === undefined || blueness === undefined || redness === undefined) return undefined
  return {
    kind: 'planes',
    planes: { planes: [luma, blueness, redness], matrix, fullRange: colorSpace.fullRange === true },
    widthPx: width,
    heightPx: height,
    // The memory goes back at once, and not when somebody collects it.
    close: () => void structuredClone(bytes.buffer, { transfer: [bytes.buffer] }),
  }
}

/** An ICC profile (APP2, "ICC_PROFILE"): then only the browser knows what the numbers mean. */
function hasProfile(bytes: Uint8Array): boolean {
  const name = 'ICC_PROFILE'
  const head = bytes.subarray(0, 65_536)
  for (let at = head.indexOf(0x49); at !== -1; at = head.indexOf(0x49, at + 1)) {
    let same = 0
    while (same < name.length && head[at + same] === name.charCodeAt(same)) same += 1
    if (same === name.length) return true
  }
  return false
}

function pixelsOf(bitmap: ImageBitmap, opaque: boolean): Decoded {
  const { width, height } = bitmap
  const rows = Math.min(stripRows, height)
  const canvas = new OffscreenCanvas(width, rows)
  const context = canvas.getContext('2d', { willReadFrequently: true, alpha: !opaque })
  if (context === null) throw new DOMException('No canvas can be had.', 'InvalidStateError')
  const pixels = (): PixelSource => {
    let strip: Uint8ClampedArray = new Uint8ClampedArray()
    let start = -rows
    const row = (y: number): Uint8ClampedArray => {
      if (y >= start + rows) {
        start = y
        // No further than the picture goes: WebKit stretches what is there over what is not.
        const count = Math.min(rows, height - start)
        if (!opaque) context.clearRect(0, 0, width, count)
        context.drawImage(bitmap, 0, start, width, count, 0, 0, width, count)
        strip = context.getImageData(0, 0, width, count).data
      }
      return strip.subarray((y - start) * width * 4, (y - start + 1) * width * 4)
    }
    return { widthPx: width, heightPx: height, opaque, row }
  }
  return {
    kind: 'pixels',
    pixels,
    widthPx: width,
    heightPx: height,
    opaque,
    close: () => {
      bitmap.close()
      canvas.width = 0
      canvas.height = 0
    },
  }
}
