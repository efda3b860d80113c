import type { BaseAnalysis } from '../analyse/base-analysis.ts'
import type { BasePart } from '../analyse/frame-analysis.ts'
import { IntegralImage } from '../analyse/integral-image.ts'
import type { SlideSize } from '../carousel-request.ts'

/** A face counts with so much of its own size around it: hair and chin belong to it. */
const faceMargin = 0.35

/** Against what draws the eye: a part that cuts a face off is never the better one. */
const faceWeight = 3

/** Against the middle, where photographers put what they mean: decides where nothing stands out. */
const middleWeight = 0.15

/**
 * The part of a base that a slide shows: as much as its shape allows, moved along the one free side to keep faces
 * and what draws the eye. The same base and size always give the same part.
 */
export function choosePart(analysis: BaseAnalysis, slide: SlideSize): BasePart {
  const baseShape = analysis.widthPx / analysis.heightPx
  const slideShape = slide.widthPx / slide.heightPx
  if (slideShape < baseShape) {
    const width = slideShape / baseShape
    return { left: bestStart(analysis, width, 'horizontal'), top: 0, width, height: 1 }
  }
  const height = Math.min(1, baseShape / slideShape)
  return { left: 0, top: bestStart(analysis, height, 'vertical'), width: 1, height }
}

/** Where a part of this length begins, 0..1 of the free side, on a cell of the base where that is possible. */
function bestStart(analysis: BaseAnalysis, length: number, axis: 'horizontal' | 'vertical'): number {
  const sidePx = axis === 'horizontal' ? analysis.widthPx : analysis.heightPx
  const lastPx = Math.max(0, sidePx - Math.round(length * sidePx))
  if (lastPx === 0) return 0
  const interest = interestAlong(analysis, axis)
  const faces = facesAlong(analysis, axis)
  let best = { startPx: 0, score: -Infinity }
  for (const startPx of startsFrom(lastPx, analysis.cellPx)) {
    const endPx = startPx + length * sidePx
    const offMiddle = Math.abs(startPx - lastPx / 2) / sidePx
    const score =
      interest(startPx / analysis.cellPx, endPx / analysis.cellPx) +
      faceWeight * faces(startPx, endPx) -
      middleWeight * offMiddle
    // Rounding must not decide between equals.
    if (score > best.score + 1e-9) best = { startPx, score }
  }
  return best.startPx / sidePx
}

/** Every cell, from the middle outwards, so that of equals the first is the most central; the ends included. */
function startsFrom(lastPx: number, cellPx: number): number[] {
  const starts = [lastPx]
  for (let startPx = 0; startPx < lastPx; startPx += cellPx) starts.push(startPx)
  return starts.toSorted((a, b) => Math.abs(a - lastPx / 2) - Math.abs(b - lastPx / 2) || a - b)
}

/** What share of all that draws the eye lies between two cells; less where nothing does. */
function interestAlong(
  { saliency, columns, rows }: BaseAnalysis,
  axis: 'horizontal' | 'vertical',
): (start: number, end: number) => number {
  const integral = new IntegralImage(saliency, columns, rows)
  const all = integral.mean({ left: 0, top: 0, right: columns, bottom: rows }) * columns * rows
  const strength = saliency.reduce((most, value) => Math.max(most, value), 0)
  if (all === 0) return () => 0
  return (start, end) => {
    const first = Math.max(0, Math.floor(start))
    const last = Math.max(first + 1, Math.min(Math.round(end), axis === 'horizontal' ? columns : rows))
    const inside =
      axis === 'horizontal'
        ? integral.mean({ left: first, top: 0, right: last, bottom: rows }) * (last - first) * rows
        : integral.mean({ left: 0, top: first, right: columns, bottom: last }) * (last - first) * columns
    return (strength * inside) / all
  }
}

/** What share of the faces, each weighted by its likelihood and its side, lies between two places. */
function facesAlong(
  { faces }: BaseAnalysis,
  axis: 'horizontal' | 'vertical',
): (startPx: number, endPx: number) => number {
  const spans = faces.map((face) => {
    const [startPx, lengthPx] =
      axis === 'horizontal' ? [face.leftPx, face.widthPx] : [face.topPx, face.heightPx]
    const marginPx = lengthPx * faceMargin
    return {
      startPx: startPx - marginPx,
      endPx: startPx + lengthPx + marginPx,
      weight: face.likelihood * lengthPx,
    }
  })
  const all = spans.reduce((sum, { weight }) => sum + weight, 0)
  if (all === 0) return () => 0
  return (startPx, endPx) => {
    const inside = spans.reduce((sum, span) => {
      const lengthPx = Math.min(span.endPx, endPx) - Math.max(span.startPx, startPx)
      return sum + (span.weight * Math.max(0, lengthPx)) / (span.endPx - span.startPx)
    }, 0)
    return inside / all
  }
}
