import type { Rgb } from '../color.ts'
import type { PlacedPart } from '../layout/arrange.ts'
import type { PartPaint } from './draw-part.ts'
import { paintMargin } from './draw-part.ts'
import { buttonColors, readable } from './inks.ts'

/** Strokes of smaller letters are as wide as the 2 × 2 pixels that share a colour where chroma is halved. */
const smallPx = 56
/** Of the largest channel over the smallest, 0..255. */
const strong = 110

/**
 * Whether a part has small letters that differ from what is around them by colour and not by brightness alone:
 * these, and these only, suffer where colour is stored at half the resolution.
 */
export function hasFineColor({ part }: PlacedPart, { inks, background }: PartPaint): boolean {
  if (part.type === 'rule' || part.block.fontSizePx >= smallPx) return false
  if (part.type === 'ring') return isStrong(readable('accent', inks, background, 4.5 * paintMargin))
  if (part.type === 'button') {
    const { fill, line, label } = buttonColors(part.fill, inks, background)
    return [fill, line, label].some((color) => color !== undefined && isStrong(color))
  }
  const least = part.leastContrast * paintMargin
  const isEmphasised = part.block.lines.some(({ segments }) => segments.some(({ emphasis }) => emphasis))
  return (
    isStrong(readable(part.ink, inks, background, least)) ||
    (part.isTitle && isEmphasised && isStrong(readable('accent', inks, background, least)))
  )
}

function isStrong({ r, g, b }: Rgb): boolean {
  return Math.max(r, g, b) - Math.min(r, g, b) >= strong
}
