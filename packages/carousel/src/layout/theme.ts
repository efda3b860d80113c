/** How one kind of text is set. */
export interface ThemeText {
  /** A family that `Fonts` knows. */
  readonly family: string
  /** 100–900. */
  readonly weight: number
  /** Weight of `**bold**`. */
  readonly emphasisWeight: number
  /** Of the size. */
  readonly lineHeight: number
  /** Of the size. */
  readonly letterSpacingEm: number
  readonly transform?: 'none' | 'upper' | undefined
  /** Of the size, where the text is in a script that the family lacks: a narrow face has no narrow Han beside it. */
  readonly otherScriptScale?: number | undefined
}

/** A size on a slide whose short side is 1080 px: what is wanted, and what a long text may shrink to. */
export interface ThemeSize {
  readonly sizePx: number
  readonly minSizePx: number
}

/** Colours of one tone, `#rrggbb`. */
export interface ThemePalette {
  /** Titles. */
  readonly ink: string
  /** Body and small text. */
  readonly softInk: string
  /** Rules, numbers, buttons, emphasis, where the brand has no colour. Adjusted where contrast demands it. */
  readonly accent: string
  /** What the photograph is drawn towards behind the text. */
  readonly scrim: string
}

/** How the slides of a carousel look: data alone, so that users can bring their own. */
export interface Theme {
  readonly name: string
  readonly title: ThemeText
  readonly body: ThemeText
  /** Short lines above a title, buttons, page mark, handle. */
  readonly label: ThemeText
  readonly sizes: {
    readonly hook: ThemeSize
    /** `credibility`: a number or a word; longer claims are set as `point`. */
    readonly figure: ThemeSize
    readonly point: ThemeSize
    readonly cta: ThemeSize
    readonly body: ThemeSize
    readonly label: ThemeSize
    readonly button: ThemeSize
    /** Below the button of a call. */
    readonly handle: ThemeSize
    /** Page mark and handle at the foot. */
    readonly mark: ThemeSize
  }
  /** `start` is left, or right on a slide that reads from right to left. */
  readonly align: 'start' | 'center'
  /** A mark above titles: a thin line, a thick short bar, or none. */
  readonly accent: 'rule' | 'bar' | 'none'
  /** The number of a point: `1`, `01`, or 1 in a ring. */
  readonly number: 'plain' | 'padded' | 'ring'
  /** `1/6`, `01 — 06`, or a row of dots. */
  readonly pageMark: 'fraction' | 'padded' | 'dots'
  readonly button: {
    readonly shape: 'square' | 'rounded' | 'pill'
    /** Filled with the accent, with the ink, or a line around the label. */
    readonly fill: 'accent' | 'ink' | 'outline'
  }
  /** Light ink over what is dark or darkened. */
  readonly dark: ThemePalette
  /** Dark ink over what is light or lightened. */
  readonly light: ThemePalette
  /** How much more scrim light ink may need before dark ink is taken instead: -1..1, 0 is neutral. */
  readonly lightInkBias: number
  /** What standing there costs against the calmest place; 0 is liked best, 0.3 is disliked. */
  readonly places: { readonly top: number; readonly middle: number; readonly bottom: number }
  /** Strength of the scrim on a busy photograph even where contrast alone would do with less, 0..1. */
  readonly scrimOnBusy: number
}
