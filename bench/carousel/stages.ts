import { analysePixels } from '../../packages/carousel/src/analyse/analyse-base.ts'
import { createAnalysedBases } from '../../packages/carousel/src/analyse/analysed-bases.ts'
import { createDecodedBases } from '../../packages/carousel/src/decode/decoded-bases.ts'
import { createSharpEncoder } from '../../packages/carousel/src/encode/sharp-encoder.ts'
import { createFrames } from '../../packages/carousel/src/frames/frames.ts'
import { createBaseSource } from '../../packages/carousel/src/source/base-source.ts'
import { placeSlides, prepareSlides, renderSlide } from '../../packages/carousel/src/stand-in.ts'
import { createWorkCounts } from '../../packages/carousel/src/work-counts.ts'
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

/**
 * One stage after the other, each alone, so that its CPU can be told from the others'. In a carousel they overlap.
 */
export async function stageShares(base: Uint8Array): Promise<Stage[]> {
  const samples = new Map<string, { runs: number; cpuMs: number[] }>()
  for (let round = -2; round < stageRounds; round += 1) {
    await oneCarousel(base, async (name, runs, work) => {
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

async function oneCarousel(bytes: Uint8Array, clock: Clock): Promise<void> {
  const domain = 'default'
  const source = createBaseSource()
  const bases = createDecodedBases({ maxBytes: 0 })
  const analyses = createAnalysedBases({ maxBytes: 0 })
  const frames = createFrames({ bases, analyses, maxBytes: 0 })
  const base = await clock('source: hash', 1, () => source.get({ kind: 'bytes', bytes }, { domain }))
  const facts = await clock('source: inspect', 1, () => bases.facts(base, domain))
  const known = { base, facts, domain }
  // The frame asks for it again: it is held until then.
  const decoded = await clock('decode', 1, () => bases.get(known, slideSize, undefined))
  await clock('analyse', 1, () => analysePixels(decoded.value.value))
}
