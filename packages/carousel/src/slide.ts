/** What a slide is for: its layout follows from it. */
export type SlideKind = 'hook' | 'credibility' | 'point' | 'cta'

export const slideKinds: readonly SlideKind[] = ['hook', 'credibility', 'point', 'cta']

/** The text of one slide, as a user writes it. `**bold**` is emphasis in every field. */
export interface SlideText {
  kind: SlideKind
  /** `hook`: the headline. `credibility`: the number or claim. `point`: its headline. `cta`: the call. */
  title: string
  /** `hook`: a second line. `credibility`: the source. `point`: the explanation. `cta`: a line below the title. */
  body?: string | undefined
  /** `cta`: the words of the button. Other kinds: a short line above the title. */
  label?: string | undefined
}

/** A rectangle in pixels of a slide; whole numbers. */
export interface RectPx {
  leftPx: number
  topPx: number
  widthPx: number
  heightPx: number
}

/** How the text of a slide came to stand. */
export interface SlideFit {
  /** Everything is there, at the theme's sizes or smaller ones above their floor. */
  fits: boolean
  /** Of the title. */
  fontSizePx: number
  /** Of the title. */
  lines: number
  /** Some text ends in an ellipsis. */
  truncated: boolean
  /** Characters that no font has, each once, in order of appearance; they are drawn as a visible mark. */
  missingGlyphs: readonly string[]
  /** The least of all texts on the final pixels (WCAG 2.2, 1.4.3), before encoding. */
  contrastRatio: number
  /** What the text covers. */
  region: RectPx
}
