import type { TextBlock } from '../text/text-block.ts'

/** Which colour of the palette a part wants; contrast may change its shade. */
export type InkName = 'ink' | 'softInk' | 'accent'

interface PartBase {
  readonly widthPx: number
  readonly heightPx: number
  /** To the part above. */
  readonly gapPx: number
}

/** A text. */
export interface TextPart extends PartBase {
  readonly type: 'text'
  readonly block: TextBlock
  readonly wantedSizePx: number
  readonly ink: InkName
  /** Least contrast (WCAG 2.2, 1.4.3): 3 where the text is large or decorates, 4.5 elsewhere. */
  readonly leastContrast: number
  /** The title, which `SlideFit` speaks of. */
  readonly isTitle: boolean
}

/** A filled rectangle in the accent: a hairline or a bar. */
export interface RulePart extends PartBase {
  readonly type: 'rule'
}

/** A text in a ring. */
export interface RingPart extends PartBase {
  readonly type: 'ring'
  readonly block: TextBlock
  readonly wantedSizePx: number
  readonly linePx: number
}

/** A button with its label in the middle. */
export interface ButtonPart extends PartBase {
  readonly type: 'button'
  readonly block: TextBlock
  readonly wantedSizePx: number
  readonly radiusPx: number
  readonly linePx: number
  readonly fill: 'accent' | 'ink' | 'outline'
}

/** What a slide is made of, from top to bottom. */
export type Part = TextPart | RulePart | RingPart | ButtonPart

/** Height of parts one under another. */
export function heightOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part, index) => sum + part.heightPx + (index === 0 ? 0 : part.gapPx), 0)
}
