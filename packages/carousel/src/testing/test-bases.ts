import sharp from 'sharp'
import type { Sharp } from 'sharp'
import type { SlideText } from '../slide.ts'

/** A scene of coloured fields with a gradient: what is turned, cut, scaled or badly coloured looks different. */
export function testPhoto(widthPx = 640, heightPx = 800): Sharp {
  const pixels = new Uint8Array(widthPx * heightPx * 3)
  for (let y = 0, at = 0; y < heightPx; y += 1) {
    for (let x = 0; x < widthPx; x += 1, at += 3) {
      const right = x / widthPx
      const down = y / heightPx
      pixels[at] = Math.round(220 * right)
      pixels[at + 1] = Math.round(200 * down)
      pixels[at + 2] = right + down > 1 ? 60 : 150
    }
  }
  return sharp(pixels, { raw: { width: widthPx, height: heightPx, channels: 3 } })
}

/** As JPEG. The seed changes a corner, so that no memo knows it. */
export async function photoBytes(widthPx?: number, heightPx?: number, seed = 0): Promise<Uint8Array> {
  const mark = {
    create: { width: 16, height: 16, channels: 3, background: { r: seed, g: 0, b: 0 } },
  } as const
  const image = testPhoto(widthPx, heightPx)
  return await image
    .composite([{ input: mark, left: 0, top: 0 }])
    .jpeg({ quality: 92 })
    .toBuffer()
}

/** So many slides: a hook, points, a call. */
export function testSlides(count: number): SlideText[] {
  return Array.from({ length: count }, (_, index) => {
    if (index === 0) return { kind: 'hook', title: 'What the light does' }
    if (index === count - 1) return { kind: 'cta', title: 'See it', label: 'Go' }
    return { kind: 'point', title: `Point ${index}`, body: 'Its reason.' }
  })
}
