import { inspectPicture } from '@darkroom/picture'
import { analysePixels } from '../../packages/carousel/src/analyse/analyse-base.ts'
import { findFaces } from '../../packages/carousel/src/analyse/faces/find-faces.ts'
import { frameAnalysisOf } from '../../packages/carousel/src/analyse/frame-analysis.ts'
import { decodeBase } from '../../packages/carousel/src/decode/decode-base.ts'
import { scaleFor } from '../../packages/carousel/src/decode/decode-size.ts'
import { createSharpEncoder } from '../../packages/carousel/src/encode/sharp-encoder.ts'
import { choosePart } from '../../packages/carousel/src/frames/choose-part.ts'
import { cutPixels } from '../../packages/carousel/src/frames/cut-pixels.ts'
import { placeSlides } from '../../packages/carousel/src/layout/place-slides.ts'
import { prepareSlides } from '../../packages/carousel/src/layout/prepare-slides.ts'
import { renderSlide } from '../../packages/carousel/src/render/render-slide.ts'
import { createBaseSource } from '../../packages/carousel/src/source/base-source.ts'
import { createFonts } from '../../packages/carousel/src/text/fonts.ts'
import type { Fonts } from '../../packages/carousel/src/text/fonts.ts'
import { percentile } from '../result.ts'
import { slides, slideSize } from './subject.ts'

export const stageRounds = 15

/** CPU of one stage of a whole carousel. */
export interface Stage {
  name: string
  /** How often it runs for six slides. */
  runs: number
  cpuMs: number
}

type Clock = <T>(name: string, runs: number, work: () => Promise<T> | T) => Promise<T>

/** Kept and used again, as a maker does. */
const buffers = slides.map(() => new Uint8Array(slideSize.widthPx * slideSize.heightPx * 3))

/**
 * One stage after the other, each alone, so that its CPU can be told from the others'. In a carousel they overlap.
 */
export async function stageShares(base: Uint8Array): Promise<Stage[]> {
  const fonts = createFonts()
  const samples = new Map<string, { runs: number; cpuMs: number[] }>()
  for (let round = -2; round < stageRounds; round += 1) {
    await oneCarousel(base, fonts, async (name, runs, work) => {
      const cpu = process.cpuUsage()
      const value = await work()
      const { user, system } = process.cpuUsage(cpu)
      const stage = samples.get(name) ?? { runs, cpuMs: [] }
      if (round >= 0) stage.cpuMs.push((user + system) / 1000)
      samples.set(name, stage)
      return value
    })
  }
  return [...samples].map(([name, { runs, cpuMs }]) => ({ name, runs, cpuMs: percentile(cpuMs, 0.5) }))
}

async function oneCarousel(bytes: Uint8Array, fonts: Fonts, clock: Clock): Promise<void> {
  const source = createBaseSource()
  const base = await clock('source', 1, async () => {
    const sourced = await source.get({ kind: 'bytes', bytes }, { domain: 'default' })
    return { ...sourced, facts: await inspectPicture(sourced.bytes) }
  })
  const signal = AbortSignal.any([])
  const decoded = await clock('decode', 1, () =>
    decodeBase(base.bytes, base.facts, scaleFor(base.facts, slideSize), signal),
  )
  const grids = await clock('analyse', 1, () => analysePixels(decoded))
  const faces = await clock('faces', 1, () => findFaces(decoded, signal))
  const frame = await clock('frame', 1, async () => {
    const analysis = { ...grids, faces, durationMs: 0 }
    const part = choosePart(analysis, slideSize)
    const data = await cutPixels(decoded, part, slideSize, signal)
    const { widthPx, heightPx } = slideSize
    return { data, widthPx, heightPx, analysis: frameAnalysisOf(analysis, part, widthPx, heightPx) }
  })
  const design = await clock('layout', 1, async () => {
    const prepared = await prepareSlides(
      { slides, size: slideSize, theme: undefined, brand: undefined },
      fonts,
    )
    return { prepared, placement: placeSlides(frame, prepared) }
  })
  const rendered = await clock('render', slides.length, () =>
    slides.map((_, index) => renderSlide(frame, design.prepared, index, design.placement, buffers[index])),
  )
  const encoder = createSharpEncoder()
  const settings = { format: 'jpeg', quality: 85, mark: undefined } as const
  await clock('encode', slides.length, async () => {
    for (const slide of rendered) await encoder.encode(slide, frame, settings, undefined)
  })
  await source.close()
}
