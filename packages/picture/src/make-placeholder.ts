import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { sizeInside } from './fit-geometry.ts'
import type { PixelSize } from './fit-geometry.ts'
import type { PictureFormat } from './picture-format.ts'
import { encode } from './encoder.ts'

/** What a placeholder stands in for. */
export interface PlaceholderSpec extends PixelSize {
  format: PictureFormat
  /** The same text gives the same gradient; another text, most likely, another. */
  seedText: string
}

/** A gradient has no detail: a browser enlarges this as softly as it would more. */
const usualLongSidePx = 24

/** For banners, so that their short side still has its pixel and the shape stays right up to 64:1. */
const maxLongSidePx = 64

const quality = 70

/**
 * A tiny soft gradient in the shape of the picture to come, below 1.5 KB. It waits for nothing: it takes no turn
 * behind pictures being encoded, since it is what is shown while they are.
 */
export async function makePlaceholder(spec: PlaceholderSpec): Promise<Uint8Array> {
  const longToShort = Math.max(spec.widthPx / spec.heightPx, spec.heightPx / spec.widthPx)
  const longSidePx = Math.min(maxLongSidePx, Math.max(usualLongSidePx, Math.round(4 * longToShort)))
  const size = sizeInside(spec, { widthPx: longSidePx, heightPx: longSidePx })
  const pixels = gradient(size, cornersOf(spec.seedText))
  const raw = { width: size.widthPx, height: size.heightPx, channels: 3 as const }
  return await encode[spec.format](sharp(pixels, { raw }), quality).toBuffer()
}

type Colour = readonly [red: number, green: number, blue: number]

interface Corners {
  topLeft: Colour
  topRight: Colour
  bottomLeft: Colour
  bottomRight: Colour
}

/** Two neighbouring hues, muted, lighter above than below, as most pictures are. */
function cornersOf(seedText: string): Corners {
  const digest = createHash('sha256').update(seedText.toWellFormed()).digest()
  const hueDeg = (digest.readUInt16BE(0) / 65_536) * 360
  const turnDeg = 25 + (digest.readUInt8(2) / 255) * 45
  const saturation = 0.25 + (digest.readUInt8(3) / 255) * 0.2
  return {
    topLeft: colourOf(hueDeg, saturation, 0.82),
    topRight: colourOf(hueDeg + turnDeg / 2, saturation, 0.74),
    bottomLeft: colourOf(hueDeg + turnDeg / 2, saturation, 0.58),
    bottomRight: colourOf(hueDeg + turnDeg, saturation, 0.46),
  }
}

/** sRGB, 0–255, of hue in degrees, saturation and lightness 0–1 (CSS Color 4 §7.1). */
function colourOf(hueDeg: number, saturation: number, lightness: number): Colour {
  const channel = (offset: number): number => {
    const k = (offset + hueDeg / 30) % 12
    const amplitude = saturation * Math.min(lightness, 1 - lightness)
    return 255 * (lightness - amplitude * Math.max(-1, Math.min(k - 3, 9 - k, 1)))
  }
  return [channel(0), channel(8), channel(4)]
}

/** Bilinear between four corners, row by row, three bytes a pixel. */
function gradient({ widthPx, heightPx }: PixelSize, corners: Corners): Uint8Array {
  const pixels = new Uint8Array(widthPx * heightPx * 3)
  let at = 0
  for (let y = 0; y < heightPx; y += 1) {
    const down = heightPx === 1 ? 0.5 : y / (heightPx - 1)
    for (let x = 0; x < widthPx; x += 1) {
      const right = widthPx === 1 ? 0.5 : x / (widthPx - 1)
      for (const channel of [0, 1, 2] as const) {
        const top = mix(corners.topLeft[channel], corners.topRight[channel], right)
        const bottom = mix(corners.bottomLeft[channel], corners.bottomRight[channel], right)
        pixels[at] = Math.round(mix(top, bottom, down))
        at += 1
      }
    }
  }
  return pixels
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share
}
