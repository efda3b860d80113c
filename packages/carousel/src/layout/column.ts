import { directionOf } from '../text/direction.ts'
import { setText } from '../text/set-text.ts'
import type { TextBlock, TextStyle } from '../text/text-block.ts'
import type { InkName, Part } from './part.ts'
import type { LayoutInput } from './slide-layout.ts'
import type { ThemeSize, ThemeText } from './theme.ts'

/** How a column sets one text. */
export interface ColumnText {
  readonly style: 'title' | 'body' | 'label'
  readonly size: ThemeSize
  readonly ink?: InkName | undefined
  readonly isTitle?: boolean | undefined
  readonly maxLines?: number | undefined
  /** To the part above, of a slide whose short side is 1080. */
  readonly gap?: number | undefined
  /** Height left for what follows, of a slide whose short side is 1080. */
  readonly leave?: number | undefined
}

/** Sets parts one under another into the room of a layout. */
export interface Column {
  readonly parts: Part[]
  /** Sets a text into what room is left; nothing where `markup` is empty. */
  text(markup: string | undefined, how: ColumnText): void
  /** The theme's mark above a title, if it has one. */
  accent(gap: number): void
  /** The number of a point, as the theme shows it. */
  number(value: number): void
  button(label: string, gap: number): void
}

/**
 * Large text (WCAG 2.2: 24 CSS px, or 18.66 bold) on a slide as a phone shows it: 390 CSS px wide for a short side
 * of 1080. Everything smaller needs 4.5:1.
 */
const largePx = (24 / 390) * 1080
const largeBoldPx = (18.66 / 390) * 1080

/** The least contrast of a text of that size on a slide whose short side is 1080. */
export function leastContrastOf(sizePx: number, weight: number): number {
  return sizePx >= (weight >= 700 ? largeBoldPx : largePx) ? 3 : 4.5
}

/** How much faster than type gaps become smaller. */
const gapExponent = 1.35

/** A column as wide and as high as the room of `input`. */
export function createColumn(input: LayoutInput): Column {
  const { theme, unitPx, fonts, scale } = input
  const parts: Part[] = []
  const px = (units: number): number => Math.round(units * unitPx * scale)
  /** In a tight room gaps give way before type does. */
  const gapPxOf = (units: number): number => Math.round(units * unitPx * scale ** gapExponent)

  function roomPx(gapPx: number, leavePx: number): number {
    const taken = parts.reduce((sum, part, index) => sum + part.heightPx + (index === 0 ? 0 : part.gapPx), 0)
    return Math.max(1, input.heightPx - taken - (parts.length === 0 ? 0 : gapPx) - leavePx)
  }

  function set(
    markup: string,
    style: ThemeText,
    size: ThemeSize,
    box: { widthPx: number; heightPx: number },
    maxLines?: number,
  ): { block: TextBlock; wantedSizePx: number } {
    const align =
      theme.align === 'start' && (directionOf(markup) === 'rtl') !== input.mirrored ? 'end' : theme.align
    const scaled = scaledSize(size, scale, scaleOfScript(markup, style))
    const block = setText(markup, { ...styleOf(input, style, scaled, maxLines), align }, box, fonts)
    return { block, wantedSizePx: scaled.sizePx * unitPx }
  }

  return {
    parts,

    text(markup, how) {
      if (markup === undefined || markup.trim() === '') return
      const style = theme[how.style]
      const gapPx = gapPxOf(how.gap ?? 0)
      const box = { widthPx: input.widthPx, heightPx: roomPx(gapPx, px(how.leave ?? 0)) }
      const { block, wantedSizePx } = set(markup, style, how.size, box, how.maxLines)
      if (block.lines.length === 0) return
      parts.push({
        type: 'text',
        widthPx: input.widthPx,
        heightPx: Math.ceil(block.heightPx),
        gapPx,
        block,
        wantedSizePx,
        ink: how.ink ?? 'ink',
        leastContrast: leastContrastOf(block.fontSizePx / unitPx, style.weight),
        isTitle: how.isTitle ?? false,
      })
    },

    accent(gap) {
      if (theme.accent === 'none') return
      const [width, height] = theme.accent === 'rule' ? [88, 4] : [112, 14]
      const heightPx = Math.max(1, px(height))
      parts.push({ type: 'rule', widthPx: px(width), heightPx, gapPx: gapPxOf(gap) })
    },

    number(value) {
      const written = theme.number === 'padded' ? String(value).padStart(2, '0') : String(value)
      if (theme.number === 'ring') {
        const sidePx = px(84)
        const { block, wantedSizePx } = set(
          written,
          theme.label,
          { sizePx: 38, minSizePx: 24 },
          { widthPx: sidePx, heightPx: sidePx },
          1,
        )
        parts.push({
          type: 'ring',
          widthPx: sidePx,
          heightPx: sidePx,
          gapPx: 0,
          block,
          wantedSizePx,
          linePx: Math.max(1, px(3)),
        })
        return
      }
      const size = theme.number === 'padded' ? { sizePx: 84, minSizePx: 50 } : { sizePx: 72, minSizePx: 50 }
      this.text(written, { style: 'title', size, ink: 'accent', maxLines: 1 })
    },

    button(label, gap) {
      const padXPx = px(52)
      const padYPx = px(38)
      const gapPx = gapPxOf(gap)
      const box = {
        widthPx: input.widthPx - 2 * padXPx,
        heightPx: Math.max(1, roomPx(gapPx, 0) - padYPx),
      }
      const style = { ...theme.label, weight: Math.max(600, theme.label.weight) }
      const { block, wantedSizePx } = set(label, style, theme.sizes.button, box, 1)
      const heightPx = Math.ceil(block.capHeightPx) + 2 * padYPx
      const radius = { square: 0, rounded: px(14), pill: Math.floor(heightPx / 2) }[theme.button.shape]
      parts.push({
        type: 'button',
        widthPx: Math.min(input.widthPx, Math.ceil(block.widthPx) + 2 * padXPx),
        heightPx,
        gapPx,
        block,
        wantedSizePx,
        radiusPx: radius,
        linePx: Math.max(1, px(4)),
        fill: theme.button.fill,
      })
    },
  }
}

/** Small text shrinks less than titles do: it is near what a phone shows legibly. */
const legible = { fromPx: 60, leastScale: 0.88, leastPx: 30 }

function scaledSize({ sizePx, minSizePx }: ThemeSize, roomScale: number, scriptScale: number): ThemeSize {
  const scale = sizePx < legible.fromPx ? Math.max(legible.leastScale, roomScale) : roomScale * scriptScale
  return { sizePx: sizePx * scale, minSizePx: Math.max(legible.leastPx, minSizePx * scale) }
}

const european = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/u

/** A text without a European letter, but with others, is drawn by a family for its script. */
function scaleOfScript(markup: string, style: ThemeText): number {
  const isOther = /\p{L}/u.test(markup) && !european.test(markup)
  return isOther ? (style.otherScriptScale ?? 1) : 1
}

/** A theme's text as `setText` takes it. */
export function styleOf(
  input: Pick<LayoutInput, 'theme' | 'unitPx'>,
  text: ThemeText,
  size: ThemeSize,
  maxLines?: number,
): TextStyle {
  return {
    family: text.family,
    weight: text.weight,
    emphasisWeight: text.emphasisWeight,
    sizePx: Math.max(1, Math.round(size.sizePx * input.unitPx)),
    minSizePx: Math.max(1, Math.round(size.minSizePx * input.unitPx)),
    lineHeight: text.lineHeight,
    letterSpacingEm: text.letterSpacingEm,
    align: input.theme.align,
    maxLines,
    transform: text.transform,
  }
}
