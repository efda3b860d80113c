import type { Face, Frame, FrameAnalysis, RegionStatistics } from '../frame.ts'
import type { RectPx } from '../slide.ts'
import { candidatesOf } from './candidates.ts'
import type { Candidate } from './candidates.ts'
import { footHeight } from './foot.ts'
import type { Placement, Tone } from './placement.ts'
import type { PreparedSlides } from './prepare-slides.ts'
import type { SlideGeometry } from './slide-geometry.ts'
import type { Theme } from './theme.ts'

/** What makes a place bad, each from 0 to about 1. */
const weights = { saliency: 0.5, edges: 0.7, deviation: 0.7, skin: 0.2, scrim: 0.35 }
/** Against the mean of the whole frame, up to twice it: on a calm photograph little things decide. */
const relativeWeight = 0.14
/** Added to means before they divide: what is below is noise. */
const noise = 0.012
/** A tenth of a face covered costs as much as the busiest place; beyond the core text comes seldom. */
const faceWeights = { core: 9, beyond: 4 }
/** What lies beyond the core counts only where it is worse. */
const beyondWeight = 0.6
/** The same tone for text and foot is worth this much scrim. */
const sameToneWorth = 0.06
/** A white haze at the foot of a photograph looks like a fault; a shadow looks like one of its own. */
const leastFootBias = 0.2

/**
 * Chooses where the text of a carousel stands on a frame. Pure, from the analysis alone: photograph, size, theme and
 * brand decide, words never do, so that editing one headline moves nothing.
 */
export function placeSlides(frame: Pick<Frame, 'analysis'>, prepared: PreparedSlides): Placement {
  const { geometry, theme, hasFoot } = prepared
  const { analysis } = frame
  const whole = analysis.statistics({
    leftPx: 0,
    topPx: 0,
    widthPx: geometry.widthPx,
    heightPx: geometry.heightPx,
  })
  let best: { candidate: Candidate; cost: number } | undefined
  for (const candidate of candidatesOf(geometry, hasFoot)) {
    const cost = costOf(candidate, analysis, whole, theme)
    if (best === undefined || cost < best.cost - 1e-9) best = { candidate, cost }
  }
  if (best === undefined) throw new Error('a slide has no candidates')
  const { zone, anchor, core } = best.candidate
  const statistics = analysis.statistics(core)
  const tone = toneAt(core, analysis, theme.lightInkBias)
  return {
    zone,
    anchor,
    tone,
    busyness: busynessOf(statistics),
    foot: hasFoot
      ? footOf(zone, anchor === 'bottom' || geometry.shape === 'landscape', tone, geometry, analysis, theme)
      : undefined,
    faces: analysis.faces.filter((face) => importanceOf(face, analysis) > 0.3).map(grown),
    cost: best.cost,
  }
}

function costOf(
  { zone, core, anchor, tightness }: Candidate,
  analysis: FrameAnalysis,
  frame: RegionStatistics,
  theme: Theme,
): number {
  const inner = calmCost(analysis.statistics(core), frame, theme)
  const whole = calmCost(analysis.statistics(zone), frame, theme)
  return (
    faceWeights.core * faceShare(core, analysis) +
    faceWeights.beyond * faceShare(zone, analysis) +
    inner +
    beyondWeight * Math.max(0, whole - inner) * (zone.heightPx / core.heightPx) +
    theme.places[anchor] +
    tightness
  )
}

/** Of a face, what lies around the box that a detector draws from brow to chin: hair, chin, ears. */
const around = { above: 0.35, below: 0.12, beside: 0.1 }

function grown({ leftPx, topPx, widthPx, heightPx }: RectPx): RectPx {
  return {
    leftPx: leftPx - widthPx * around.beside,
    topPx: topPx - heightPx * around.above,
    widthPx: widthPx * (1 + 2 * around.beside),
    heightPx: heightPx * (1 + around.above + around.below),
  }
}

/** From here on something is taken for a face at all; from `sure` on without doubt. Lamps and wheels reach 0.55. */
const likely = { from: 0.48, sure: 0.8 }
/** Of the frame's width: smaller faces are people in the background. */
const importantWidth = 0.16

/** How much a face counts, 0..1. */
function importanceOf({ likelihood, widthPx }: Face, { columns, cellPx }: FrameAnalysis): number {
  const certainty = Math.min(1, Math.max(0, (likelihood - likely.from) / (likely.sure - likely.from)))
  return certainty * Math.min(1, widthPx / (importantWidth * columns * cellPx))
}

/** The largest share of one face, its hair and chin included, that a region covers, by how much it counts. */
function faceShare(region: RectPx, analysis: FrameAnalysis): number {
  let most = 0
  for (const face of analysis.faces) {
    const head = grown(face)
    const width =
      Math.min(head.leftPx + head.widthPx, region.leftPx + region.widthPx) -
      Math.max(head.leftPx, region.leftPx)
    const height =
      Math.min(head.topPx + head.heightPx, region.topPx + region.heightPx) -
      Math.max(head.topPx, region.topPx)
    if (width <= 0 || height <= 0) continue
    most = Math.max(most, (importanceOf(face, analysis) * width * height) / (head.widthPx * head.heightPx))
  }
  return most
}

function calmCost(region: RegionStatistics, frame: RegionStatistics, theme: Theme): number {
  const tone = toneOf(region, theme.lightInkBias)
  const relative = (of: 'saliency' | 'edges' | 'deviation'): number =>
    relativeWeight * Math.min(2, region[of] / (frame[of] + noise))
  return (
    weights.saliency * region.saliency +
    weights.edges * region.edges +
    weights.deviation * region.deviation +
    weights.skin * region.skin +
    weights.scrim * scrimNeed(region, tone) +
    relative('saliency') +
    relative('edges') +
    relative('deviation')
  )
}

/** sRGB value (0..1) that text of that ink can stand on at 4.5:1: white ink at most, dark ink at least. */
const darkestForLightInk = 0.46
const lightestForDarkInk = 0.5

/** Estimate of the scrim that ink of a tone needs over a region, 0..1: its brightest or darkest parts decide. */
function scrimNeed(
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
function toneOf(region: RegionStatistics, bias: number): Tone {
  return scrimNeed(region, 'light') + bias < scrimNeed(region, 'dark') ? 'light' : 'dark'
}

/**
 * The tone for a place that is chosen, from its darkest and brightest cells instead of its mean (one dark head in a
 * bright room decides what dark ink needs), and from how far each scrim would move the whole region.
 */
function toneAt(region: RectPx, analysis: FrameAnalysis, bias: number): Tone {
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

function busynessOf({ deviation, edges }: RegionStatistics): number {
  return Math.min(1, deviation * 2.5 + edges * 1.5)
}

/** The foot stands at the bottom of the safe zone, under the column of the text. */
function footOf(
  zone: RectPx,
  isNear: boolean,
  tone: Tone,
  { safe, unitPx }: SlideGeometry,
  analysis: FrameAnalysis,
  theme: Theme,
): Placement['foot'] {
  const heightPx = Math.round(footHeight * unitPx)
  const rect = {
    leftPx: zone.leftPx,
    topPx: safe.topPx + safe.heightPx - heightPx,
    widthPx: zone.widthPx,
    heightPx,
  }
  const statistics = analysis.statistics(rect)
  const towards = tone === 'dark' ? sameToneWorth : -sameToneWorth
  const own = toneAt(rect, analysis, Math.max(leastFootBias, theme.lightInkBias) + towards)
  return { rect, tone: isNear ? tone : own, busyness: busynessOf(statistics) }
}
