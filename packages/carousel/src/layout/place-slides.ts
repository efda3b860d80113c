import type { Frame, FrameAnalysis, RegionStatistics } from '../frame.ts'
import type { RectPx } from '../slide.ts'
import { candidatesOf } from './candidates.ts'
import type { Candidate } from './candidates.ts'
import { footHeight } from './foot.ts'
import { boxesOf, face, faceShare, head, lit } from './heads.ts'
import type { WeighedBox } from './heads.ts'
import type { Placement, Tone } from './placement.ts'
import type { PreparedSlides } from './prepare-slides.ts'
import type { SlideGeometry } from './slide-geometry.ts'
import { subjectOf } from './subject.ts'
import type { Subject } from './subject.ts'
import type { Theme } from './theme.ts'
import { busyBias, scrimNeed, toneAt, toneOf } from './tones.ts'

/** What makes a place bad, each from 0 to about 1. */
const weights = { saliency: 0.5, edges: 0.7, deviation: 0.7, skin: 0.2, scrim: 0.35 }
/** Against the mean of the whole frame, up to twice it: on a calm photograph little things decide. */
const relativeWeight = 0.14
/** Added to means before they divide: what is below is noise. */
const noise = 0.012
/** A tenth of a face covered costs as much as the busiest place; beyond the core text comes seldom. */
const faceWeights = { core: 9, beyond: 4 }
/** Hair and neck: a line across them is a fault as well, and a smaller one. */
const headWeights = { core: 3.5, beyond: 1.5 }
/** The whole subject covered, where one stands out. */
const subjectWeight = 0.8
/** A thing that stands alone behind all lines of the text. */
const reachWeight = 1.2
/** Text keeps so far from the subject, of a slide whose short side is 1080. */
const breathingSpace = 56
/** What lies beyond the core counts only where it is worse. */
const beyondWeight = 0.6
/** Faces count for scrims from this importance on. Beside one, a haze costs this much more than a shadow. */
const importantFace = 0.3
const hazeBias = 0.1
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
  const subject = subjectOf(analysis)
  const people = { faces: boxesOf(analysis, face), heads: boxesOf(analysis, head) }
  let best: { candidate: Candidate; cost: number } | undefined
  for (const candidate of candidatesOf(geometry, hasFoot)) {
    const cost = costOf(candidate, analysis, whole, subject, people, prepared)
    if (best === undefined || cost < best.cost - 1e-9) best = { candidate, cost }
  }
  if (best === undefined) throw new Error('a slide has no candidates')
  const { zone, anchor, core, isColumn } = best.candidate
  const statistics = analysis.statistics(core)
  const faces = boxesOf(analysis, lit).filter(({ importance }) => importance > importantFace)
  const faceBias = faces.length > 0 ? hazeBias : 0
  // A column that ends above the foot shares its tone: a haze and a shadow side by side would have an edge.
  const isBeside = isColumn && geometry.shape === 'portrait' && anchor === 'bottom'
  const toned = isBeside ? downTo(geometry.safe, core.topPx) : core
  const bias = theme.lightInkBias + busyBias(analysis.statistics(toned)) + faceBias
  const tone = toneAt(toned, analysis, bias)
  return {
    zone,
    anchor,
    isColumn,
    tone,
    busyness: busynessOf(statistics),
    foot: hasFoot
      ? footOf(zone, geometry.shape === 'landscape' || anchor === 'bottom', tone, geometry, analysis, theme)
      : undefined,
    faces,
    cost: best.cost,
  }
}

/** Where nothing may stand, and where it had better not. */
interface People {
  readonly faces: readonly WeighedBox[]
  readonly heads: readonly WeighedBox[]
}

function costOf(
  { zone, core, anchor, tightness }: Candidate,
  analysis: FrameAnalysis,
  frame: RegionStatistics,
  subject: Subject,
  people: People,
  { theme, geometry }: PreparedSlides,
): number {
  const inner = calmCost(analysis.statistics(core), frame, theme)
  const whole = calmCost(analysis.statistics(zone), frame, theme)
  return (
    faceWeights.core * faceShare(core, people.faces) +
    faceWeights.beyond * faceShare(zone, people.faces) +
    headWeights.core * faceShare(core, people.heads) +
    headWeights.beyond * faceShare(zone, people.heads) +
    subjectWeight * subject.shareIn(widened(zone, breathingSpace * geometry.unitPx)) +
    reachWeight * subject.reachInto(zone) +
    inner +
    beyondWeight * Math.max(0, whole - inner) * (zone.heightPx / core.heightPx) +
    theme.places[anchor] +
    tightness
  )
}

/** What of a rectangle lies below a row. */
function downTo(rect: RectPx, topPx: number): RectPx {
  return { ...rect, topPx, heightPx: rect.topPx + rect.heightPx - topPx }
}

function widened({ leftPx, topPx, widthPx, heightPx }: RectPx, byPx: number): RectPx {
  return {
    leftPx: leftPx - byPx,
    topPx: topPx - byPx,
    widthPx: widthPx + 2 * byPx,
    heightPx: heightPx + 2 * byPx,
  }
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

function busynessOf({ deviation, edges }: RegionStatistics): number {
  return Math.min(1, deviation * 2.5 + edges * 1.5)
}

/** The foot stands at the bottom of the safe zone, on a wide slide under the column of the text. */
function footOf(
  zone: RectPx,
  isNear: boolean,
  tone: Tone,
  { safe, unitPx, shape }: SlideGeometry,
  analysis: FrameAnalysis,
  theme: Theme,
): Placement['foot'] {
  const heightPx = Math.round(footHeight * unitPx)
  const across = shape === 'landscape' ? zone : safe
  const rect = {
    leftPx: across.leftPx,
    topPx: safe.topPx + safe.heightPx - heightPx,
    widthPx: across.widthPx,
    heightPx,
  }
  const statistics = analysis.statistics(rect)
  const towards = tone === 'dark' ? sameToneWorth : -sameToneWorth
  const own = toneAt(rect, analysis, Math.max(leastFootBias, theme.lightInkBias) + towards)
  return { rect, tone: isNear ? tone : own, busyness: busynessOf(statistics) }
}
