import type { SlideText } from '../packages/carousel/src/slide.ts'
import { startOrigin } from './carousel/origin.ts'
import type { Link, Origin } from './carousel/origin.ts'
import { findModules, peersEnvironment } from './carousel/peers.ts'
import { stageRounds, stageShares } from './carousel/stages.ts'
import type { Stage } from './carousel/stages.ts'
import { readBase, seventhSlide, slides } from './carousel/subject.ts'
import { startVariant } from './carousel/variant-child.ts'
import type { VariantChild } from './carousel/variant-child.ts'
import type { Took } from './carousel/variant-process.ts'
import { variants } from './carousel/variants.ts'
import type { Variant, VariantName } from './carousel/variants.ts'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'

const nearRounds = 7
const farRounds = 3
const memoryRounds = 3
const oneMoreRounds = 20

const near: Link = { delayMs: [0, 0], bytesPerS: undefined }
/** 20 Mbit/s, shared by all connections. */
const far: Link = { delayMs: [200, 800], bytesPerS: 20e6 / 8 }

const names = Object.keys(variants) as VariantName[]
/** Whose wait for the network is looked at. */
const travellers: readonly VariantName[] = ['download', 'naive', 'fetch-once', 'decode-once', 'darkroom']

/** One run of one variant, and what the origin sent for it. */
interface Run extends Took {
  requests: number
  sentBytes: number
}

/**
 * Six slides of 1080 × 1350 from one photograph: made the usual way, then with more and more of it shared, and by
 * Darkroom; the variants in turn, so that the machine's moods hit all. Each variant has a process of its own.
 */
export async function carouselBench({ peers }: { peers: string | undefined }): Promise<BenchResult> {
  const makers = names.filter((name) => name !== 'download' && isThere(variants[name], peers))
  const { bytes, about } = await readBase()
  const origin = await startOrigin(bytes)
  try {
    const rss = await peakMemory(origin, makers, peers)
    const nearRuns = await interleaved(origin, near, nearRounds, makers, peers)
    const farRuns = await interleaved(origin, far, farRounds, travellers)
    const oneMore = await oneMoreSlide(origin)
    const stages = await stageShares(bytes)
    const atHand = makers.map((name) => ({
      name,
      wallMs: round(median(nearRuns[name], 'wallMs'), 1),
      cpuMs: round(median(nearRuns[name], 'cpuMs'), 1),
      rssMb: round(rss[name], 1),
    }))
    const afar = travellers.map((name) => ({
      name,
      wallMs: round(median(farRuns[name], 'wallMs'), 1),
      requests: median(farRuns[name], 'requests'),
      sentMb: round(median(farRuns[name], 'sentBytes') / 1e6),
    }))
    return report(`${about}, ${round(bytes.byteLength / 1e6)} MB`, { atHand, afar, oneMore, stages, rss })
  } finally {
    origin.close()
  }
}

function isThere({ peers }: Variant, folder: string | undefined): boolean {
  return peers === undefined || (folder !== undefined && findModules(folder, peers) !== undefined)
}

function environmentOf(peers: string | undefined): Record<string, string> {
  return peers === undefined ? {} : peersEnvironment(peers)
}

/** Every variant once a round, in turn, each in one process that has made a carousel before. */
async function interleaved(
  origin: Origin,
  link: Link,
  rounds: number,
  wanted: readonly VariantName[],
  peers?: string,
): Promise<Record<VariantName, Run[]>> {
  const runs = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<VariantName, Run[]>
  const children = await startAll(wanted, peers)
  try {
    for (let index = 0; index <= rounds; index += 1) {
      for (const [name, child] of children) {
        const first = index === 0
        origin.begin(first ? near : link, index)
        const took = await child.make({ url: origin.url, slides })
        const { requests, bytes: sentBytes } = origin.sent()
        if (!first) runs[name].push({ ...took, requests, sentBytes })
      }
    }
  } finally {
    for (const child of children.values()) await child.end()
  }
  return runs
}

async function startAll(
  wanted: readonly VariantName[],
  peers: string | undefined,
): Promise<Map<VariantName, VariantChild>> {
  const children = new Map<VariantName, VariantChild>()
  for (const name of wanted) children.set(name, await startVariant(name, environmentOf(peers)))
  return children
}

/** The largest resident set of a fresh process that makes one carousel; `one` is ours with a single slide. */
async function peakMemory(
  origin: Origin,
  makers: readonly VariantName[],
  peers: string | undefined,
): Promise<Record<VariantName | 'one', number>> {
  const peaks = new Map<string, number[]>()
  origin.begin(near, 0)
  for (let index = 0; index < memoryRounds; index += 1) {
    for (const name of [...makers, 'one'] as const) {
      const child = await startVariant(name === 'one' ? 'darkroom' : name, environmentOf(peers))
      const only = name === 'one' ? [0] : undefined
      const { peakRssMb } = await child.make({ url: origin.url, slides, only })
      peaks.set(name, [...(peaks.get(name) ?? []), peakRssMb])
      await child.end()
    }
  }
  return Object.fromEntries([...peaks].map(([name, each]) => [name, percentile(each, 0.5)])) as Record<
    VariantName | 'one',
    number
  >
}

/**
 * What the seventh slide costs: the median of the differences between seven slides and six made one after the
 * other, in one process; which comes first alternates.
 */
async function oneMoreSlide(origin: Origin): Promise<number> {
  const child = await startVariant('darkroom')
  const cpuMs = async (made: readonly SlideText[]): Promise<number> =>
    (await child.make({ url: origin.url, slides: made })).cpuMs
  const seven = [...slides, seventhSlide]
  const differences: number[] = []
  origin.begin(near, 0)
  try {
    for (let index = -2; index < oneMoreRounds; index += 1) {
      const first = await cpuMs(index % 2 === 0 ? slides : seven)
      const second = await cpuMs(index % 2 === 0 ? seven : slides)
      if (index >= 0) differences.push(index % 2 === 0 ? second - first : first - second)
    }
  } finally {
    await child.end()
  }
  return percentile(differences, 0.5)
}

interface Figures {
  atHand: { name: VariantName; wallMs: number; cpuMs: number; rssMb: number }[]
  afar: { name: string; wallMs: number; requests: number; sentMb: number }[]
  oneMore: number
  stages: Stage[]
  rss: Record<VariantName | 'one', number>
}

function report(base: string, { atHand, afar, oneMore, stages, rss }: Figures): BenchResult {
  const naiveCpuMs = atHand.find(({ name }) => name === 'naive')?.cpuMs ?? Number.NaN
  const bareMs = afar.find(({ name }) => name === 'download')?.wallMs ?? Number.NaN
  const oneMoreCpuMs = round(oneMore, 1)
  const oneSlideRssMb = round(rss.one, 1)
  const stagesMs = stages.reduce((sum, { cpuMs }) => sum + cpuMs, 0)
  return {
    name: 'carousel',
    method:
      `${slides.length} slides of 1080 × 1350, JPEG, from ${base}; no network delay; medians of ${nearRounds} interleaved rounds, ` +
      `peak RSS of a fresh process that makes one carousel (median of ${memoryRounds}). ${describe(atHand)}`,
    rows: atHand.map(({ name, wallMs, cpuMs, rssMb }) => ({
      variant: name,
      'wall ms': wallMs,
      'CPU ms': cpuMs,
      'CPU ms a slide': round(cpuMs / slides.length, 1),
      'of naive CPU': `1/${round(naiveCpuMs / cpuMs, 1)}`,
      'peak RSS MB': rssMb,
    })),
    more: [
      {
        title: `The same with 200–800 ms before each answer and 20 Mbit/s shared; medians of ${farRounds} rounds`,
        rows: afar.map(({ name, wallMs, requests, sentMb }) => ({
          variant: name,
          'wall ms': wallMs,
          'beyond the bare download ms': round(wallMs - bareMs, 1),
          requests,
          'sent MB': sentMb,
        })),
      },
      {
        title: `darkroom: CPU of one stage after the other in one process, medians of ${stageRounds}; per slide it is ${round(stagesMs / slides.length, 1)} ms`,
        rows: stages.map(({ name, cpuMs, runs }) => ({
          stage: name,
          runs,
          'CPU ms': round(cpuMs, 1),
          share: `${Math.round((100 * cpuMs) / stagesMs)} %`,
        })),
      },
      {
        title: 'darkroom: what one more slide costs, and what six keep in memory',
        rows: [
          { what: `CPU ms of a seventh slide (median of ${oneMoreRounds} pairs)`, value: oneMoreCpuMs },
          { what: 'peak RSS MB for one slide', value: oneSlideRssMb },
          { what: 'peak RSS MB for six', value: round(rss.darkroom, 1) },
        ],
      },
    ],
    json: { variants: atHand, network: afar, stages, oneMoreCpuMs, oneSlideRssMb },
  }
}

function describe(wanted: readonly { name: VariantName }[]): string {
  return wanted.map(({ name }) => `${name}: ${variants[name].about}`).join('; ')
}

function median(runs: readonly Run[], key: keyof Run): number {
  return percentile(
    runs.map((each) => each[key]),
    0.5,
  )
}
