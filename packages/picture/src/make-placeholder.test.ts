import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { verifyPicture } from './inspect-picture.ts'
import { makePlaceholder } from './make-placeholder.ts'
import { pictureFormats } from './picture-format.ts'

describe('makePlaceholder', () => {
  test.each(pictureFormats)('is a tiny %s in the shape of the picture', async (format) => {
    for (const [widthPx, heightPx] of [
      [1024, 768],
      [768, 1024],
      [64, 4096],
      [4096, 64],
      [1, 1],
    ] as const) {
      for (const seedText of ['', 'a red sailboat at sunset 0', '\ud800']) {
        const bytes = await makePlaceholder({ widthPx, heightPx, format, seedText })
        expect(bytes.length).toBeLessThan(1536)
        const facts = await verifyPicture(bytes)
        expect(facts.format).toBe(format)
        expect(Math.max(facts.widthPx, facts.heightPx)).toBeLessThanOrEqual(64)
        // The exact shape, but for the rounding of the short side.
        const shortPx =
          (Math.max(facts.widthPx, facts.heightPx) * Math.min(widthPx, heightPx)) /
          Math.max(widthPx, heightPx)
        expect(Math.abs(Math.min(facts.widthPx, facts.heightPx) - shortPx)).toBeLessThanOrEqual(0.5)
        expect(facts.widthPx > facts.heightPx).toBe(widthPx > heightPx)
      }
    }
  })

  test('is the same for the same text and soft in every direction', async () => {
    const spec = { widthPx: 512, heightPx: 512, format: 'png', seedText: 'a red sailboat 7' } as const
    const [one, two, other] = await Promise.all([
      makePlaceholder(spec),
      makePlaceholder(spec),
      makePlaceholder({ ...spec, seedText: 'a red sailboat 8' }),
    ])
    expect(Buffer.compare(one, two)).toBe(0)
    expect(Buffer.compare(one, other)).not.toBe(0)
    const { data, info } = await sharp(one).raw().toBuffer({ resolveWithObject: true })
    const row = info.width * info.channels
    const steps = [...data].flatMap((value, at) => [
      ...(at % row < row - info.channels ? [Math.abs(value - (data[at + info.channels] ?? 0))] : []),
      ...(at + row < data.length ? [Math.abs(value - (data[at + row] ?? 0))] : []),
    ])
    expect(Math.max(...steps)).toBeLessThan(12)
    expect(Math.max(...data) - Math.min(...data)).toBeGreaterThan(40)
  })
})
