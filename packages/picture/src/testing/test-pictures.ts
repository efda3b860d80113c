import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { asciiBytes, concatBytes, viewOf } from '../container/container.ts'
import type { SourceFormat } from '../picture-format.ts'

/** What a test picture is made with. */
export interface TestPicture {
  widthPx?: number
  heightPx?: number
  alpha?: boolean
}

/** A diagonal gradient with noise on it: neither flat enough nor random enough to hide a fault of a codec. */
export function testImage({ widthPx = 120, heightPx = 80, alpha = false }: TestPicture = {}): Sharp {
  const channels = alpha ? 4 : 3
  const pixels = new Uint8Array(widthPx * heightPx * channels)
  let noise = 1
  for (let index = 0; index < pixels.length; index += 1) {
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0
    const pixel = Math.floor(index / channels)
    const channel = index % channels
    const ramp = ((pixel % widthPx) + Math.floor(pixel / widthPx)) / (widthPx + heightPx)
    const level = channel === 3 ? ramp : channel === 1 ? 1 - ramp : ramp
    pixels[index] = Math.min(255, Math.round(level * 225) + (noise >>> 27))
  }
  return sharp(pixels, { raw: { width: widthPx, height: heightPx, channels } })
}

/** The test image as a file of each format, losslessly where the format can. */
export async function testFile(format: SourceFormat, picture?: TestPicture): Promise<Uint8Array> {
  const image = testImage(picture)
  if (format === 'webp') return await image.webp({ lossless: true }).toBuffer()
  if (format === 'avif') return await image.avif({ effort: 0 }).toBuffer()
  return await image.toFormat(format).toBuffer()
}

/** Every pixel of every frame, as it is stored, with its size: two files that agree here show the same. */
export async function pixelsOf(bytes: Uint8Array): Promise<{ data: Buffer; info: { width: number } }> {
  return await sharp(bytes, { animated: true }).raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true })
}

/** Red, green and blue of one pixel of the picture as shown. */
export async function colourAt(bytes: Uint8Array, x: number, y: number): Promise<number[]> {
  const image = sharp(bytes).autoOrient().toColourspace('srgb')
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
  const at = (y * info.width + x) * info.channels
  return [...data.subarray(at, at + info.channels)]
}

/** One PNG chunk with a right checksum. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const body = concatBytes([asciiBytes(type), data])
  const frame = new Uint8Array(8)
  viewOf(frame).setUint32(0, data.length)
  viewOf(frame).setUint32(4, crc32(body))
  return concatBytes([frame.subarray(0, 4), body, frame.subarray(4)])
}

/** The chunks put in right behind the header of a PNG. */
export function withPngChunks(png: Uint8Array, chunks: readonly Uint8Array[]): Uint8Array {
  const headerEnd = 8 + 25
  return concatBytes([png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)])
}

/** Types of a PNG's chunks, in order. */
export function pngChunkTypes(png: Uint8Array): string[] {
  const types: string[] = []
  for (let at = 8; at < png.length; at += 12 + viewOf(png).getUint32(at)) {
    types.push(Buffer.from(png.subarray(at + 4, at + 8)).toString('latin1'))
  }
  return types
}

/** A PNG whose header declares a size that its few bytes of data do not have. */
export function declaredPng(widthPx: number, heightPx: number): Uint8Array {
  const header = new Uint8Array(13)
  viewOf(header).setUint32(0, widthPx)
  viewOf(header).setUint32(4, heightPx)
  header.set([8, 2, 0, 0, 0], 8)
  return concatBytes([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(new Uint8Array(1000))),
    pngChunk('IEND', new Uint8Array()),
  ])
}

/** A JPEG with these segments behind SOI: `[marker, payload]`. */
export function withJpegSegments(
  jpeg: Uint8Array,
  segments: readonly (readonly [marker: number, payload: string])[],
): Uint8Array {
  const written = segments.map(([marker, payload]) => {
    const head = Uint8Array.of(0xff, marker, (payload.length + 2) >> 8, (payload.length + 2) & 0xff)
    return concatBytes([head, asciiBytes(payload)])
  })
  return concatBytes([jpeg.subarray(0, 2), ...written, jpeg.subarray(2)])
}
