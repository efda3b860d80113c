import type { Frame, FrameAnalysis, RegionStatistics } from '../frame.ts'
import type { RectPx } from '../slide.ts'
import { candidatesOf } from './candidates.ts'
import type { Candidate } from './candidates.ts'
import { footHeight } from './foot.ts'
import type { Placement, Tone } from './placement.ts'
import type { PreparedSlides } from './prepare-slides.ts'
import type { SlideGeometry } from './slide-geometry.ts'
import type { Theme } from './theme.ts'

/**
 * What makes a place bad, each from 0 to about 1. A face outweighs everything else: two thirds of one covered cost
 * more than the busiest place. `scrim` is how much the photograph would have to give way to the text.
 */
const weights = {
  faces: 5,
  facesBeyond: 2,
  saliency: 0.6,
  edges: 0.9,
  deviation: 0.9,
  skin: 0.25,
  scrim: 0.3,
}
/** What more room is worth. */
const roomWorth = 0.05
/** The same tone for text and foot is worth this much scrim. */
const sameToneWorth = 0.2

/**
 * Chooses where the text of a carousel stands on a frame. Pure, from the analysis alone: photograph, size, theme and
 * brand decide, words never do, so that editing one headline moves nothing.
 */
export function placeSlides(frame: Pick<Frame, 'analysis'>, prepared: PreparedSlides): Placement {
  const { geometry, theme, hasFoot } = prepared
  const { analysis } = frame
  let best: { candidate: Candidate; cost: number } | undefined
  for (const candidate of candidatesOf(geometry, hasFoot)) {
    const cost = costOf(candidate, analysis, theme)
    if (best === undefined || cost < best.cost - 1e-9) best = { candidate, cost }
  }
  if (best === undefined) throw new Error('a slide has no candidates')
  const { zone, anchor, core } = best.candidate
  const statistics = analysis.statistics(core)
  const tone = toneOf(statistics, theme.lightInkBias)
  return {
    zone,
    anchor,
    tone,
    busyness: busynessOf(statistics),
    foot: hasFoot
      ? footOf(zone, anchor === 'bottom' || geometry.shape === 'landscape', tone, geometry, analysis, theme)
      : undefined,
    cost: best.cost,
  }
}

function costOf({ zone, core, anchor, room }: Candidate, analysis: FrameAnalysis, theme: Theme): number {
  const inner = analysis.statistics(core)
  const outer = analysis.statistics(zone)
  const place = theme.places[anchor]
  return (
    weights.faces * inner.faces +
    weights.facesBeyond * outer.faces +
    0.7 * calmCost(inner, theme) +
    0.3 * calmCost(outer, theme) +
    place -
    roomWorth * room
  )
}

function calmCost(region: RegionStatistics, theme: Theme): number {
  const tone = toneOf(region, theme.lightInkBias)
  return (
    weights.saliency * region.saliency +
    weights.edges * region.edges +
    weights.deviation * region.deviation +
    weights.skin * region.skin +
    weights.scrim * scrimNeed(region, tone)
  )
}

/** sRGB value (0..1) that text of that ink can stand on at 4.5:1: white ink at most, dark ink at least. */
const darkestForLightInk = 0.46
const lightestForDarkInk = 0.5

/** Estimate of the scrim that ink of a tone needs over a region, 0..1: its brightest or darkest parts decide. */
function scrimNeed({ luminance, deviation }: RegionStatistics, tone: Tone): number {
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
  const own = toneOf(statistics, theme.lightInkBias * 0.5 + towards)
  return { rect, tone: isNear ? tone : own, busyness: busynessOf(statistics) }
}
