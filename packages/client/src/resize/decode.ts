import { isChromium } from '../engine.ts'
import { jpegOrientation } from './jpeg-orientation.ts'
import type { PlanarSource } from './resize-planes.ts'
import type { StripSource } from './resize-pixels.ts'

/** A decoded picture, as the browser gives it cheapest. */
export type Decoded = {
  /** As it is stored. */
  widthPx: number
  heightPx: number
  /** How it is to be turned to be shown: EXIF's, 1 to 8. */
  orientation: number
  close(): void
} & (
  | { kind: 'planes'; planes: PlanarSource }
  | {
      kind: 'strips'
      /** The rows from the first on; only the last source asked for may be read. */
      strips(): StripSource
    }
)

/** Rows that are read back at once: some 1 MB of a wide photograph. */
const stripRows = 64
/** Metadata and profiles stand before the picture. */
const headBytes = 2 ** 18

/**
 * Decodes a picture; never in WebAssembly, which every browser's own decoder outruns.
 * @param picture a file; or a bitmap, which is closed with what is made of it
 * @param wantsPlanes planes where the decoder has them: only good for resizing in the numbers of the file
 * @throws DOMException for what is no picture
 */
export async function decode(picture: Blob | ImageBitmap, wantsPlanes: boolean): Promise<Decoded> {
  if (picture instanceof ImageBitmap) return canvasStrips(picture, false)
  const isJpeg = picture.type === 'image/jpeg'
  // Bitmaps are turned as EXIF data asks, and in sRGB whatever their profile is.
  // Firefox has frames and decoders too, and takes many times as long for them as for a canvas.
  if (!isJpeg || !isChromium) return canvasStrips(await createImageBitmap(picture), isJpeg)
  const head = new Uint8Array(await picture.slice(0, headBytes).arrayBuffer())
  // A frame has the pixels as they are stored, neither turned nor in sRGB.
  if (hasProfile(head)) return canvasStrips(await createImageBitmap(picture), true)
  const orientation = jpegOrientation(head)
  const planes =
    wantsPlanes && 'ImageDecoder' in globalThis
      ? await decodePlanes(picture, orientation).catch(() => undefined)
      : undefined
  if (planes !== undefined) return planes
  const bitmap = await createImageBitmap(picture)
  return frameStrips(bitmap, orientation) ?? canvasStrips(bitmap, true)
}

/**
 * Rows by `VideoFrame`, where the browser has an opaque picture's pixels in one of the usual orders: twice as fast as
 * by canvas, which takes a second copy of the whole picture. @returns `undefined` where it does not, and the bitmap is
 * as it was
 */
function frameStrips(bitmap: ImageBitmap, orientation: number): Decoded | undefined {
  if (!('VideoFrame' in globalThis)) return undefined
  const frame = new VideoFrame(bitmap, { timestamp: 0 })
  const { format, codedWidth: widthPx, codedHeight: heightPx } = frame
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
  return { kind: 'strips', strips, widthPx, heightPx, orientation, close: () => frame.close() }
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

/** `undefined` where the decoder gives other things than 8-bit planes. */
async function decodePlanes(blob: Blob, orientation: number): Promise<Decoded | undefined> {
  // A complete buffer: from a stream the decoder gives RGB.
  const decoder = new ImageDecoder({ data: await blob.arrayBuffer(), type: blob.type })
  try {
    const { image: frame } = await decoder.decode()
    try {
      return await planesOf(frame, orientation)
    } finally {
      frame.close()
    }
  } finally {
    decoder.close()
  }
}

async function planesOf(frame: VideoFrame, orientation: number): Promise<Decoded | undefined> {
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
    orientation,
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

/** Rows by canvas, which every browser has. The bitmap stands upright. */
function canvasStrips(bitmap: ImageBitmap, opaque: boolean): Decoded {
  const { width: widthPx, height: heightPx } = bitmap
  const canvas = new OffscreenCanvas(widthPx, Math.min(stripRows, heightPx))
  const context = canvas.getContext('2d', { willReadFrequently: true, alpha: !opaque })
  if (context === null) throw new DOMException('No canvas can be had.', 'InvalidStateError')
  const strips = (): StripSource => {
    let strip: Uint8ClampedArray = new Uint8ClampedArray()
    let start = 0
    return {
      widthPx,
      heightPx,
      opaque,
      stripRows,
      blueFirst: false,
      load(y) {
        start = y
        // No further than the picture goes: WebKit stretches what is there over what is not.
        const rows = Math.min(stripRows, heightPx - y)
        if (!opaque) context.clearRect(0, 0, widthPx, rows)
        context.drawImage(bitmap, 0, y, widthPx, rows, 0, 0, widthPx, rows)
        strip = context.getImageData(0, 0, widthPx, rows).data
      },
      row: (y) => strip.subarray((y - start) * widthPx * 4, (y - start + 1) * widthPx * 4),
    }
  }
  const close = (): void => {
    bitmap.close()
    canvas.width = 0
  }
  return { kind: 'strips', strips, widthPx, heightPx, orientation: 1, close }
}
