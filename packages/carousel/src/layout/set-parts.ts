import { layouts } from './layouts.ts'
import { heightOf } from './part.ts'
import type { Part } from './part.ts'
import type { LayoutInput } from './slide-layout.ts'

/** Tried from the largest on. */
const scales = [1, 0.93, 0.87, 0.81, 0.76, 0.71, 0.66, 0.62, 0.56, 0.5]
/** A single text may shrink by so much, for a long word, before everything shrinks with it. */
const leastShrink = 0.8

/**
 * Sets a slide into its room. Where the text is too long, everything becomes smaller together, so that titles stay
 * titles and gaps keep their rhythm; only in the smallest setting does each text shrink to its floor and then end in
 * an ellipsis.
 */
export function setParts(input: Omit<LayoutInput, 'scale'>): Part[] {
  const layout = layouts[input.text.kind]
  let best: Part[] | undefined
  let parts: Part[] = []
  for (const scale of scales) {
    parts = layout.compose({ ...input, scale })
    if (!isComplete(parts, input.heightPx)) continue
    if (isInProportion(parts)) return parts
    if (best === undefined || titleSizePx(parts) > titleSizePx(best)) best = parts
  }
  return best ?? parts
}

function titleSizePx(parts: readonly Part[]): number {
  const title = parts.find((part) => part.type === 'text' && part.isTitle)
  return title?.type === 'text' ? title.block.fontSizePx : 0
}

function isComplete(parts: readonly Part[], heightPx: number): boolean {
  return heightOf(parts) <= heightPx && parts.every((part) => part.type === 'rule' || part.block.fits)
}

function isInProportion(parts: readonly Part[]): boolean {
  return parts.every(
    (part) => part.type === 'rule' || part.block.fontSizePx >= part.wantedSizePx * leastShrink,
  )
}
