import type { FrameAnalysis, RegionStatistics } from '../frame.ts'
import type { RectPx } from '../slide.ts'
import type { Tone } from './placement.ts'

/** sRGB value (0..1) that text of that ink can stand on at 4.5:1: white ink at most, dark ink at least. */
const darkestForLightInk = 0.46
const lightestForDarkInk = 0.5

/** Estimate of the scrim that ink of a tone needs over a region, 0..1: its brightest or darkest parts decide. */
export function scrimNeed(
  { luminance, deviation }: Pick<RegionStatistics, 'luminance' | 'deviation'>,
  tone: Tone,
): number {
  if (tone === 'dark') {
    const bright = Math.min(1, luminance + 1.5 * deviation) ** 0.4545
    return Math.max(0, 1 - darkestForLightInk / Math.max(bright, 0.01))
  }
  const dark = Math.max(0, luminance - 1.5 * deviation) ** 0.4545
  return Math.max(0, (lightestForDarkInk - dark) / (1 - dark))
}

/** The tone that leaves the photograph most alone. `bias` is how much more scrim light ink may need. */
export function toneOf(region: RegionStatistics, bias: number): Tone {
  return scrimNeed(region, 'light') + bias < scrimNeed(region, 'dark') ? 'light' : 'dark'
}

/** On what is busy, light ink on a shadow reads better than dark ink in a haze, whatever the numbers say. */
const busyInk = { edges: 0.07, deviation: 0.2, weight: 2, deviationWeight: 1, most: 0.35 }

/** How much more scrim light ink may need on a region for its being busy or of mixed brightness. */
export function busyBias({ edges, deviation }: RegionStatistics): number {
  const busy = busyInk.weight * Math.max(0, edges - busyInk.edges)
  const mixed = busyInk.deviationWeight * Math.max(0, deviation - busyInk.deviation)
  return Math.min(busyInk.most, busy + mixed)
}

/**
 * The tone for a place that is chosen, from its darkest and brightest cells instead of its mean (one dark head in a
 * bright room decides what dark ink needs), and from how far each scrim would move the whole region.
 */
export function toneAt(region: RectPx, analysis: FrameAnalysis, bias: number): Tone {
  const [darkest, brightest] = extremes(region, analysis)
  const mean = analysis.statistics(region).luminance ** 0.4545
  const towardsBlack = scrimNeed({ luminance: brightest, deviation: 0 }, 'dark') * mean
  const towardsWhite = scrimNeed({ luminance: darkest, deviation: 0 }, 'light') * (1 - mean)
  return towardsWhite + bias < towardsBlack ? 'light' : 'dark'
}

/** Levels that extremes are told apart by. */
const levels = 64

/** What 99 of 100 cells are brighter than, and darker than. */
function extremes(
  region: RectPx,
  { columns, rows, cellPx, luminance, deviation }: FrameAnalysis,
): [number, number] {
  const lows = new Int32Array(levels + 1)
  const highs = new Int32Array(levels + 1)
  let cells = 0
  const right = Math.min(columns, Math.ceil((region.leftPx + region.widthPx) / cellPx))
  const bottom = Math.min(rows, Math.ceil((region.topPx + region.heightPx) / cellPx))
  for (let row = Math.max(0, Math.floor(region.topPx / cellPx)); row < bottom; row += 1) {
    for (let column = Math.max(0, Math.floor(region.leftPx / cellPx)); column < right; column += 1) {
      const at = row * columns + column
      const mean = luminance[at] as number
      const spread = deviation[at] as number
      const low = Math.floor(Math.max(0, mean - spread) * levels)
      const high = Math.ceil(Math.min(1, mean + spread) * levels)
      lows[low] = (lows[low] as number) + 1
      highs[high] = (highs[high] as number) + 1
      cells += 1
    }
  }
  let darkest = 0
  for (let count = lows[0] as number; count <= cells / 100 && darkest < levels;)
    count += lows[++darkest] as number
  let brightest = levels
  for (let count = highs[levels] as number; count <= cells / 100 && brightest > 0;) {
    count += highs[--brightest] as number
  }
  return [darkest / levels, brightest / levels]
}
