import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { loadKernel } from '../../packages/client/src/resize/kernel.ts'
import type { Light } from '../../packages/client/src/resize/light.ts'
import { resizePixels } from '../../packages/client/src/resize/resize-pixels.ts'
import type { Pixels } from '../../packages/client/src/resize/testing/gold.ts'
import { goldResize, psnr, testPicture, zonePlate } from '../../packages/client/src/resize/testing/gold.ts'
import { round } from '../result.ts'

type Resize = (source: Pixels, width: number, height: number, light: Light) => Promise<Pixels>

/** How near each comes to Lanczos-3 in 64-bit arithmetic, and how much of what must vanish does not. */
export async function qualityRows(page: Page): Promise<Record<string, string | number>[]> {
  const wasm = await readFile(resolve(import.meta.dirname, '../../packages/client/src/resize/kernel.wasm'))
  const kernel = await loadKernel(Uint8Array.from(wasm))
  const ours: Resize = async ({ widthPx: w, heightPx: h, data }, widthPx, heightPx, light) => {
    const row = (y: number): Uint8Array | Uint8ClampedArray => data.subarray(y * w * 4, (y + 1) * w * 4)
    const source = { widthPx: w, heightPx: h, opaque: true, row }
    return { widthPx, heightPx, data: resizePixels(kernel, source, { widthPx, heightPx }, light) }
  }
  const libvips: Resize = async ({ widthPx: w, heightPx: h, data }, widthPx, heightPx, light) => {
    const raw = { width: w, height: h, channels: 4 as const }
    let picture = sharp(data, { raw }).removeAlpha()
    if (light === 'linear') picture = picture.pipelineColourspace('scrgb')
    const made = await picture
      .resize(widthPx, heightPx, { kernel: 'lanczos3', fit: 'fill' })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw()
      .toBuffer()
    return { widthPx, heightPx, data: made }
  }
  const pica: Resize = async ({ widthPx: w, heightPx: h, data }, widthPx, heightPx) => {
    const made = (await page.evaluate(
      `byPica(${JSON.stringify(Buffer.from(data).toString('base64'))}, ${w}, ${h}, ${widthPx}, ${heightPx})`,
    )) as string
    return { widthPx, heightPx, data: Buffer.from(made, 'base64') }
  }
  const picture = testPicture(640, 480)
  const plate = zonePlate(512)
  const rows: Record<string, string | number>[] = []
  for (const light of ['linear', 'srgb'] as const) {
    const gold = goldResize(picture, 200, 150, light)
    const goldPlate = aliasOf(goldResize(plate, 128, 128, light))
    for (const [name, resize] of Object.entries({ ours, libvips, 'pica, lanczos3': pica })) {
      // pica has the numbers of the file alone.
      if (name.startsWith('pica') && light === 'linear') continue
      const first = await resize(picture, 200, 150, light)
      const again = await resize(picture, 200, 150, light)
      rows.push({
        light,
        by: name,
        psnrDb: round(psnr(first, gold)),
        aliasToGold: round(aliasOf(await resize(plate, 128, 128, light)) / goldPlate, 3),
        sameBytesAgain: String(Buffer.from(first.data).equals(Buffer.from(again.data))),
      })
    }
  }
  return rows
}

/** Rings finer than 128 pixels can hold must be an even grey: how far they are from it, root mean square. */
function aliasOf({ widthPx, heightPx, data }: Pixels): number {
  const values: number[] = []
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const radius = Math.hypot(x + 0.5 - widthPx / 2, y + 0.5 - heightPx / 2)
      if (radius > widthPx / 6 && radius < widthPx / 2) values.push(data[(y * widthPx + x) * 4] ?? 0)
    }
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}
