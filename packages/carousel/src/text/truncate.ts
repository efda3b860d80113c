import { heightsOf } from './line-heights.ts'
import type { PlainText } from './markup.ts'
import type { Pieced } from './paragraph.ts'
import type { TextBox } from './text-block.ts'
import { wrapGreedily } from './wrap.ts'

/**
 * The longest beginning of a text that fits with an ellipsis behind it, cut between grapheme clusters; the first
 * cluster alone where nothing fits.
 * @param whole what does not fit at that size
 * @param prepare measures a shorter text
 * @param fits says whether that goes into the box at that size
 */
export function truncate(
  whole: Pieced,
  sizePx: number,
  box: TextBox,
  prepare: (text: PlainText) => Pieced,
  fits: (shorter: Pieced) => boolean,
): Pieced {
  const { paragraph, pieces } = whole
  const lines = wrapGreedily(pieces, box.widthPx / sizePx)
  let count = Math.min(lines.length, paragraph.style.maxLines ?? Infinity)
  while (count > 1 && heightsOf(whole, lines.slice(0, count), sizePx).heightPx > box.heightPx) count--
  const endOf = (line: number): number => pieces[(lines[line]?.to ?? 0) - 1]?.end ?? 0
  // It ends somewhere in the last line that there is room for; an ellipsis may push words out of the one before too.
  const first = paragraph.boundaries.findIndex((at) => at > endOf(count - 3))
  const cuts = paragraph.boundaries.slice(
    Math.max(1, first),
    paragraph.boundaries.indexOf(endOf(count - 1)) + 1,
  )
  let best = prepare(cutAt(paragraph, paragraph.boundaries[1] ?? 0))
  let low = 0
  let high = cuts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const shorter = prepare(cutAt(paragraph, cuts[middle] ?? 0))
    if (fits(shorter)) {
      best = shorter
      low = middle + 1
    } else high = middle
  }
  return best
}

const ellipsis = '…'

/** A beginning of a text with an ellipsis instead of the rest, as emphasised as what it follows. */
function cutAt(plain: PlainText, at: number): PlainText {
  const kept = plain.text.slice(0, at).replace(/[\s,;:.\-–—、。，．…]+$/u, '')
  const emphasis = new Uint8Array(kept.length + ellipsis.length)
  emphasis.set(plain.emphasis.subarray(0, kept.length))
  emphasis[kept.length] = plain.emphasis[kept.length - 1] ?? 0
  return { text: kept + ellipsis, emphasis }
}
