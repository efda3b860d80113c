import { luminanceOf, mix } from '../color.ts'
import type { Placement } from '../layout/placement.ts'
import type { PreparedSlides } from '../layout/prepare-slides.ts'
import type { SlideGeometry } from '../layout/slide-geometry.ts'
import type { RectPx } from '../slide.ts'
import type { InkName } from '../layout/part.ts'
import type { GroundPlan, InkNeed, ReadNeed } from './ground.ts'
import { inksOf } from './inks.ts'
import type { Inks } from './inks.ts'
import type { Profile } from './scrim.ts'
import { readRects } from './scene.ts'
import type { Scene } from './scene.ts'

/** Around text, of a slide whose short side is 1080. */
const pad = 36
/** Over which a scrim fades, of the slide's height or width. */
const fadeShare = 0.24
/** Where a face is near; across, walls and skies are plain more often, and show a shorter one. */
const leastFadeShare = 0.18
const leastFadeShareAcross = 0.19
const footFadeShare = 0.11

/** One scrim and what is read on it. */
export interface Ground {
  readonly plan: GroundPlan
  readonly needs: readonly ReadNeed[]
}

/** The scrims of a slide: one under the text, and one under the foot where that stands apart. */
export function groundsOf(
  prepared: PreparedSlides,
  placement: Placement,
  scene: Scene,
): { text: Ground; foot: Ground | undefined } {
  const { theme, geometry, brandColor } = prepared
  const isJoined = geometry.shape === 'landscape' || (placement.anchor === 'bottom' && !placement.isColumn)
  const inks = inksOf(theme, placement.tone, brandColor)
  const textNeeds = partNeeds(scene, inks)
  const floor = theme.scrimOnBusy * placement.busyness
  const footPlace = placement.foot
  if (footPlace === undefined || scene.foot === undefined) {
    return {
      text: { plan: { inks, floor, ...shapeOf(prepared, placement, scene) }, needs: textNeeds },
      foot: undefined,
    }
  }
  const footInks = inksOf(theme, footPlace.tone, brandColor)
  const footNeed: ReadNeed = {
    rects: scene.foot.rects,
    inks: [{ luminance: luminanceOf(footInks.softInk), leastContrast: 4.5 }],
  }
  const text = {
    plan: { inks, floor, ...shapeOf(prepared, placement, scene) },
    needs: isJoined ? [...textNeeds, footNeed] : textNeeds,
  }
  if (isJoined) return { text, foot: undefined }
  const heightPx = geometry.heightPx
  const startPx = footPlace.rect.topPx - Math.round(20 * geometry.unitPx)
  // Two scrims of different tones may not meet: each would undo the other.
  const freePx = Math.max(1, startPx - (scene.region.topPx + scene.region.heightPx))
  const isSame = footPlace.tone === placement.tone
  const before = isSame ? heightPx * footFadeShare : Math.min(heightPx * footFadeShare, freePx / 2)
  const rows = { start: startPx, end: heightPx, before, after: 0 }
  const after = isSame ? text.plan.rows.after : Math.min(text.plan.rows.after, freePx / 2)
  return {
    text: { ...text, plan: { ...text.plan, rows: { ...text.plan.rows, after } } },
    foot: {
      plan: { inks: footInks, floor: theme.scrimOnBusy * footPlace.busyness, rows, columns: undefined },
      needs: [footNeed],
    },
  }
}

function partNeeds(scene: Scene, inks: Inks): ReadNeed[] {
  const accent = { luminance: accentLuminance(inks), leastContrast: 3 }
  const own = (name: InkName, leastContrast: number): InkNeed => ({
    luminance: luminanceOf(inks[name]),
    leastContrast,
  })
  return scene.parts.flatMap((placed): ReadNeed[] => {
    const { part } = placed
    const rects = readRects(placed)
    if (part.type === 'rule') return [{ rects, inks: [accent] }]
    if (part.type === 'ring') return [{ rects, inks: [own('ink', 4.5), accent] }]
    if (part.type === 'button') return part.fill === 'outline' ? [{ rects, inks: [own('ink', 4.5)] }] : []
    const ink = own(part.ink === 'accent' ? 'ink' : part.ink, part.leastContrast)
    return [{ rects, inks: part.isTitle || part.ink === 'accent' ? [ink, accent] : [ink] }]
  })
}

/**
 * Accents keep at least half of their colour where titles may have them: the scrim gives way before they turn into
 * ink. Not those that are near the photograph's tone by nature, as dark blue over dark.
 */
function accentLuminance({ accent, ink, tone }: Inks): number {
  const luminance = luminanceOf(mix(accent, ink, 0.4))
  return tone === 'dark' ? Math.max(0.45, luminance) : Math.min(0.12, luminance)
}

/** Where a scrim is full and over what it fades: from the edge of the slide that the text stands at. */
function shapeOf(
  prepared: PreparedSlides,
  placement: Placement,
  { region, foot }: Scene,
): { rows: Profile; columns: Profile | undefined } {
  const { heightPx, unitPx, shape } = prepared.geometry
  const { anchor, faces, isColumn } = placement
  const padPx = Math.round(pad * unitPx)
  if (shape === 'landscape') {
    return {
      rows: { start: 0, end: heightPx, before: 0, after: 0 },
      columns: columnsOf(placement, foot?.rect, prepared.geometry, padPx),
    }
  }
  const topPx = region.topPx - padPx
  const bottomPx = region.topPx + region.heightPx + padPx
  const fadePx = Math.round(heightPx * fadeShare)
  const least = Math.round(heightPx * leastFadeShare)
  const heads = faces.map((face) => ({ start: face.topPx, end: face.topPx + face.heightPx }))
  const { before, after } = fades({ start: topPx, end: bottomPx }, fadePx, least, heads)
  const rows = {
    bottom: { start: topPx, end: heightPx, before, after: 0 },
    top: { start: 0, end: bottomPx, before: 0, after },
    middle: { start: topPx, end: bottomPx, before, after },
  }[anchor]
  return { rows, columns: isColumn ? columnsOf(placement, undefined, prepared.geometry, padPx) : undefined }
}

interface Span {
  start: number
  end: number
}

/** How far a scrim fades on either side of a span. A face half in shadow is worse than a shorter fade. */
function fades(
  span: Span,
  fadePx: number,
  leastPx: number,
  faces: readonly Span[],
): { before: number; after: number } {
  const near = (distance: number): boolean => distance > -leastPx
  const before = faces.map((face) => span.start - face.end).filter(near)
  const after = faces.map((face) => face.start - span.end).filter(near)
  return {
    before: Math.max(leastPx, Math.min(fadePx, ...before)),
    after: Math.max(leastPx, Math.min(fadePx, ...after)),
  }
}

function columnsOf(
  { zone, faces }: Placement,
  foot: RectPx | undefined,
  { safe, widthPx }: SlideGeometry,
  padPx: number,
): Profile {
  const leftPx = Math.min(zone.leftPx, foot?.leftPx ?? zone.leftPx)
  const rightPx = Math.max(zone.leftPx + zone.widthPx, foot === undefined ? 0 : foot.leftPx + foot.widthPx)
  const span = { start: leftPx - padPx / 3, end: rightPx + padPx / 3 }
  const heads = faces.map((face) => ({ start: face.leftPx, end: face.leftPx + face.widthPx }))
  const { before, after } = fades(span, widthPx * fadeShare, widthPx * leastFadeShareAcross, heads)
  const touchesLeft = leftPx <= safe.leftPx
  const touchesRight = rightPx >= safe.leftPx + safe.widthPx
  return {
    start: touchesLeft ? 0 : span.start,
    end: touchesRight ? widthPx : span.end,
    before: touchesLeft ? 0 : before,
    after: touchesRight ? 0 : after,
  }
}
